"""The size of a brief: bounded, and the same however long the campaign. What its early part taught stays in it."""

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.briefs.campaigns import GUARD, STYLES, brief, campaign, experiments, failed, letters, measured, said, words
from tests.builders import Tape, spec

from autoexp import briefs
from autoexp.briefs.bounds import LIMIT
from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.views import Repair, brief_for
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import Directive, Proposal

MOST_GROWTH = 1.1


@pytest.mark.parametrize("style", STYLES)
def test_brief_of_experiment_200_is_as_long_as_that_of_experiment_10(style):
    tape, sizes = Tape().open(), {}
    for n in range(1, 201):
        STYLES[style](tape, n)
        if n in {9, 10, 11, 50, 199, 200}:
            sizes[n] = letters(brief(tape))
    first, later = [sizes.pop(9), sizes.pop(10)], list(sizes.values())
    for early, late in zip(zip(*first, strict=True), zip(*later, strict=True), strict=True):
        assert max(late) <= MOST_GROWTH * min(early)
        assert min(late) >= min(early) / MOST_GROWTH
        assert max(late) <= LIMIT


BEST = Proposal(description="Read the file once", asi={"kind": "io"})
DEAD = Proposal(description="Cache the embeddings", asi={"kind": "memo"})
WORSE = Proposal(description="Sort before grouping", asi={"kind": "order"})
PARKING = Proposal(description="Look around", ideas=("Vectorise the scoring",))


@pytest.mark.parametrize("style", STYLES)
def test_best_keep_dead_ends_and_parked_idea_of_the_early_campaign_are_still_told(style):
    tape = Tape().open()
    tape.experiment(5.0, Verdict.KEEP, effect=0.5, proposal=BEST)
    tape.experiment(9.0, effect=0.1, proposal=DEAD, guard=GUARD)
    failed(tape, Outcome.CHECKS_FAILED, DEAD, detail="AssertionError: embedder_calls == 7")
    measured(tape, -0.4, WORSE)
    measured(tape, 0.0, PARKING)
    for i in range(1, 196):
        STYLES[style](tape, i)
    found = brief(tape)
    prose, data = briefs.as_markdown(found), briefs.as_json(found)
    for section, texts in {
        "Best keeps": ["Read the file once", "+50.0%"],
        "Dead ends": ["guard memory_mb (at_most 512)", "Cache the embeddings"],
        "Parked ideas": ["Vectorise the scoring"],
    }.items():
        told = prose.split(f"## {section}\n")[1].split("\n## ")[0]
        for text in texts:
            assert text in told, section
    assert (data["best"][0]["n"], data["best"][0]["description"]) == (1, "Read the file once")
    assert data["ideas"][0] == data["parked"][0]["text"] == "Vectorise the scoring"
    assert data["dead_ends"][0]["what"] == "guard memory_mb (at_most 512)"


@settings(max_examples=60, phases=[Phase.generate], deadline=None)
@given(
    st.lists(experiments(), max_size=14),
    st.integers(0, 30),
    words,
    words,
    st.lists(words, max_size=12),
    st.none() | st.builds(Repair, st.just(Outcome.CRASH), words, st.integers(0, 3)),
)
def test_brief_is_never_longer_than_the_bound(steps, again, goal, program, hints, repair):
    tape = Tape().open()
    for i in range(len(steps) + again if steps else 0):
        steps[i % len(steps)](tape, i)
    for hint in hints:
        tape.write(ev.Hinted(text=hint))
    found = brief(tape, goal=goal, program=program * 9, scope=(*hints, "a.py"), repair=repair, hints=tuple(hints))
    assert max(letters(found)) <= LIMIT


@settings(max_examples=25, phases=[Phase.generate], deadline=None)
@given(st.lists(experiments(), min_size=1, max_size=14), st.integers(0, 40))
def test_brief_does_not_grow_whatever_is_tried(steps, more):
    tape, sizes = Tape().open(), []
    for i in range(len(steps) + more):
        steps[i % len(steps)](tape, i)
        if i % 6 == 1 and sum(one.outcome not in UNDECIDED for one in fold_all(tape.records).experiments) >= 10:
            sizes.append(letters(brief(tape)))
    for kind in zip(*sizes, strict=True):
        assert max(kind) <= MOST_GROWTH * kind[0]


def test_contract_of_very_many_metrics_and_patterns_is_cut_and_says_so():
    metrics = {f"metric_{i}_{'m' * 40}": {"role": "guard", "at_most": 1} for i in range(200)}
    tape = Tape().open(spec(metrics=metrics), values=({"x": 10.0} | dict.fromkeys(metrics, 0.5),) * 3)
    scope = tuple(f"folder/{i}/**" for i in range(1000))
    found = brief_for(fold_all(tape.records), Directive(), goal="g" * 9999, program="p" * 99999, scope=scope)
    assert max(letters(found)) <= LIMIT
    data = briefs.as_json(found)
    assert next(iter(data["metrics"])) == "x"
    assert data["left_out"]["metrics"] + len(data["metrics"]) == 201
    assert data["left_out"]["scope"] + len(data["scope"]) == 1000
    assert "patterns more" in briefs.as_markdown(found)
    assert "more letters)" in data["program"]


def test_what_is_left_out_is_counted():
    found = briefs.as_json(brief(campaign("ordinary", 200)))
    told = {row["n"] for row in found["experiments"]} | {int(line.split(".")[0]) for line in found["older"]}
    assert found["left_out"]["experiments"] == 200 - len(told)
    assert found["left_out"]["parked"] == 66 - len(found["parked"])
    assert "- and " in briefs.as_markdown(brief(campaign("ordinary", 200)))


def test_first_eight_are_told_in_full():
    proposal = said(1, 12, kind="cache")
    tape = Tape().open()
    for _ in range(7):
        measured(tape, -0.01, proposal)
    data = briefs.as_json(brief(tape))
    assert [row["n"] for row in data["experiments"]] == list(range(1, 8))
    assert data["experiments"][0]["description"] == proposal.description.strip()
    assert data["experiments"][0]["hypothesis"] == proposal.hypothesis.strip()
    assert briefs.as_markdown(brief(tape)).count(proposal.hypothesis.strip()) == 7


@settings(max_examples=30, deadline=None)
@given(st.lists(experiments(), max_size=12))
def test_same_records_make_the_same_brief(steps):
    made = []
    for _ in range(2):
        tape = Tape().open()
        for i, step in enumerate(steps):
            step(tape, i)
        made.append((briefs.as_markdown(brief(tape)), json.dumps(briefs.as_json(brief(tape)))))
    assert made[0] == made[1]


def test_repair_takes_room_from_the_history():
    tape = campaign("long", 30)
    plain = letters(brief(tape))
    mended = letters(brief(tape, repair=Repair(Outcome.CRASH, "error " * 900, left=1)))
    assert max(mended) <= LIMIT
    assert all(now <= before + 3_500 for now, before in zip(mended, plain, strict=True))
