import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.engine.clocks import JUMP_S, SLEEP_S, Clocks, Instant, leaps, look

NOON = 1_800_000_000.0
START = Instant(NOON, 100.0, 7.0)
DAY, YEAR = 86_400.0, 365 * 86_400.0


def later(*, passed: float = 10.0, slept: float = 0.0, jumped: float = 0.0) -> Instant:
    return Instant(NOON + passed + slept + jumped, 100.0 + passed, 7.0 + slept)


def test_clocks_that_agree_are_not_spoken_of():
    assert leaps(START, later(passed=8 * 3600.0)) == ()


def test_a_suspension_is_told_with_its_length_and_when():
    (told,) = leaps(START, later(slept=3 * 3600.0))
    assert told.startswith(
        "the machine was suspended for 3:00:00 between 2027-01-15T08:00:00Z and 2027-01-15T11:00:10Z"
    )


@pytest.mark.parametrize(
    ("jumped", "words"),
    [
        (YEAR, "set forward by 365 days, 0:00:00"),
        (-DAY, "set back by 1 day, 0:00:00"),
        (6.0, "set forward by 6.0 s"),
        (-6.0, "set back by 6.0 s"),
    ],
)
def test_a_wall_clock_that_was_set_is_told_with_way_and_amount(jumped: float, words: str):
    (told,) = leaps(START, later(jumped=jumped))
    assert words in told


def test_a_clock_that_was_set_during_a_suspension_is_told_beside_it():
    slept, jumped = leaps(START, later(slept=60.0, jumped=-DAY))
    assert "suspended for 0:01:00" in slept
    assert "set back by 1 day" in jumped


@given(st.floats(0, 1e6), st.floats(0, SLEEP_S), st.floats(-JUMP_S + 0.01, JUMP_S - 0.01))
def test_small_differences_are_not_spoken_of(passed: float, slept: float, jumped: float):
    assert leaps(START, later(passed=passed, slept=min(slept, SLEEP_S - 0.01), jumped=jumped)) == ()


@given(st.floats(-1e18, 1e18))
def test_a_clock_that_says_nonsense_is_told_all_the_same(wall: float):
    assert leaps(START, Instant(wall, 100.0, 7.0)) or abs(wall - NOON) <= JUMP_S


def test_each_jump_is_told_once():
    shown = iter([START, later(jumped=DAY), later(passed=20.0, jumped=DAY), later(passed=30.0)])
    clocks = Clocks(lambda: next(shown))
    assert [len(clocks.leaps()) for _ in range(4)] == [0, 1, 0, 1]


def test_the_clocks_of_this_machine_agree():
    before = look()
    time.sleep(0.01)
    assert leaps(before, look()) == ()
