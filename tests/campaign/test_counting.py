"""What budgets and stop rules count: decided experiments, and rows of failures."""

import pytest
from hypothesis import given, settings
from tests.builders import Tape, unmeasured

from autoexp.campaign.events import Intent, SampleTaken
from autoexp.campaign.fold import fold_all
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import Directive


def closed(outcome):
    tape = Tape().open()
    tape.failed(outcome)
    return fold_all(tape.records).counts


@pytest.mark.parametrize("outcome", sorted(UNDECIDED))
def test_ending_that_says_nothing_of_a_candidate_uses_no_budget(outcome):
    assert closed(outcome).decided == 0


@settings(deadline=None)
@given(unmeasured.filter(lambda outcome: outcome not in UNDECIDED))
def test_every_other_ending_is_a_decided_experiment(outcome):
    assert (closed(outcome).decided, closed(outcome).discards_in_row) == (1, 1)


@pytest.mark.parametrize(
    ("outcome", "position"), [("interrupted", 0), ("infra_error", 0), ("proposer_error", 1), ("crash", 1)]
)
def test_interrupted_attempt_is_made_again(outcome, position):
    assert closed(Outcome(outcome)).attempts == position


def rows_in(*endings):
    tape = Tape().open()
    for ending in endings:
        if isinstance(ending, Verdict):
            tape.experiment(verdict=ending, effect=0.1)
        else:
            tape.failed(Outcome(ending))
    counts = fold_all(tape.records).counts
    return counts.crashes_in_row, counts.discards_in_row


@pytest.mark.parametrize(
    ("endings", "crashes", "discards"),
    [
        (["crash", "timeout", "oom", "bad_metric"], 4, 4),
        (["crash", "checks_failed"], 0, 2),
        (["crash", Verdict.DISCARD], 0, 2),
        (["crash", Verdict.KEEP], 0, 0),
        (["crash", "interrupted", "proposer_error", "infra_error", "crash"], 2, 2),
        ([Verdict.INCONCLUSIVE, "no_change", "out_of_scope", Verdict.DISCARD], 0, 4),
        ([Verdict.DISCARD, Verdict.KEEP, Verdict.DISCARD], 0, 1),
    ],
)
def test_rows_of_crashes_and_discards(endings, crashes, discards):
    assert rows_in(*endings) == (crashes, discards)


def test_rows_of_errors_end_with_a_decided_experiment():
    tape = Tape().open()
    tape.failed(Outcome.PROPOSER_ERROR)
    tape.failed(Outcome.INFRA_ERROR)
    assert (
        fold_all(tape.records).counts.proposer_errors_in_row,
        fold_all(tape.records).counts.infra_errors_in_row,
    ) == (1, 1)
    tape.failed(Outcome.NO_CHANGE)
    assert (
        fold_all(tape.records).counts.proposer_errors_in_row,
        fold_all(tape.records).counts.infra_errors_in_row,
    ) == (0, 0)


def test_new_session_gives_proposer_and_machine_a_new_chance():
    tape = Tape().open()
    for _ in range(3):
        tape.failed(Outcome.PROPOSER_ERROR)
        tape.failed(Outcome.INFRA_ERROR)
    counts = fold_all(tape.session().records).counts
    assert (counts.proposer_errors_in_row, counts.infra_errors_in_row, counts.attempts) == (0, 0, 3)


@pytest.mark.parametrize("n", [0, 1])
def test_runs_that_did_not_count_are_runs_all_the_same(n):
    tape = Tape().open()
    tape.experiment()
    before = fold_all(tape.records).counts.samples
    side = Side.CANDIDATE if n else Side.BASELINE
    if n:
        tape.write(Intent(n=2, directive=Directive(), parent="", segment=0, seed=1))
    tape.write(SampleTaken(n=2 * n, sample=Sample(side=side, i=0, voided=2)))
    assert fold_all(tape.records).counts.samples == before + 3
