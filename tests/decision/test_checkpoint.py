"""A checkpoint test is ruled on by its own runs alone, by the standard preset, and ends in one of two ways."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import beliefs, spec

from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.decision.sequential.settings import PRESETS
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

BASELINE = [{"x": value} for value in (100.0, 101.0, 99.0, 100.5, 99.2, 100.3)]
SEEDS = {"measurement": {"seeds": [1, 2, 3]}}


def question(contract=None, **given_):
    contract = contract or spec(decision={"preset": "one-shot"})
    known = {
        "stored": BASELINE[0],
        "baseline": BASELINE[0],
        "gain": 0.0,
        "deterministic": False,
        "beliefs": beliefs(contract, BASELINE),
        "checkpoint": True,
    }
    return Evidence(spec=contract, candidate=[], incumbent=[], **{**known, **given_})


def ruled(asked, *, gain, seed=0, more=None):
    """Run a test whose sides differ by `gain`, and give the ruling with the runs of both sides."""
    rng = random.Random(f"{gain} {seed}")
    sides = {Side.CANDIDATE: [], Side.INCUMBENT: []}
    while isinstance(answer := decide(asked), MeasureMore):
        level = 50.0 * (1 - gain if answer.side is Side.CANDIDATE else 1)
        sides[answer.side].append({"x": level * (1 + rng.gauss(0, 0.01)), **((more or {}).get(answer.side, {}))})
        asked = replace(asked, candidate=sides[Side.CANDIDATE], incumbent=sides[Side.INCUMBENT])
    return answer, [len(runs) for runs in sides.values()]


@pytest.mark.parametrize("contract", [None, spec(decision={"preset": "one-shot"}, **SEEDS)])
def test_test_begins_with_the_last_confirmed_commit(contract):
    asked = question(contract)
    assert decide(asked) == MeasureMore(Side.INCUMBENT)
    assert decide(replace(asked, incumbent=[{"x": 100.0}])) == MeasureMore(Side.CANDIDATE)


@pytest.mark.parametrize("contract", [None, spec(decision={"preset": "one-shot"}, **SEEDS)])
def test_clear_gain_is_confirmed_for_good_and_nothing_is_not(contract):
    decision, _ = ruled(question(contract), gain=0.10)
    assert (decision.verdict, decision.flags) == (Verdict.KEEP, ())
    assert decision.reasons[0].startswith("confirmed: x ")
    decision, _ = ruled(question(contract), gain=0.0)
    assert (decision.verdict, decision.flags) == (Verdict.DISCARD, ())
    assert decision.reasons[0].startswith("not confirmed: x ")


@given(st.floats(-0.05, 0.05), st.integers(0, 50), st.floats(1.0, 1000.0), st.floats(-0.5, 0.5))
def test_what_was_measured_before_the_test_does_not_matter(gain, seed, stored, moved):
    asked = question()
    gauge = asked.beliefs.gauges["x"]
    noise = replace(gauge.noise, history=tuple(value + moved for value in gauge.noise.history), age=7)
    other = replace(asked.beliefs, gauges={"x": replace(gauge, noise=noise)})
    assert ruled(question(beliefs=other, stored={"x": stored}), gain=gain, seed=seed) == ruled(
        asked, gain=gain, seed=seed
    )


@given(st.floats(-0.1, 0.1), st.integers(0, 50))
def test_test_ends_confirmed_or_not_within_the_runs_of_the_standard_preset(gain, seed):
    decision, (ours, theirs) = ruled(question(), gain=gain, seed=seed)
    assert decision.verdict in {Verdict.KEEP, Verdict.DISCARD}
    assert ours >= 1
    assert theirs >= 1
    assert ours + theirs <= PRESETS["standard"].cap


def test_limits_of_runs_are_those_of_single_experiments():
    contract = spec(decision={"preset": "one-shot"}, measurement={"max_samples": 2})
    runs = [sum(ruled(question(contract), gain=0.01, seed=seed)[1]) for seed in range(5)]
    assert max(runs) > 2
    assert runs == [sum(ruled(question(), gain=0.01, seed=seed)[1]) for seed in range(5)]


def test_guard_on_changed_lines_is_one_of_single_experiments():
    guards = {"diff_lines": {"role": "guard", "at_most": 10}, "m": {"role": "guard", "at_most": "incumbent"}}
    contract = spec(decision={"preset": "one-shot"}, metrics=guards)
    ours = {Side.CANDIDATE: {"diff_lines": 50.0, "m": 5.0}, Side.INCUMBENT: {"m": 5.0}}
    assert ruled(question(contract), gain=0.1, more=ours)[0].verdict is Verdict.KEEP
    worse = {**ours, Side.INCUMBENT: {"m": 4.0}}
    broken, _ = ruled(question(contract), gain=0.1, more=worse)
    assert (broken.verdict, broken.guard.metric) == (Verdict.DISCARD, "m")
    assert broken.reasons[0].startswith("not confirmed: m broke its guard: at_most 4")


def test_test_teaches_the_noise_and_where_the_winner_stands():
    decision, (ours, theirs) = ruled(question(), gain=0.10)
    lesson = decision.lessons["x"]
    assert (lesson.surprise, lesson.moved, lesson.sizes) == (None, 0.0, ())
    assert len(lesson.residuals) == sum(runs for runs in (ours, theirs) if runs > 1)
    assert lesson.replaces
    assert len(lesson.history) == ours - 1


def test_items_decide_where_there_are_some():
    scores = [{f"item{i}": float(i < right) for i in range(100)} for right in (90, 60)]
    contract = spec({"direction": "higher", "min_effect": 0}, decision={"preset": "one-shot"})
    asked = replace(
        question(contract),
        candidate=[{"x": 90.0}] * 2,
        incumbent=[{"x": 60.0}] * 2,
        candidate_items=scores[:1] * 2,
        incumbent_items=scores[1:] * 2,
        stored_items=scores[0],
    )
    found = decide(asked)
    assert (found.verdict, found.method, found.flags) == (Verdict.KEEP, "items", ())
    assert decide(replace(asked, checkpoint=False)).flags == ("provisional",)
    assert decide(replace(asked, checkpoint=False, spec=spec({"direction": "higher", "min_effect": 0}))).flags == ()
