"""Student's t distribution agrees with a reference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from autoexp.decision.student import chance_below, two_sided

degrees = st.floats(min_value=1, max_value=500)


@settings(max_examples=50)
@given(st.floats(min_value=-50, max_value=50), degrees)
def test_chance_agrees_with_scipy(t, df):
    assert chance_below(t, df) == pytest.approx(stats.t.cdf(t, df), rel=1e-7)


@settings(max_examples=50)
@given(st.floats(min_value=0.01, max_value=0.999), degrees)
def test_middle_part_agrees_with_scipy(level, df):
    assert two_sided(level, df) == pytest.approx(stats.t.ppf((1 + level) / 2, df), rel=1e-8)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 2.0])
def test_level_that_is_no_probability_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        two_sided(level, 3.0)
