"""One run decides where numbers repeat; where that was only seen, a would-be keep is run once more."""

import pytest
from hypothesis import given
from tests.builders import finite, ordinary, spec

from autoexp.decision import Evidence, MeasureMore, decide
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

DECLARED = spec(measurement={"deterministic": True})
INFERRED = spec()
AGAIN = MeasureMore(Side.CANDIDATE)


def ruled(candidate, stored=10.0, contract=DECLARED, *, deterministic=True):
    return decide(
        Evidence(
            spec=contract,
            candidate=[{"x": value} for value in candidate],
            incumbent=[],
            stored={"x": stored},
            baseline={"x": 10.0},
            gain=0.0,
            deterministic=deterministic,
        )
    )


def test_first_question_is_for_the_candidate():
    assert ruled([]) == AGAIN


@given(finite, finite)
def test_declared_metric_is_decided_by_one_run(candidate, stored):
    assert (ruled([candidate], stored).verdict is Verdict.KEEP) == (candidate < stored)


@given(finite, finite)
def test_inferred_metric_is_run_once_more_before_a_keep_only(candidate, stored):
    answer = ruled([candidate], stored, INFERRED)
    assert answer == AGAIN if candidate < stored else answer.verdict is Verdict.DISCARD


def test_second_equal_run_keeps():
    decision = ruled([9.0, 9.0], contract=INFERRED)
    assert (decision.verdict, decision.reasons) == (Verdict.KEEP, ("kept: x 10.00% better, 2 runs",))


def test_method_single_decides_a_noisy_metric_by_one_run():
    assert ruled([9.0], contract=spec(decision={"method": "single"}), deterministic=False).verdict is Verdict.KEEP


def test_method_single_holds_a_noisy_metric_to_half_a_percent():
    contract = spec(decision={"method": "single"})
    assert ruled([9.96], contract=contract, deterministic=False).verdict is Verdict.DISCARD


def test_repeating_metric_is_not_batched():
    assert ruled([11.0], contract=spec(decision={"method": {"batch": {"k": 3}}})).verdict is Verdict.DISCARD


def test_repeating_metric_needs_no_smallest_effect():
    assert ruled([10.0 - 1e-9]).verdict is Verdict.KEEP


def test_smallest_effect_that_was_asked_for_holds_for_a_repeating_metric():
    contract = spec({"min_effect": "5%"}, measurement={"deterministic": True})
    decision = ruled([9.6], contract=contract)
    assert decision.verdict is Verdict.DISCARD
    assert "below the smallest effect" in decision.reasons[0]


@given(ordinary)
def test_equal_value_is_kept_only_when_the_contract_says_so(value):
    keeping = spec(measurement={"deterministic": True}, decision={"on_equal": "keep"})
    assert ruled([value], value).verdict is Verdict.DISCARD
    assert ruled([value], value, keeping).verdict is Verdict.KEEP


def test_inferred_equal_is_run_once_more_before_it_is_kept():
    assert ruled([10.0], contract=spec(decision={"on_equal": "keep"})) == AGAIN


@pytest.mark.parametrize(("better", "worse"), [(-1.0, 0.0), (0.0, 1.0), (-2.0, -1.0)])
def test_zero_and_negative_values_are_ordinary(better, worse):
    assert ruled([better], worse).verdict is Verdict.KEEP
    assert ruled([worse], better).verdict is Verdict.DISCARD


def test_reason_of_an_effect_against_zero_is_in_units():
    contract = spec({"unit": "ms"}, measurement={"deterministic": True})
    assert ruled([-2.0], 0.0, contract).reasons == ("kept: x 2 ms better, 1 run",)
