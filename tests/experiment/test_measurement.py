"""Samples and what they add up to."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders import finite, ordinary

from autoexp.experiment.measurement import Sample, Side, measure, rows, summarise
from autoexp.experiment.outcome import Outcome

samples = st.builds(
    Sample,
    side=st.just(Side.CANDIDATE),
    i=st.integers(0, 9),
    outcome=st.sampled_from([Outcome.MEASURED, Outcome.CRASH, Outcome.TIMEOUT]),
    values=st.dictionaries(st.sampled_from("xyz"), ordinary),
)


@given(st.lists(ordinary, min_size=2, max_size=20))
def test_spread_is_the_sample_standard_deviation(values):
    summary = summarise(values)
    assert summary.sd == pytest.approx(statistics.stdev(values), rel=1e-6, abs=1e-9)
    assert summary.mean == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-12)


@given(st.lists(finite, min_size=1, max_size=8))
def test_numbers_of_any_magnitude_have_a_finite_summary_within_them(values):
    summary = summarise(values)
    assert min(values) <= summary.mean <= max(values)
    assert 0 <= summary.sd < math.inf


@given(finite, st.integers(1, 30))
def test_equal_values_have_exactly_that_mean_and_no_spread(value, count):
    summary = summarise([value] * count)
    assert (summary.mean, summary.sd, summary.count) == (value, 0, count)


def test_tiny_values_keep_their_spread():
    assert summarise([1e-200, 3e-200]).sd == pytest.approx(math.sqrt(2) * 1e-200)


def test_one_value_has_no_spread():
    assert summarise([-3.0]).sd == 0


def test_no_value_has_no_summary():
    with pytest.raises(ValueError, match="without a value"):
        summarise([])


@given(st.lists(samples))
def test_measurement_counts_measured_samples_only(taken):
    measured = [sample for sample in taken if sample.outcome is Outcome.MEASURED]
    assert {name: s.count for name, s in measure(taken).metrics.items()} == {
        name: sum(name in sample.values for sample in measured) for sample in measured for name in sample.values
    }


@given(st.lists(samples))
def test_rows_are_the_values_of_measured_samples_in_order(taken):
    assert rows(taken) == [sample.values for sample in taken if sample.outcome is Outcome.MEASURED]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_sample_holds_finite_values_only(number):
    with pytest.raises(ValidationError, match="finite"):
        Sample(side=Side.CANDIDATE, i=0, values={"x": number})
