"""What a prune changes in all that is counted: a fold of a journal gives it again, and nothing else has moved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, spec

from autoexp.campaign import events as ev
from autoexp.campaign.members import kept_line, standing
from autoexp.campaign.rows import rows
from autoexp.campaign.state import CampaignState
from autoexp.campaign.summary import summary
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, Proposal
from autoexp.faces.report.tables import milestones


def prune(tape: Tape, *members: int, verdict: Verdict = Verdict.KEEP, effect: float = -0.001) -> int:
    """Take keeps out, as the engine writes it down."""
    tape.n += 1
    directive = Directive(operator="ablate", parents=(tape.best,), members=members)
    tape.write(ev.Intent(n=tape.n, directive=directive, parent=tape.best, segment=tape.k, seed=1))
    tape.write(ev.Proposed(n=tape.n, proposal=Proposal(description="take out", asi={"kind": "prune"})))
    tape.write(ev.Captured(n=tape.n, candidate=Candidate(commit=commit(tape.n), parent=tape.best)))
    tape.sample(8.0)
    decision = Decision(verdict=verdict, effect=effect, metric="x", method="no worse", reasons=("kept, not worse",))
    return tape.end(Outcome.MEASURED, decision)


def provisional(tape: Tape, effect: float) -> int:
    tape.intent()
    tape.propose()
    tape.sample(9.0)
    return tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=effect, flags=("provisional",)))


def checkpoint(tape: Tape, since: int, effect: float) -> None:
    """Make a checkpoint test that confirms what was kept since a commit."""
    tape.n += 1
    directive, best = Directive(operator="confirm", parents=(commit(since),)), tape.best
    tape.write(ev.Intent(n=tape.n, directive=directive, parent=commit(since), segment=tape.k, seed=1))
    tape.write(ev.Captured(n=tape.n, candidate=Candidate(commit=best, parent=commit(since))))
    tape.sample(9.0, side=Side.INCUMBENT)
    tape.sample(8.0)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=effect))
    tape.best = best


def counted_again(state: CampaignState) -> int:
    return sum(row["status"] == "keep" and row["n"] > 0 and "checkpoint" not in row["flags"] for row in rows(state))


def test_milestones_of_a_report_end_at_the_gain_that_is_left() -> None:
    tape = Tape().open()
    for effect in (0.10, 0.02, 0.05):
        tape.experiment(9.0, Verdict.KEEP, effect=effect)
    prune(tape, 2, effect=-0.01)
    found = milestones(rows(tape.state))
    assert [milestone.row["n"] for milestone in found] == [0, 1, 3, 4]
    assert found[-1].gain == pytest.approx(tape.state.gain)


def test_the_gain_is_that_of_the_keeps_left() -> None:
    tape = Tape().open()
    for effect in (0.10, 0.02, 0.05):
        tape.experiment(9.0, Verdict.KEEP, effect=effect)
    prune(tape, 1, 2)
    assert tape.state.gain == pytest.approx(0.05)
    assert tape.state.checkpoint_gain == tape.state.gain
    assert standing(tape.state) == (3,)
    assert [keep.n for keep in kept_line(tape.state)] == [1, 2, 3, 4]
    found = summary(tape.state, running=False)
    assert (found["kept"], found["taken_out"], found["statuses"]) == (2, [1, 2], {"discard": 2, "keep": 2})


def test_a_prune_that_is_not_kept_changes_nothing_but_its_own_count() -> None:
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.10)
    before = tape.state
    prune(tape, 1, verdict=Verdict.DISCARD)
    assert (tape.state.gain, tape.state.incumbent) == (before.gain, before.incumbent)
    assert tape.state.counts.decided == before.counts.decided + 1
    assert tape.state.counts.discards_in_row == 1


def test_of_keeps_that_a_test_confirmed_together_each_has_its_part_of_what_the_test_measured() -> None:
    tape = Tape().open()
    provisional(tape, 0.03)
    provisional(tape, 0.01)
    checkpoint(tape, 0, 0.02)
    assert tape.state.gain == pytest.approx(0.02)
    prune(tape, 1)
    assert tape.state.gain == pytest.approx(0.02 / 4)
    prune(tape, 2)
    assert tape.state.gain == pytest.approx(0.0)


def test_keeps_under_another_goal_had_no_part_in_the_gain() -> None:
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.10)
    tape.segment(spec({"direction": "higher"}))
    tape.experiment(9.0, Verdict.KEEP, effect=0.04)
    tape.segment(spec({"direction": "higher", "min_effect": 0.01}))
    tape.experiment(9.0, Verdict.KEEP, effect=0.02)
    assert tape.state.gain == pytest.approx(0.06)
    prune(tape, 1, 2)
    assert tape.state.gain == pytest.approx(0.02)


def test_what_was_learned_for_the_next_decision_stays() -> None:
    tape = Tape().open(deterministic=False)
    tape.experiment(9.0, Verdict.KEEP, effect=0.10)
    before = tape.state
    prune(tape, 1)
    assert tape.state.beliefs.ledger == before.beliefs.ledger
    assert tape.state.knowledge.patterns.decided == before.knowledge.patterns.decided
    assert tape.state.knowledge.totals.pace.experiments == before.knowledge.totals.pace.experiments
    assert tape.state.knowledge.standing == 1


def test_a_person_reads_by_what_a_keep_was_taken_out() -> None:
    tape = Tape().open()
    tape.experiment(9.0, Verdict.KEEP, effect=0.10)
    prune(tape, 1)
    row = next(row for row in rows(tape.state) if row["n"] == 1)
    assert (row["status"], row["flags"]) == ("discard", ["taken_out"])
    assert row["reasons"][0].startswith("taken out by experiment 2")


kept = st.lists(st.floats(0.001, 0.2), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(effects=kept, data=st.data())
def test_prunes_in_any_order_leave_the_same_gain_and_counts_that_rows_tell(effects, data) -> None:
    tape = Tape().open()
    for effect in effects:
        tape.experiment(9.0, Verdict.KEEP, effect=effect)
    numbers = data.draw(st.lists(st.sampled_from(range(1, len(effects) + 1)), unique=True))
    cut = data.draw(st.integers(0, len(numbers)))
    for members in (numbers[:cut], numbers[cut:]):
        if members:
            prune(tape, *members)
    left = [effect for n, effect in enumerate(effects, 1) if n not in numbers]
    assert tape.state.gain == pytest.approx(sum(left), abs=1e-9)
    assert tape.state.counts.kept == counted_again(tape.state)
    assert standing(tape.state) == tuple(n for n in range(1, len(effects) + 1) if n not in numbers)
    assert set(tape.state.knowledge.totals.taken_out) == set(numbers)
