"""The clocks of a session: told when the machine slept, and when the wall clock was set, so that a reader can read its times."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from autoexp.harness.quiet import asleep_s

SLEEP_S, JUMP_S = 1.0, 5.0
"""A suspension longer than this is told, and a wall clock that went so much faster or slower than time did."""


@dataclass(frozen=True, slots=True)
class Instant:
    """What the clocks say at once: seconds of wall clock, seconds that the machine was awake, and seconds that it slept."""

    wall: float
    awake_s: float
    asleep_s: float


@dataclass(slots=True)
class Clocks:
    """Compares the clocks from one question to the next."""

    look: Callable[[], Instant]
    _before: Instant | None = field(default=None, init=False)

    def leaps(self) -> tuple[str, ...]:
        """Say in words what happened to the clocks since the last question: nothing, as a rule."""
        before, self._before = self._before, self.look()
        return () if before is None else leaps(before, self._before)


def leaps(before: Instant, after: Instant) -> tuple[str, ...]:
    """Say in words whether the machine slept between two instants, and whether the wall clock was set."""
    slept_s = after.asleep_s - before.asleep_s
    jumped_s = (after.wall - before.wall) - (after.awake_s - before.awake_s) - slept_s
    between = f"between {_time(before.wall)} and {_time(after.wall)}"
    found = []
    if slept_s > SLEEP_S:
        found.append(f"the machine was suspended for {_length(slept_s)} {between}; that time is not counted")
    if abs(jumped_s) > JUMP_S:
        way = "forward" if jumped_s > 0 else "back"
        found.append(
            f"the wall clock was set {way} by {_length(abs(jumped_s))} {between}; "
            "the order of the record holds, its times before and after do not compare"
        )
    return tuple(found)


def look() -> Instant:
    """Read the clocks of this machine, so that no pause between two readings looks like a jump."""
    while True:
        earlier = time.monotonic()
        wall = time.time()  # noqa: TID251  the edge where clocks are read
        asleep = asleep_s()
        if time.monotonic() - earlier < SLEEP_S / 2:
            return Instant(wall, earlier, sum(asleep) / 2)


def _time(wall: float) -> str:
    try:
        return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{wall:.0f} s"


def _length(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds:.1f} s"
    try:
        return str(timedelta(seconds=round(seconds)))
    except OverflowError:
        return f"{seconds:.0f} s"
