import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.conftest import CONTRACT, Bench

from autoexp.api import looking
from autoexp.api.places import Place
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


class Wild:
    """Clocks of a machine on which some things happen to the wall clock, one a minute of work; the rest of the time it is right."""

    def __init__(self, *jumps: float, slept: float = 0.0) -> None:
        self.jumps = list(jumps)
        self.now = Instant(NOON, 0.0, 0.0)
        self.slept = slept

    def __call__(self) -> Instant:
        jump = self.jumps.pop(0) if self.jumps and int(self.now.awake_s) % 30 == 15 else 0.0
        slept, self.slept = (self.slept, 0.0) if int(self.now.awake_s) == 40 else (0.0, self.slept)
        now = self.now
        self.now = Instant(now.wall + 1.0 + jump + slept, now.awake_s + 1.0, now.asleep_s + slept)
        return self.now


def told_by(bench: Bench) -> list[str]:
    text = (bench.repository.common_dir / "autoexp/main/journal.jsonl").read_text().splitlines()
    events = [json.loads(line)["data"] for line in text]
    return [event["text"] for event in events if event["event"] == "note"]


VALUES = (90, 95, 80, 85, 70, 13, 60)


def test_nothing_depends_on_the_order_of_times(bench: Bench, tmp_path: Path) -> None:
    jumps = (-DAY, YEAR, -NOON * 2)
    place = Place(bench.repository.root or tmp_path, "main")
    (place.folder / "autoexp.yaml").write_text(CONTRACT)
    bench.values, bench.look = VALUES, Wild(*jumps)
    reached = bench.session(experiments=3)
    assert reached.counts.decided == 3
    reached = bench.session()
    rows = looking.rows(place)
    assert [row["n"] for row in rows] == list(range(8))
    assert [row["status"] for row in rows] == [
        "keep", "keep", "discard", "keep", "discard", "keep", "checks_failed", "keep"
    ]  # fmt: skip
    assert sorted(row["timestamp"] for row in rows) != [row["timestamp"] for row in rows]
    assert looking.status(place)["incumbent"]["commit"] == reached.incumbent.commit
    assert looking.brief(place)
    assert len([text for text in told_by(bench) if "wall clock was set" in text]) == len(jumps)
    assert reached.active_s < 2 * 60 * 60
    bench.git("fsck", "--strict", "--no-dangling")


def test_sleep_between_two_records_is_told_and_is_no_working_time(bench: Bench) -> None:
    bench.look = Wild(slept=9 * 3600.0)
    state = bench.session()
    (told,) = told_by(bench)
    assert told.startswith("the machine was suspended for 9:00:00")
    assert state.active_s < 3600
