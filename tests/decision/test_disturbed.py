"""Runs during which something else used the machine: what they can never do for a candidate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import Tape, ordinary, spec

from autoexp.campaign.evidence import evidence_for
from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.decision.disturbed import ENOUGH, undisturbed
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

PAIRS = spec({"min_effect": 0}, decision={"method": {"batch": {"k": 2}}})


def ruled(candidate, incumbent, *, disturbed):
    return decide(
        Evidence(
            spec=PAIRS,
            candidate=[{"x": value} for value in candidate],
            incumbent=[{"x": value} for value in incumbent],
            stored={"x": 10.0},
            baseline={"x": 10.0},
            gain=0.0,
            deterministic=False,
            disturbed=disturbed,
        )
    )


def better(candidates, incumbents, *, disturbed):
    return ruled([9.0] * candidates, [10.0] * incumbents, disturbed=disturbed)


def test_keep_on_a_quiet_run_of_each_side_stands():
    assert better(2, 2, disturbed=(1, 1)).verdict is Verdict.KEEP


@pytest.mark.parametrize(
    ("side", "disturbed"), [(Side.INCUMBENT, (0, 2)), (Side.CANDIDATE, (2, 0)), (Side.INCUMBENT, (2, 2))]
)
def test_keep_on_disturbed_runs_alone_asks_for_another_one_of_that_side(side, disturbed):
    assert better(2, 2, disturbed=disturbed) == MeasureMore(side)


def test_one_quiet_run_is_enough():
    assert better(2, 3, disturbed=(0, 2)).verdict is Verdict.KEEP


def test_provisional_keep_waits_for_its_test_and_takes_no_more_runs():
    evidence = Evidence(
        spec=PAIRS,
        candidate=[{"x": 9.0}],
        incumbent=[{"x": 10.0}],
        stored={"x": 10.0},
        baseline={"x": 10.0},
        gain=0.0,
        deterministic=False,
        disturbed=(1, 1),
    )
    kept = Decision(verdict=Verdict.KEEP, reasons=("kept",))
    assert undisturbed(kept, evidence, most=8) == MeasureMore(Side.INCUMBENT)
    provisional = kept.model_copy(update={"flags": ("provisional",)})
    assert undisturbed(provisional, evidence, most=8) == provisional


def test_on_a_machine_that_is_always_busy_a_keep_stands_and_says_on_what():
    ruling = better(ENOUGH, ENOUGH, disturbed=(0, ENOUGH))
    assert ruling.verdict is Verdict.KEEP
    assert ruling.reasons[-1] == "something else used the machine in all 3 runs of the best so far"
    assert len(better(ENOUGH, ENOUGH, disturbed=(ENOUGH, ENOUGH)).reasons) == len(ruling.reasons) + 1


sides = st.lists(ordinary.map(abs), min_size=2, max_size=4)


@given(sides, sides, st.data())
def test_disturbed_runs_never_help_a_candidate(candidate, incumbent, data):
    counts = tuple(data.draw(st.integers(0, len(side))) for side in (candidate, incumbent))
    quiet, busy = ruled(candidate, incumbent, disturbed=(0, 0)), ruled(candidate, incumbent, disturbed=counts)
    if isinstance(quiet, Decision) and quiet.verdict is Verdict.KEEP:
        assert isinstance(busy, MeasureMore) or busy.verdict is Verdict.KEEP
    else:
        assert busy == quiet


def test_one_that_repeats_is_decided_by_one_run_whatever_ran_beside_it():
    tape = Tape().open(spec(measurement={"deterministic": True}))
    tape.intent()
    tape.propose()
    tape.sample(9.0, flags=("disturbed",))
    assert evidence_for(tape.state, spec(measurement={"deterministic": True})).disturbed == (1, 0)
    assert decide(evidence_for(tape.state, spec(measurement={"deterministic": True}))).verdict is Verdict.KEEP
