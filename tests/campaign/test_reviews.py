"""Reviews in the record: what waits, what is accepted, and when the loop is to measure it again."""

import pytest
from tests.builders import Tape

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.reviews import asked_for, refusal, unmeasured, waiting
from autoexp.campaign.rows import rows
from autoexp.campaign.summary import summary
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive

ASKING = Decision(verdict=Verdict.INCONCLUSIVE, flags=("suspicious", "needs_review"), reasons=("inconclusive",))


@pytest.fixture
def tape() -> Tape:
    """Write a campaign in which experiment 1 waits for a person."""
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    tape.end(Outcome.MEASURED, ASKING)
    return tape


def again(tape: Tape, outcome: Outcome, decision: Decision | None = None) -> None:
    tape.n += 1
    tape.write(ev.Intent(n=tape.n, directive=Directive(operator="merge", of=1), parent=tape.best, segment=0, seed=1))
    tape.propose()
    tape.end(outcome, decision)


def review(tape: Tape, verdict: str, n: int = 1) -> None:
    tape.write(ev.Reviewed(n=n, verdict=verdict, why="because"))


def test_experiment_waits_until_somebody_says_a_word(tape: Tape) -> None:
    assert waiting(fold_all(tape.records)) == (1,)
    review(tape, "reject")
    state = fold_all(tape.records)
    assert (waiting(state), unmeasured(state), asked_for(state)) == ((), (), None)


def test_accepted_experiment_is_asked_for_until_it_has_a_verdict(tape: Tape) -> None:
    review(tape, "accept")
    state = fold_all(tape.records)
    assert asked_for(state) == Directive(operator="merge", parents=(tape.best,), of=1)
    for outcome in (Outcome.INTERRUPTED, Outcome.INFRA_ERROR):
        again(tape, outcome)
        assert unmeasured(fold_all(tape.records)) == (1,)
    again(tape, Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    assert asked_for(fold_all(tape.records)) is None


def test_first_word_holds(tape: Tape) -> None:
    review(tape, "reject")
    review(tape, "accept")
    state = fold_all(tape.records)
    assert state.experiments[0].review == ev.Reviewed(n=1, verdict="reject", why="because")
    assert unmeasured(state) == ()


def test_word_on_what_does_not_wait_changes_nothing(tape: Tape) -> None:
    tape.experiment(8.0, Verdict.KEEP)
    before = fold_all(tape.records)
    review(tape, "accept", n=2)
    review(tape, "reject", n=9)
    assert fold_all(tape.records).experiments == before.experiments


def test_refusals_name_the_reason(tape: Tape) -> None:
    tape.experiment(8.0, Verdict.KEEP)
    state = fold_all(tape.records)
    assert refusal(state, 1) == ""
    assert refusal(state, 2) == "experiment 2 does not wait for a review: it ended as keep"
    assert refusal(state, 3) == "there is no experiment 3"
    review(tape, "accept")
    assert refusal(fold_all(tape.records), 1) == "experiment 1 was already accepted: because"


def test_measuring_an_accepted_one_counts_as_an_experiment_but_not_as_a_turn_of_the_proposer(tape: Tape) -> None:
    before = fold_all(tape.records).counts
    review(tape, "accept")
    again(tape, Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    after = fold_all(tape.records).counts
    assert (after.decided, after.attempts) == (before.decided + 1, before.attempts)


def test_holdout_counts_in_samples_costs_and_looks() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    runs = tuple(Sample(side=side, i=0, values={"h": 1.0}, cost_usd=0.25) for side in (Side.CANDIDATE, Side.INCUMBENT))
    tape.write(ev.HoldoutRun(n=1, samples=runs, passed=True))
    tape.write(ev.HoldoutRun(n=7, samples=runs, passed=True))
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP))
    state = fold_all(tape.records)
    found = summary(state, running=False)
    assert (found["holdout_looks"], found["samples_used"], found["cost_usd"]) == (1, 3 + 1 + 2, 0.5)
    assert state.experiments[0].holdout == ev.HoldoutRun(n=1, samples=runs, passed=True)
    last = list(rows(state))[-1]
    assert (last["samples"], last["cost_usd"]) == (3, 0.5)


def test_holdout_without_an_answer_is_no_look() -> None:
    tape = Tape().open()
    tape.intent()
    tape.write(ev.HoldoutRun(n=1))
    assert fold_all(tape.records).counts.holdouts == 0


def test_flags_of_an_outcome_without_a_decision_are_in_its_row() -> None:
    tape = Tape().open()
    tape.intent()
    tape.write(ev.Decided(n=1, outcome=Outcome.OUT_OF_SCOPE, flags=("secret",)))
    tape.write(ev.Done(n=1, status="out_of_scope"))
    assert list(rows(fold_all(tape.records)))[-1]["flags"] == ["secret"]


@pytest.mark.parametrize(("verdict", "flags"), [("accept", ["suspicious"]), ("reject", ["suspicious"])])
def test_settled_review_waits_no_more_in_rows(tape: Tape, verdict: str, flags: list[str]) -> None:
    review(tape, verdict)
    row = list(rows(fold_all(tape.records)))[-1]
    assert (row["status"], row["flags"]) == ("inconclusive", flags)
    assert row["reasons"][0] == f"{verdict}ed by a person: because"
