"""What came of each proposer's changes, recomputed from the record."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, costs, tapes

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.tallies import LONGEST_REST, Tally, tallies
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive, Proposal, Tokens


def said(name, *, cost=None, tokens=None, **asi):
    return Proposal(proposer=name, cost_usd=cost, tokens=Tokens(output=tokens), asi=asi)


def told(tape):
    return tallies(fold_all(tape.records))


def test_keeps_gains_and_costs_go_to_who_proposed():
    tape = Tape().open()
    tape.experiment(9, Verdict.KEEP, effect=0.1, proposal=said("a", cost=0.5, tokens=100), cost_usd=0.25)
    tape.experiment(9, Verdict.DISCARD, proposal=said("b", cost=1.0))
    tape.experiment(8, Verdict.KEEP, effect=0.1, proposal=said("a", cost=0.25, tokens=50))
    found = told(tape)
    assert list(found) == ["a", "b"]
    a, b = found["a"], found["b"]
    assert (a.experiments, a.attempts, a.decided, a.kept, a.standing) == (2, 2, 2, 2, 2)
    assert (a.gain, a.cost_usd, a.tokens, a.unknown_costs) == (pytest.approx(0.2), 1.0, 150, 0)
    assert (b.kept, b.gain, b.cost_usd, b.tokens, b.unknown_tokens) == (0, 0.0, 1.0, None, 1)


def test_an_unknown_cost_is_counted_and_never_taken_for_nothing():
    tape = Tape().open()
    tape.experiment(proposal=said("a"), cost_usd=0.25)
    assert (told(tape)["a"].cost_usd, told(tape)["a"].unknown_costs) == (None, 1)


def test_a_provisional_keep_does_not_stand_until_its_test():
    tape = Tape().open()
    tape.intent()
    tape.propose(said("a"))
    tape.sample(9)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.1, flags=("provisional",)))
    assert (told(tape)["a"].kept, told(tape)["a"].standing, told(tape)["a"].gain) == (1, 0, 0.0)


def test_a_keep_that_a_person_accepted_belongs_to_who_proposed_it():
    tape = Tape().open()
    first = tape.experiment(9, Verdict.INCONCLUSIVE, proposal=said("a"))
    tape.n += 1
    tape.write(ev.Intent(n=tape.n, directive=Directive(of=first), parent=tape.best, segment=0, seed=2))
    tape.sample(9)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.1))
    found = told(tape)
    assert set(found) == {"a"}
    assert (found["a"].experiments, found["a"].attempts, found["a"].decided, found["a"].standing) == (1, 1, 2, 1)


def test_interrupted_experiments_are_no_attempts():
    tape = Tape().open()
    for outcome in (Outcome.INTERRUPTED, Outcome.INFRA_ERROR, Outcome.CRASH):
        tape.intent()
        tape.propose(said("a"))
        tape.end(outcome)
    assert (told(tape)["a"].experiments, told(tape)["a"].attempts, told(tape)["a"].crashes) == (3, 1, 1)


def error(tape, name):
    tape.intent()
    tape.write(ev.Proposed(n=tape.n, proposal=said(name)))
    tape.end(Outcome.PROPOSER_ERROR)


def test_one_error_is_chance_and_the_second_in_a_row_makes_a_rest():
    tape = Tape().open()
    error(tape, "a")
    assert told(tape)["a"].rests_until <= 1
    error(tape, "a")
    assert (told(tape)["a"].errors, told(tape)["a"].rests_until) == (2, 3)
    tape.experiment(proposal=said("a"))
    assert (told(tape)["a"].errors_in_row, told(tape)["a"].rests_until) == (0, 3)


def test_one_that_could_not_serve_rests_longer_each_time_until_it_does():
    tape, rests = Tape().open(), []
    for _ in range(7):
        tape.experiment(proposal=said("b", unavailable={"a": "the key expired"}))
        rests.append(told(tape)["a"].rests_until - tape.n)
    assert rests == [1, 2, 4, 8, LONGEST_REST, LONGEST_REST, LONGEST_REST]
    tape.experiment(proposal=said("a"))
    assert (told(tape)["a"].away_in_row, told(tape)["a"].rests_until) == (0, tape.n)


def test_nothing_left_holds_until_it_proposes_again():
    tape = Tape().open()
    tape.experiment(proposal=said("b", nothing_left=["a", "b"]))
    assert (told(tape)["a"].nothing_left, told(tape)["b"].nothing_left) == (True, False)
    tape.experiment(proposal=said("a"))
    assert not told(tape)["a"].nothing_left


@settings(deadline=None)
@given(
    st.sampled_from(["unavailable", "nothing_left"]), st.none() | st.text() | st.integers() | st.lists(st.integers())
)
def test_odd_notes_of_a_program_are_passed_over(key, value):
    tape = Tape().open()
    tape.experiment(proposal=said("a", **{key: value}))
    assert told(tape)["a"].attempts == 1


@settings(deadline=None)
@given(tapes(), st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), costs), max_size=8))
def test_together_they_are_the_campaigns_counts(tape, more):
    for name, kept, cost in more:
        verdict = Verdict.KEEP if kept else Verdict.DISCARD
        tape.experiment(9, verdict, effect=0.1, proposal=said(name, cost=cost))
    state = fold_all(tape.records)
    found = tallies(state)
    for count in ("attempts", "decided", "kept"):
        assert sum(getattr(tally, count) for tally in found.values()) == getattr(state.counts, count), count
    assert sum(tally.experiments for tally in found.values()) == len(state.experiments)


@settings(deadline=None)
@given(tapes())
def test_a_record_without_names_has_one_tally(tape):
    assert set(tallies(fold_all(tape.records))) <= {""}
    assert Tally() == Tally(experiments=0)
