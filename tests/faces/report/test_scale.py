"""Laws of the scales."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.faces.report.scale import fit

numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(numbers, max_size=20), st.lists(numbers, max_size=20))
def test_any_values_have_a_scale_on_which_the_line_stands(line, others):
    scale = fit(line, others)
    assert scale.low < scale.high
    for value in line:
        assert 0 <= scale.place(value) <= 1
        assert scale.holds(value)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_ticks_are_few_and_in_order_and_on_the_scale(line):
    scale = fit(line, [])
    ticks = scale.ticks()
    assert len(ticks) <= 20
    assert ticks == sorted(set(ticks))
    assert all(math.isfinite(tick) for tick in ticks)


@given(st.lists(numbers, min_size=2, max_size=20))
def test_places_keep_the_order_of_values(line):
    scale = fit(line, [])
    places = [scale.place(value) for value in sorted(line)]
    assert all(a <= b for a, b in itertools.pairwise(places))


def test_a_large_positive_span_is_logarithmic():
    assert fit([1000.0, 10.0, 1.0], []).log


@pytest.mark.parametrize("line", [[1000.0, 0.0], [1000.0, -1.0], [100.0, 90.0]])
def test_a_value_of_zero_or_less_or_a_small_span_is_linear(line):
    assert not fit(line, []).log


def test_a_spec_may_forbid_the_logarithm():
    assert not fit([1000.0, 1.0], [], may_log=False).log


def test_equal_values_stand_in_the_middle():
    assert fit([5.0, 5.0], []).place(5.0) == pytest.approx(0.5)


def test_ticks_are_round():
    assert fit([0.0, 100.0], []).ticks() == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
