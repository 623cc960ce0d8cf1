"""The named points at which tests kill the engine."""

import pytest

from autoexp.engine.faults import POINTS, Faults
from autoexp.errors import AutoexpError


@pytest.mark.parametrize("point", POINTS)
def test_point_strikes_once_at_its_number(point: str) -> None:
    struck: list[int] = []
    faults = Faults(f"{point}:2", strike=lambda: struck.append(n))
    for n in (1, 2, 3):
        with faults.around(point.partition("-")[2], n):  # type: ignore[arg-type]
            pass
    assert struck == [2]


def test_point_strikes_at_the_time_that_was_asked_for() -> None:
    reached: list[int | str] = []
    faults = Faults("after-attempt:2:2", strike=lambda: reached.append("struck"))
    for n in (1, 1, 2, 2, 2):
        with faults.around("attempt", n):
            reached.append(n)
    assert reached == [1, 1, 2, 2, "struck", 2]


@pytest.mark.parametrize("setting", ["before-nothing", "keep", "after-keep:x", "after-keep:-1", "after-keep:1:2:3"])
def test_setting_that_names_no_point_is_refused(setting: str) -> None:
    with pytest.raises(AutoexpError, match="names no point"):
        Faults(setting)
