"""Interrupted changes in the record: which is to be measured again, for how long, and what of it is counted once."""

import pytest
from hypothesis import given
from tests.builders import Tape, commit, spec, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.amounts import cost_of, untold
from autoexp.campaign.fold import fold_all
from autoexp.campaign.interruptions import (
    MOST_IN_ROW,
    change_of,
    interrupted_in_row,
    measured_again_by,
    mended_before,
    to_measure_again,
)
from autoexp.campaign.state import CampaignState
from autoexp.campaign.tallies import tallies
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, Offer, Proposal, Reserve, Tokens

SAID = Proposal(
    description="idea", proposer="a", cost_usd=0.5, tokens=Tokens(input=10, output=5), requests=2, offer=1,
    offers=(Offer(rank=1, description="idea"), Offer(rank=2, description="other")),
)  # fmt: skip


@pytest.fixture
def tape() -> Tape:
    """Write a campaign whose first experiment was interrupted with a candidate."""
    tape = Tape().open()
    interrupted(tape, SAID)
    return tape


def interrupted(tape: Tape, said: Proposal) -> None:
    tape.intent()
    tape.propose(said)
    tape.end(Outcome.INTERRUPTED)


def state_of(tape: Tape) -> CampaignState:
    return fold_all(tape.records)


def again(tape: Tape, *, captured: bool = True) -> None:
    """Open the experiment that is asked for, with the change that was interrupted."""
    directive = to_measure_again(state_of(tape))
    assert directive is not None
    tape.n += 1
    free = Reserve(requests=0, tokens=0)
    tape.write(ev.Intent(n=tape.n, directive=directive, parent=tape.best, segment=tape.k, seed=tape.n, reserved=free))
    if captured:
        tape.propose(Proposal(description="idea", proposer="a", offer=1))


def test_interrupted_change_is_measured_again_and_asks_for_the_same(tape: Tape) -> None:
    assert to_measure_again(state_of(tape)) == Directive(again=1)
    again(tape)
    tape.sample(9.0)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    state = state_of(tape)
    assert to_measure_again(state) is None
    assert measured_again_by(state, 1) == 2
    assert measured_again_by(state, 2) is None


def test_what_it_asked_for_stays_as_it_was() -> None:
    tape = Tape().open()
    tape.n += 1
    asked = Directive(operator="draft", parents=(tape.best,), mode="explore", hints=("try more",))
    tape.write(ev.Intent(n=1, directive=asked, parent=tape.best, segment=0, seed=1))
    tape.propose()
    tape.end(Outcome.INTERRUPTED)
    assert to_measure_again(state_of(tape)) == asked.model_copy(update={"again": 1})


def test_interrupted_experiment_without_a_change_asks_for_nothing() -> None:
    tape = Tape().open()
    tape.failed(Outcome.INTERRUPTED)
    assert to_measure_again(state_of(tape)) is None


def test_change_is_given_up_after_three_interruptions_in_a_row(tape: Tape) -> None:
    for n in (2, 3):
        again(tape, captured=n == 3)  # also one that died before its candidate was there counts
        tape.end(Outcome.INTERRUPTED)
        assert [one.n for one in interrupted_in_row(state_of(tape))] == list(range(n, 0, -1))
    state = state_of(tape)
    assert MOST_IN_ROW == 3
    assert to_measure_again(state) is None
    assert [offer.rank for offer in state.offers] == [2], "a hypothesis that is given up would be tried again for ever"


def test_change_is_found_behind_an_interruption_that_left_none(tape: Tape) -> None:
    again(tape, captured=False)
    tape.end(Outcome.INTERRUPTED)
    state = state_of(tape)
    assert to_measure_again(state) == Directive(again=2)
    found = change_of(state, 2)
    assert found is not None
    assert found.n == 1


def test_another_best_or_another_scope_ends_the_wait(tape: Tape) -> None:
    moved = Tape().open()
    moved.experiment(9.0, Verdict.KEEP, effect=0.1)
    moved.best = commit(0)  # the proposer began before that keep
    interrupted(moved, SAID)
    assert to_measure_again(state_of(moved)) is None
    tape.segment(spec(scope={"edit": ["b.py"]}))
    assert to_measure_again(state_of(tape)) is None
    tape.segment(spec())
    assert to_measure_again(state_of(tape)) == Directive(again=1)


def test_verdict_on_a_fresh_proposal_ends_the_wait(tape: Tape) -> None:
    tape.experiment(9.0, Verdict.DISCARD)
    assert to_measure_again(state_of(tape)) is None


def test_what_a_proposal_cost_is_counted_once(tape: Tape) -> None:
    again(tape)
    tape.sample(9.0)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.1))
    state = state_of(tape)
    first, second = state.experiments
    assert (cost_of(first), cost_of(second)) == (0.5, None)
    assert (state.cost_usd, state.tokens, state.counts.requests) == (0.5, 15, 2)
    assert not untold(second, "cost_usd")
    assert not untold(second, "tokens")
    tally = tallies(state)["a"]
    assert (tally.experiments, tally.attempts, tally.kept) == (1, 1, 1)
    assert (tally.cost_usd, tally.unknown_costs, tally.unknown_tokens) == (0.5, 0, 0)


def test_change_counts_as_one_attempt_and_its_hypothesis_is_used_up(tape: Tape) -> None:
    assert state_of(tape).counts.attempts == 0
    assert [offer.rank for offer in state_of(tape).offers] == [1, 2]
    again(tape)
    tape.sample(9.0)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD))
    state = state_of(tape)
    assert (state.counts.attempts, state.counts.decided) == (1, 1)
    assert [offer.rank for offer in state.offers] == [2]


def test_repairs_that_were_used_up_stay_so() -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose()
    tape.write(ev.MendAsked(n=1, outcome=Outcome.CRASH))
    tape.end(Outcome.INTERRUPTED)
    assert mended_before(state_of(tape), 1) == 0, "nothing came of the request"
    again(tape)
    tape.write(ev.MendAsked(n=2, outcome=Outcome.CRASH))
    tape.write(ev.Proposed(n=2, proposal=Proposal(description="mended")))
    tape.end(Outcome.INTERRUPTED)
    assert mended_before(state_of(tape), 2) == 0, "the mended change was never captured"
    again(tape)
    tape.write(ev.MendAsked(n=3, outcome=Outcome.CRASH))
    mended = Candidate(commit=commit(33), parent=tape.best)
    tape.write(ev.Proposed(n=3, proposal=Proposal(description="mended")))
    tape.write(ev.Captured(n=3, candidate=mended))
    tape.end(Outcome.INTERRUPTED)
    assert mended_before(state_of(tape), 3) == 1


@given(tapes())
def test_only_the_last_interrupted_change_waits(tape: Tape) -> None:
    state = state_of(tape)
    directive = to_measure_again(state)
    if directive is not None:
        last = next(one for one in reversed(state.experiments) if not one.tests)
        assert (directive.again, last.outcome, last.parent) == (last.n, Outcome.INTERRUPTED, state.incumbent.commit)
        assert change_of(state, last.n) is not None
