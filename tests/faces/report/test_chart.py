"""Promises of the chart: well formed, every value where it belongs, nothing drawn that was not measured."""

import re
from xml.etree import ElementTree as ET

import pytest

from autoexp.campaign.rows import rows
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import GuardResult
from autoexp.faces.report.chart import chart

SVG = "{http://www.w3.org/2000/svg}"


def svg(state):
    text = chart(state, list(rows(state)))
    return ET.fromstring(re.search(r"<svg .*?</svg>(?=</div>)", text, re.DOTALL)[0])  # noqa: S314


def marks(state, kind):
    return [each for each in svg(state).iter() if kind in (each.get("class") or "").split()]


def places(state):
    return [(float(each.get("cx")), float(each.get("cy"))) for each in svg(state).iter(f"{SVG}circle")]


@pytest.fixture
def begun(new):
    return new().begin().baseline(100.0)


def test_the_chart_is_well_formed_and_named(begun):
    root = svg(begun.keep(90.0, 0.1, description="<b> & \x00 ]]>").state)
    assert root.find(f"{SVG}title").text == "Best latency_ms so far"
    assert "lower is better" in root.find(f"{SVG}desc").text


def test_a_crash_is_a_tick_and_not_a_value(begun):
    state = begun.attempt(outcome=Outcome.CRASH).state
    assert places(state) == []
    assert len(marks(state, "tick")) == 1


def test_a_measured_value_that_broke_a_guard_is_not_drawn_as_a_value(begun):
    guard = GuardResult(metric="memory_mb", bound="at_most 512", value=700.0)
    state = begun.attempt(1.0, guard=guard).state
    assert places(state) == []
    assert len(marks(state, "tick")) == 1


def test_a_value_of_a_candidate_that_failed_its_checks_is_not_drawn(begun):
    assert places(begun.attempt(1.0, outcome=Outcome.CHECKS_FAILED).state) == []


def test_each_verdict_has_its_own_look(begun):
    state = begun.keep(90.0, 0.1).attempt(95.0).attempt(89.0, Verdict.INCONCLUSIVE).attempt(95.0, Verdict.EXPLORE).state
    assert [len(marks(state, f"p-{word}")) for word in ("keep", "discard", "inconclusive", "explore")] == [1, 1, 1, 1]


def test_larger_values_stand_higher(begun):
    (_, low), (_, high) = places(begun.attempt(101.0).attempt(104.0).state)
    assert high < low


def test_the_staircase_steps_at_keeps_only(begun):
    state = begun.attempt(105.0).keep(90.0, 0.1).attempt(95.0).keep(80.0, 0.1).state
    assert marks(state, "stair")[0].get("d").count("V") == 2


def test_a_new_segment_begins_a_new_staircase(begun):
    state = begun.keep(90.0, 0.1).segment().baseline(95.0).attempt(97.0).state
    assert len(marks(state, "stair")) == 2
    assert len(marks(state, "boundary")) == 1


def test_the_direction_is_stated_on_the_axis(new):
    titles = [each.text for each in marks(new(direction="higher").begin().baseline().state, "title")]
    assert "↑ latency_ms, ms (higher is better)" in titles


def test_a_title_tells_what_a_point_is(begun):
    state = begun.keep(90.0, 0.1, description="cache the rows").state
    assert marks(state, "p-keep")[0].find(f"{SVG}title").text == (
        "#1 keep · 90\N{NO-BREAK SPACE}ms · +10.0\N{NO-BREAK SPACE}% · cache the rows"
    )


def test_one_wild_value_does_not_flatten_the_rest(begun):
    for value in (101.0, 99.0, 102.0, 100.5, 103.0):
        begun.attempt(value)
    state = begun.attempt(1e9).state
    heights = [y for _, y in places(state)]
    assert max(heights) - min(heights) > 50
    assert len(marks(state, "off")) == 1


@pytest.mark.parametrize(
    "values", [(0.0, 0.0), (-5.0, -7.0), (1e308, -1e308), (3.0, 3.0), (5e-324, 0.0), (1e-12, 1e12)]
)
def test_every_place_lies_within_the_picture(new, values):
    campaign = new().begin().baseline(values[0])
    for value in values:
        campaign.attempt(value).keep(value, None)
    for x, y in places(campaign.state):
        assert 0 <= x <= 1000
        assert 0 <= y <= 400


def test_of_very_many_experiments_all_keeps_and_a_sample_of_the_others_are_drawn(ten_thousand):
    kept = sum(experiment.kept for experiment in ten_thousand.experiments)
    assert len(marks(ten_thousand, "p-keep")) == kept
    assert (
        len(places(ten_thousand)) + len(marks(ten_thousand, "tick")) + len(marks(ten_thousand, "off")) == kept + 1_000
    )
    assert "left out" in chart(ten_thousand, list(rows(ten_thousand)))
