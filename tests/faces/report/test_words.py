"""Promises of the words and numbers on the page, and of the milestones."""

import pytest

from autoexp.campaign.rows import rows
from autoexp.faces.report.drawing import draw, spread
from autoexp.faces.report.figures import MINUS, NOTHING, decimals, duration, gain, money, shown
from autoexp.faces.report.tables import milestones
from autoexp.faces.report.text import clip, esc


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, NOTHING), (float("nan"), NOTHING), (0.0, "0"), (179936.8891, "179,936.89"), (4.7, "4.7"), (-2.5, f"{MINUS}2.5"),
     (12.0, "12"), (1e300, "1e+300"), (0.00001, f"1e{MINUS}05"), (0.333333333, "0.333333")],
)  # fmt: skip
def test_a_value_reads_well(value, text):
    assert shown(value) == text


def test_a_column_shares_its_decimals():
    values = [179936.8891, 182233.8009, None, 5.0]
    places = decimals(values)
    assert [shown(value, places) for value in values] == ["179,936.89", "182,233.80", NOTHING, "5.00"]


def test_a_small_value_in_a_column_of_large_ones_is_not_shown_as_zero():
    assert shown(0.0004, 2) == "0.0004"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.113, "+11.3 %"), (-0.02, f"{MINUS}2.0 %"), (0.0, "0.0 %"), (-0.0001, "0.0 %"), (None, NOTHING)],
)
def test_a_gain_is_signed(value, text):
    assert gain(value).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0123, "12 ms"),
        (4.2, "4.2 s"),
        (42.4, "42 s"),
        (59.9, "1 min"),
        (192, "3 min 12 s"),
        (11520, "3 h 12 min"),
        (90000, "1 d 1 h"),
        (3605, "1 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"), [(None, "unknown"), (0.0, "$0.00"), (0.0042, "$0.0042"), (1234.5, "$1,234.50")]
)
def test_an_unknown_cost_is_not_zero(usd, text):
    assert money(usd) == text


def test_text_is_escaped_and_colours_of_terminals_are_dropped():
    assert esc("\x1b[1;31m<b>\"'&\x1b[0m") == "&lt;b&gt;&quot;&#x27;&amp;"


def test_a_clipped_text_is_one_line():
    assert clip("a\n b   c" + "d" * 50, 8) == "a b cdd…"


def test_milestones_add_up_to_the_gain_of_the_campaign(new):
    state = new().begin().baseline().keep(90.0, 0.1).attempt(95.0, effect=-0.05).keep(85.0, 0.05).state
    found = milestones(rows(state))
    assert [milestone.row["n"] for milestone in found] == [0, 1, 3]
    assert found[-1].gain == pytest.approx(state.gain)


def test_a_sample_of_marks_is_spread_over_all(new):
    state = new().begin().baseline()
    for _ in range(30):
        state.attempt(101.0)
    drawn = draw(list(rows(state.state))).marks
    assert [mark.row["n"] for mark in spread(drawn, 3)] == [1, 11, 21]
