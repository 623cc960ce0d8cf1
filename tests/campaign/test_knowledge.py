"""What all experiments amount to: the same however it came about, and never more work because there are many of them."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import reduce
from itertools import takewhile
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, costs, counts, reserves, spec, tapes

from autoexp import briefs
from autoexp.campaign import events as ev
from autoexp.campaign.amounts import KINDS, cost_of, plus, tokens_of, untold
from autoexp.campaign.checkpoints import due
from autoexp.campaign.convergence import worth
from autoexp.campaign.endings import decided, effect_of
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.fold import fold_all
from autoexp.campaign.grouping import MOST_GROUPS, REST, kind_of
from autoexp.campaign.knowledge import EARLY, RECENT, RUNS, SETTLED
from autoexp.campaign.learning import known_of
from autoexp.campaign.money import usual, usual_runs
from autoexp.campaign.patterns import MOST, REVIEW_EVERY, patterns
from autoexp.campaign.reviews import asked_for, waiting
from autoexp.campaign.state import CampaignState
from autoexp.campaign.stopping import stop_rule, too_dear
from autoexp.campaign.totals import DISCOUNT, Kind, Pace, gain_of
from autoexp.campaign.views import brief_for
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, GuardResult, Proposal, Reserve, Tokens

ONE_SHOT = spec(decision={"preset": "one-shot"})
GUARD = GuardResult(metric="calls", bound="equals 7", value=0.0)

names = st.sampled_from(["", "a", "b", "cache", "data layout"])
proposals = st.builds(
    Proposal,
    description=names,
    proposer=names,
    asi=st.dictionaries(st.sampled_from(["kind", "unavailable", "nothing_left"]), names | st.lists(names), max_size=2),
    cost_usd=costs,
    cost_source=names,
    requests=st.none() | st.integers(0, 5),
    tokens=st.builds(Tokens, input=counts, output=counts),
    ideas=st.lists(names, max_size=2).map(tuple),
)


@st.composite
def campaigns(draw: st.DrawFn, least: int = 0) -> Tape:
    """Draw a campaign of provisional keeps, their tests, and reviews."""
    tape = Tape().open(ONE_SHOT, values=(10.0, 10.1, 9.9), deterministic=False)
    for _ in range(draw(st.integers(least, 25))):
        match draw(
            st.sampled_from(["measured", "test", "measured", "ended", "test", "again", "word", "word", "segment"])
        ):
            case "measured":
                _measured(tape, draw)
            case "ended":
                tape.failed(draw(st.sampled_from([one for one in Outcome if one is not Outcome.MEASURED])))
            case "test":
                _test(tape, draw)
            case "again":
                _again(tape, draw)
            case "word":
                n = draw(st.sampled_from(waiting(tape.state) or (1,)))
                tape.write(ev.Reviewed(n=n, verdict=draw(st.sampled_from(["accept", "reject"])), why="because"))
                _again(tape, draw)
            case _:
                tape.segment(ONE_SHOT, deterministic=False)
    return tape


def _measured(tape: Tape, draw: st.DrawFn) -> None:
    tape.intent(draw(reserves))
    tape.write(ev.Proposed(n=tape.n, proposal=draw(proposals)))
    paths = draw(st.sampled_from([(), ("a.py",), ("b.py",)]))
    tape.write(ev.Captured(n=tape.n, candidate=Candidate(commit=commit(tape.n), parent=tape.best, paths=paths)))
    tape.sample(9.0, cost_usd=draw(costs))
    flags = draw(st.sampled_from([("provisional",), ("needs_review",), (), ("provisional",)]))
    kinds = [Verdict.KEEP, *Verdict, Verdict.KEEP]
    verdict = Verdict.INCONCLUSIVE if "needs_review" in flags else draw(st.sampled_from(kinds))
    guard = draw(st.none() | st.just(GUARD)) if verdict is Verdict.DISCARD else None
    reasons = ("because",)
    effect = draw(st.none() | st.floats(-1, 1))
    tape.end(Outcome.MEASURED, Decision(verdict=verdict, effect=effect, flags=flags, guard=guard, reasons=reasons))


def _test(tape: Tape, draw: st.DrawFn) -> None:
    """Make the test that is due at the end, if there is one."""
    state = tape.state
    if not state.provisional or state.checkpoint is None:
        return
    tape.n += 1
    directive, best = Directive(operator="confirm", parents=(state.checkpoint.commit,)), tape.best
    tape.write(ev.Intent(n=tape.n, directive=directive, parent=state.checkpoint.commit, segment=tape.k, seed=1))
    tape.write(
        ev.Captured(n=tape.n, candidate=Candidate(commit=state.incumbent.commit, parent=state.checkpoint.commit))
    )
    for side in (Side.INCUMBENT, Side.CANDIDATE):
        tape.sample(9.5, side=side, cost_usd=draw(costs))
    verdict = draw(st.sampled_from([None, Verdict.KEEP, Verdict.DISCARD]))
    if verdict is None:
        tape.end(Outcome.INTERRUPTED)
    else:
        tape.end(Outcome.MEASURED, Decision(verdict=verdict, effect=0.1))
    tape.best = best if verdict is not Verdict.DISCARD else state.checkpoint.commit


def _again(tape: Tape, draw: st.DrawFn) -> None:
    """Measure an accepted experiment again, if there is one."""
    directive = asked_for(tape.state)
    if directive is None:
        return
    tape.n += 1
    tape.write(ev.Intent(n=tape.n, directive=directive, parent=tape.best, segment=tape.k, seed=1))
    tape.propose()
    keep = Decision(verdict=draw(st.sampled_from([Verdict.KEEP, Verdict.DISCARD])), effect=0.2)
    outcome = draw(st.sampled_from([Outcome.MEASURED, Outcome.INTERRUPTED]))
    tape.end(outcome, keep if outcome is Outcome.MEASURED else None)


@settings(deadline=None, max_examples=50)
@given(tapes() | campaigns())
def test_knowledge_is_that_of_the_experiments_as_they_are_now(tape: Tape) -> None:
    state = fold_all(tape.records)
    assert state.knowledge == known_of(state, state.experiments)
    assert state.firm == known_of(state, state.experiments[: state.firm.count])
    assert all(n > state.experiments[state.firm.count - 1].n for n in state.provisional if state.firm.count)


@settings(deadline=None, max_examples=50)
@given(tapes() | campaigns())
def test_totals_are_what_one_counts_by_going_through_all_experiments(tape: Tape) -> None:
    state = fold_all(tape.records)
    totals, everything = state.knowledge.totals, state.experiments
    asked = [one for one in everything if not one.tests]
    assert totals.statuses == Counter(one.status for one in asked)
    assert totals.taken_out == tuple(one.n for one in everything if one.taken_out)
    assert totals.waiting == tuple(one.n for one in everything if one.needs_review)
    assert totals.confirmed == sum(one.confirmed for one in everything)
    assert totals.refuted == sum(one.refuted for one in everything)
    named: dict[str, list[Experiment]] = {}
    for one in asked:
        named.setdefault(kind_of(everything.numbered(one.directive.of or 0) or one), []).append(one)
    assert totals.kinds == {
        name: Kind(
            kind=name,
            experiments=sum(one.outcome not in UNDECIDED for one in some),
            kept=sum(one.kept for one in some),
            gain=sum(map(gain_of, some), 0.0),
            cost_usd=reduce(plus, map(cost_of, some), None),
            tokens=reduce(plus, (tokens_of(one).total for one in some), None),
            crashes=sum(one.outcome in CRASHES for one in some),
        )
        for name, some in named.items()
    }


@settings(deadline=None, max_examples=50)
@given(tapes() | campaigns())
def test_pace_is_that_of_the_decided_experiments_of_the_last_segment(tape: Tape) -> None:
    state = fold_all(tape.records)
    last = list(takewhile(lambda one: one.segment == state.experiments[-1].segment, reversed(state.experiments)))
    pace = Pace(last[0].segment if last else -1)
    for one in decided(last[::-1]):
        kept, discarded = DISCOUNT * pace.kept + one.kept, DISCOUNT * pace.discarded + (not one.kept)
        gain = pace.gain + ((gain_of(one) - pace.gain) / kept if one.kept else 0.0)
        samples = pace.samples + (len(one.samples) - pace.samples) / (kept + discarded)
        pace = Pace(pace.segment, pace.experiments + 1, kept, discarded, gain, samples)
    assert state.knowledge.totals.pace == pace
    assert (worth(state) is None) == (not pace.experiments or state.segment is None or pace.segment != state.segment.k)


@settings(deadline=None, max_examples=50)
@given(tapes() | campaigns())
def test_knowledge_is_what_one_finds_by_looking_at_all_experiments(tape: Tape) -> None:
    state = fold_all(tape.records)
    known, everything = state.knowledge, state.experiments
    asked = [one for one in everything if not one.tests]
    tried = decided(everything)
    keeps = [one for one in tried if one.kept]
    measured = {one.directive.of for one in everything if one.outcome not in UNDECIDED}
    assert (known.count, known.experiments) == (len(everything), len(asked))
    assert [one.n for one in known.told] == [one.n for one in everything]
    assert known.settled == tuple(one for one in asked if one.proposals)[-SETTLED:]
    assert len(known.runs) == min(RUNS, sum(bool(one.samples) for one in asked))
    assert known.standing == sum(one.kept and not one.provisional for one in everything)
    assert known.unknown == {kind: sum(untold(one, kind) for one in everything) for kind in KINDS}
    assert known.accepted == tuple(one.n for one in everything if one.accepted and one.n not in measured)
    assert [one.n for one in known.patterns.best] == [
        one.n for one in sorted(keeps, key=lambda one: (-(effect_of(one) or 0.0), one.n))
    ]
    assert sum(priced for priced in known.priced_by.values()) == sum(
        said.cost_usd is not None and said.requests != 0 for one in everything for said in one.proposals
    )
    assert known.patterns.lessons == patterns(tried[: len(tried) // REVIEW_EVERY * REVIEW_EVERY]).lessons
    if len(tried) >= EARLY:
        assert [one.n for one in known.early] == [one.n for one in everything if one.n <= tried[EARLY - 1].n]


def test_tape_of_tests_has_tests_in_it() -> None:
    """The laws above would hold of nothing, too."""
    found: list[CampaignState] = []

    @settings(
        deadline=None, max_examples=60, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(campaigns(least=15))
    def look(tape: Tape) -> None:
        found.append(fold_all(tape.records))

    look()
    everything = [one for state in found for one in state.experiments]
    for name in ("taken_out", "confirmed", "refuted", "accepted", "provisional"):
        assert any(getattr(one, name) for one in everything), name
    assert any(one.directive.of is not None and one.kept for one in everything)
    assert any(state.firm.count not in {0, state.knowledge.count} for state in found)


# --- bounds


def long(experiments: int) -> Tape:
    """Make a campaign in which everything is met again and again, or is new each time."""
    tape = Tape().open()
    for i in range(experiments):
        keep = i % 7 == 0
        said = Proposal(
            description=f"value {i} made quicker",
            asi={"kind": f"k{i % 9}" if i % 2 else f"kind {i}", "unavailable": [f"someone {i}"]},
            ideas=(f"idea {i}",),
            cost_usd=0.1,
            requests=1,
            tokens=Tokens(input=10, output=1),
        )
        if i % 11 == 5:
            tape.intent()
            tape.write(ev.Proposed(n=tape.n, proposal=said))
            tape.write(
                ev.Decided(n=tape.n, outcome=Outcome.CRASH, detail=f"line {i}", commit=commit(tape.n), base=tape.best)
            )
            tape.write(ev.Done(n=tape.n, status="crash"))
        else:
            guard = GuardResult(metric=f"calls_{i}", bound="equals 7", value=0.0) if i % 5 == 2 and not keep else None
            verdict = Verdict.KEEP if keep else Verdict.DISCARD
            said = said.model_copy(update={"asi": {**said.asi, "idea": f"i{i - 2}"}})
            tape.experiment(9.0, verdict, effect=0.01 if keep else -0.05, proposal=said, guard=guard)
    return tape


def test_what_is_known_does_not_grow() -> None:
    known = fold_all(long(600).records).knowledge
    found = known.patterns.grouping
    sizes = {
        "groups": (len(found.by_name), MOST_GROUPS),
        "given up": (len(found.given_up), MOST_GROUPS),
        "best": (len(known.patterns.best), MOST),
        "broken": (len(known.patterns.broken), MOST),
        "worse": (len(known.patterns.worse), MOST),
        "reasons": (len(known.patterns.reasons), MOST),
        "tallies": (len(known.tallies.by_name), MOST),
        "told": (len(known.told), RECENT + EARLY),
        "settled": (len(known.settled), SETTLED),
    }
    assert {name: size for name, (size, most) in sizes.items() if size > most} == {}
    assert known.patterns.kept == 78  # every seventh but those that crashed: more than are listed
    assert found.rest is not None
    assert (found.rest.name, sum(group.tried for group in found.ordered)) == (REST, 600)


def test_what_is_left_out_of_lists_is_counted() -> None:
    state = fold_all(long(600).records)
    found = brief_for(state, Directive(), goal="g", program="", scope=("a.py",))
    data = briefs.as_json(found)
    assert len(data["best"]) + data["left_out"]["best"] == state.counts.kept
    told = {row["n"] for row in data["experiments"]} | {int(line.split(".")[0]) for line in data["older"]}
    assert len(told) + data["left_out"]["experiments"] == 600
    worse = sum((effect_of(one) or 0) < 0 and one.decision.guard is None for one in state.experiments if one.decision)
    ended = [end for end in data["dead_ends"] if end["kind"] == "change"]
    assert data["left_out"]["dead_ends"] + len(ended) >= worse


def steps(work: Callable[[], Any]) -> int:
    """Count the lines of Python that are run: a loop over all experiments shows, whatever the machine does."""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_work_of_an_experiment_does_not_grow_with_those_before_it() -> None:
    budget = spec(budget={"cost_usd": 1e6, "plateau": {"window": 10, "min_gain": 0.001}}).budget
    found: dict[str, list[int]] = {}
    for experiments in (500, 2_000):
        tape = long(experiments)
        state = fold_all(tape.records)
        before = len(tape.records)
        tape.experiment(
            9.0, effect=-0.05, proposal=Proposal(description="one more", ideas=("another one",), asi={"kind": "k1"})
        )

        def told(state: CampaignState = state) -> None:
            made = brief_for(state, Directive(), goal="g", program="p", scope=("a.py",), budget=budget)
            briefs.as_json(made)
            briefs.as_markdown(made)

        def asked(state: CampaignState = state) -> None:
            stop_rule(state, budget)
            too_dear(state, budget, Reserve(cost_usd=1.0))
            due(state, ONE_SHOT)
            asked_for(state)
            usual(state)
            usual_runs(state)

        def folded(state: CampaignState = state, tape: Tape = tape, before: int = before) -> None:
            fold_all(tape.records[before:], state)

        for name, work in {"told": told, "asked": asked, "folded": folded}.items():
            found.setdefault(name, []).append(steps(work))
    assert {name: both for name, both in found.items() if both[1] > 1.1 * both[0]} == {}
