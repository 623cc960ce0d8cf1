"""Ideas that a constraint holds back: they are parked with its name, and shown as free once the contract lets them pass."""

from typing import Any

import pytest
from tests.builders import Tape, spec

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.ideas import Parked
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, GuardResult, Idea, Proposal

BROKEN = GuardResult(metric="calls", bound="equals 7", value=0.0)
CALLS = {"metrics": {"calls": {"role": "guard", "equals": 7}}}


def measured(tape: Tape, value: float, *, proposal: Proposal | None = None, guard: GuardResult | None = BROKEN) -> int:
    tape.intent()
    tape.propose(proposal or Proposal(description="cache the embeddings"))
    tape.sample({"x": value, "calls": 0.0})
    reason = "calls broke its guard: equals 7, measured 0"
    return tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD, guard=guard, reasons=(reason,)))


def failed_checks(tape: Tape, value: float) -> None:
    tape.intent()
    tape.propose(Proposal(description="cache the embeddings"))
    tape.sample(value)
    tape.write(ev.Decided(n=tape.n, outcome=Outcome.CHECKS_FAILED, detail="AssertionError: calls == 1"))
    tape.write(ev.Done(n=tape.n, status="checks_failed"))


def backlog(tape: Tape) -> tuple[Parked, ...]:
    return tuple(fold_all(tape.records).ideas)


def test_better_change_that_breaks_a_guard_is_parked_with_the_guard() -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, 8.0)
    why = "measured 20.0% better, but calls broke its guard: equals 7, measured 0"
    assert backlog(tape) == (Parked("i1", "cache the embeddings", why, "calls", n=1, tried_by=1),)


def test_better_change_that_fails_the_checks_is_parked_with_them() -> None:
    tape = Tape().open()
    failed_checks(tape, 8.0)
    (idea,) = backlog(tape)
    assert (idea.blocked_by, idea.why) == ("checks", "measured 20.0% better, but AssertionError: calls == 1")


@pytest.mark.parametrize("value", [10.0, 11.0])
def test_change_that_is_not_better_is_no_idea(value: float) -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, value)
    failed_checks(tape, value)
    assert backlog(tape) == ()


def test_direction_of_the_metric_counts() -> None:
    tape = Tape().open(spec({"direction": "higher"}, **CALLS))
    measured(tape, 8.0)
    assert backlog(tape) == ()
    measured(tape, 12.0)
    assert len(backlog(tape)) == 1


def test_better_change_without_a_broken_guard_is_no_idea() -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, 8.0, guard=None)
    assert backlog(tape) == ()


@pytest.mark.parametrize(("value", "count"), [(9.96, 0), (9.8, 0), (9.0, 1)])
def test_better_must_be_clear_of_the_noise(value: float, count: int) -> None:
    tape = Tape()
    tape.write(ev.CampaignOpened(tag="demo", base="0" * 40, object_format="sha1", seed=7, version="0"))
    tape.segment(spec(**CALLS), values=(9.9, 10.0, 10.1), deterministic=False)
    last = tape.records[-1]
    assert isinstance(last.event, ev.BaselineMeasured)
    noisy = last.event.model_copy(update={"noise": 0.01})
    tape.records[-1] = ev.Record(last.number, last.wall, last.monotonic, last.boot, noisy)
    measured(tape, value)
    assert len(backlog(tape)) == count


def test_fresh_runs_of_the_incumbent_are_compared_with() -> None:
    tape = Tape().open(spec(**CALLS))
    tape.intent()
    tape.propose(Proposal(description="cache"))
    tape.sample(8.0)
    tape.sample(8.0, side=Side.INCUMBENT)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD, guard=BROKEN, reasons=("r",)))
    assert backlog(tape) == ()


def test_idea_that_was_tried_and_blocked_waits_with_its_constraint() -> None:
    tape = Tape().open(spec(**CALLS))
    tape.experiment(proposal=Proposal(ideas=("memoise what is asked twice",)))
    measured(tape, 8.0, proposal=Proposal(description="cache the embeddings", asi={"idea": "i1"}))
    (idea,) = backlog(tape)
    assert (idea.text, idea.state, idea.blocked_by) == ("memoise what is asked twice", "open", "calls")
    assert (idea.n, idea.tried_by) == (1, 2)


def test_idea_that_lies_outside_of_the_scope_waits_for_a_wider_one() -> None:
    tape = Tape().open()
    tape.experiment(proposal=Proposal(ideas=("split the module",)))
    tape.intent()
    tape.propose(Proposal(asi={"idea": "i1"}))
    tape.write(ev.Decided(n=tape.n, outcome=Outcome.OUT_OF_SCOPE, detail="changed outside of the scope: b.py"))
    tape.write(ev.Done(n=tape.n, status="out_of_scope"))
    (idea,) = backlog(tape)
    assert (idea.state, idea.blocked_by, idea.why) == ("open", "scope", "changed outside of the scope: b.py")
    tape.segment(spec(scope={"edit": ["a.py", "b.py"]}))
    assert backlog(tape)[0].unblocked


def test_change_outside_of_the_scope_that_tried_no_idea_is_none() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.write(ev.Decided(n=tape.n, outcome=Outcome.OUT_OF_SCOPE, detail="changed outside of the scope: b.py"))
    tape.write(ev.Done(n=tape.n, status="out_of_scope"))
    assert backlog(tape) == ()


def test_blocked_change_that_a_person_had_accepted_is_no_idea_of_its_own() -> None:
    tape = Tape().open(spec(**CALLS))
    tape.n += 1
    tape.write(ev.Intent(n=1, directive=Directive(operator="merge", of=1), parent=tape.best, segment=0, seed=1))
    tape.write(ev.Proposed(n=1, proposal=Proposal(description="experiment 1, accepted: x")))
    tape.write(ev.Captured(n=1, candidate=Candidate(commit="1" * 40, parent=tape.best)))
    tape.write(ev.SampleTaken(n=1, sample=Sample(side=Side.CANDIDATE, i=0, values={"x": 5.0})))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD, guard=BROKEN, reasons=("r",)))
    assert backlog(tape) == ()


def released(before: dict[str, Any], after: dict[str, Any], *, by: str = "calls") -> bool:
    tape = Tape().open(spec(**before), values=[{"x": 10.0, "calls": 7.0}] * 2)
    tape.write(ev.IdeaAdded(idea=Idea(text="cache", blocked_by=by)))
    assert not backlog(tape)[0].unblocked
    tape.segment(spec(**after), values=[{"x": 10.0, "calls": 7.0}])
    return backlog(tape)[0].unblocked


def guard(**bounds: Any) -> dict[str, Any]:
    return {"metrics": {"calls": {"role": "guard", **bounds}}}


GONE: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("before", "after", "free"),
    [
        (guard(equals=7), GONE, True),
        (guard(equals=7), {"metrics": {"calls": {"role": "secondary"}}}, True),
        (guard(equals=7), guard(equals=7), False),
        (guard(equals=7), guard(at_most=7), True),
        (guard(at_most=7), guard(equals=7), False),
        (guard(at_most=7), guard(at_most=8), True),
        (guard(at_most=8), guard(at_most=7), False),
        (guard(at_least=7), guard(at_least=6), True),
        (guard(at_least=6), guard(at_least=7), False),
        (guard(within=[5, 7]), guard(within=[5, 8]), True),
        (guard(within=[5, 8]), guard(within=[5, 7]), False),
        (guard(equals="baseline"), guard(at_most={"of": "baseline", "times": 1.05}), True),
        (guard(at_most="baseline"), guard(at_most={"of": "incumbent", "times": 1.05}), True),
        (guard(at_most={"of": "baseline", "times": 1.05}), guard(at_most="baseline"), False),
        (guard(at_most="baseline"), guard(at_most=512), True),
        (guard(at_most="baseline"), guard(at_most=6), False),
        (guard(within={"of": "baseline", "by": "2%"}), guard(within={"of": "baseline", "by": "5%"}), True),
        (guard(within={"of": "baseline", "by": "5%"}), guard(within={"of": "baseline", "by": "2%"}), False),
        (guard(at_least=1, at_most=7), guard(at_most=7), True),
    ],
)
def test_idea_is_free_once_its_guard_is_gone_or_looser(
    before: dict[str, Any], after: dict[str, Any], *, free: bool
) -> None:
    assert released(before, after) is free


@pytest.mark.parametrize(
    ("before", "after", "free"),
    [
        ({"checks": "a"}, {}, True),
        ({"checks": "a"}, {"checks": "b"}, True),
        ({"checks": "a"}, {"checks": "a", "timeout": "9s"}, False),
        ({}, {"checks": "a"}, False),
    ],
)
def test_idea_is_free_once_the_checks_are_others(before: dict[str, Any], after: dict[str, Any], *, free: bool) -> None:
    harness = {"measure": "./bench"}
    assert released({"harness": harness | before}, {"harness": harness | after}, by="checks") is free


@pytest.mark.parametrize(
    ("before", "after", "free"),
    [
        (["a.py"], ["a.py", "b.py"], True),
        (["a.py", "b.py"], ["a.py"], False),
        (["*.py", "!b.py"], ["*.py"], True),
        (["*.py"], ["*.py", "!b.py"], False),
    ],
)
def test_idea_is_free_once_the_scope_is_wider(before: list[str], after: list[str], *, free: bool) -> None:
    assert released({"scope": {"edit": before}}, {"scope": {"edit": after}}, by="Scope") is free


@pytest.mark.parametrize("words", ["", "the budget of people", "x", "rows"])
def test_reason_in_words_is_never_released(words: str) -> None:
    assert not released(guard(equals=7), GONE, by=words)


def test_guard_that_comes_back_holds_the_idea_again() -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, 8.0)
    tape.segment(spec(**GONE))
    assert backlog(tape)[0].unblocked
    tape.segment(spec(**CALLS))
    assert not backlog(tape)[0].unblocked


def test_free_idea_that_is_blocked_anew_waits_for_the_contract_of_now() -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, 8.0)
    tape.segment(spec(**guard(at_most=7, at_least=1)))
    assert backlog(tape)[0].unblocked
    measured(tape, 8.0)
    assert (len(backlog(tape)), backlog(tape)[0].unblocked) == (1, False)
    tape.segment(spec(**guard(at_most=7, at_least=1)))
    assert not backlog(tape)[0].unblocked
    tape.segment(spec(**GONE))
    assert backlog(tape)[0].unblocked


def test_idea_that_was_tried_is_not_shown_as_free() -> None:
    tape = Tape().open(spec(**CALLS))
    measured(tape, 8.0)
    measured(tape, 8.0, guard=None)
    tape.segment(spec(**GONE))
    assert (backlog(tape)[0].state, backlog(tape)[0].unblocked) == ("tried", False)
