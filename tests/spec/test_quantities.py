"""Durations, shares and counts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.spec.quantities import parse_count, parse_fraction, parse_seconds

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


@given(st.integers(1, 10**6), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_duration_reads_as_its_number_of_units(number, unit, gap):
    assert parse_seconds(f"{number}{gap}{unit}") == pytest.approx(number * UNITS[unit])


@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 59))
def test_parts_of_a_duration_add_up(hours, minutes, seconds):
    assert parse_seconds(f"{hours}h {minutes}m {seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_number_is_a_duration_in_seconds(seconds):
    assert parse_seconds(seconds) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "5", "5 parsecs", "-5s", "5s-3s", "1.2.3s", "0s", "nans", "5mi", True, None, [], 0, -1, 10**400]
)
def test_text_that_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        parse_seconds(text)


@given(st.integers(0, 10**6))
def test_percentage_is_a_hundredth(number):
    assert parse_fraction(f"{number}%") == parse_fraction(f" {number} % ") == number / 100


@given(st.floats(min_value=0, max_value=1e6))
def test_share_reads_back(share):
    assert parse_fraction(repr(share)) == parse_fraction(share) == share


@pytest.mark.parametrize("text", ["", "%", "-1%", "nan%", "inf", "five", True, None, -0.1, 10**400, float("nan")])
def test_text_that_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match="share"):
        parse_fraction(text)


@given(st.integers(0, 10**6), st.sampled_from(sorted(FACTORS)))
def test_count_reads_as_its_number_of_thousands(number, factor):
    assert parse_count(f"{number}{factor}") == number * FACTORS[factor]


@given(st.integers(0, 10**18))
def test_whole_number_is_a_count(number):
    assert parse_count(number) == parse_count(str(number)) == number


def test_count_may_have_decimals_that_its_factor_takes_up():
    assert (parse_count("2.5k"), parse_count(5.0)) == (2500, 5)


@pytest.mark.parametrize(
    "text", ["", "k", "-1", "1.5", "1.0001k", "5X", "9" * 400, True, None, -1, 5.5, float("inf"), float("nan"), 10**400]
)
def test_text_that_is_no_count_is_refused(text):
    with pytest.raises(ValueError, match="count"):
        parse_count(text)
