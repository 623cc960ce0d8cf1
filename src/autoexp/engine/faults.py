"""Named points at which a test can kill the engine: AUTOEXP_FAULT=point[:n].

A point is `before-STEP` or `after-STEP`; `:n` waits for experiment n (or any, when left out). The steps are the nine
of the protocol: start, intent, propose, capture, attempt, measure, decision, keep, done.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from autoexp.errors import AutoexpError

Step = Literal["start", "intent", "propose", "capture", "attempt", "measure", "decision", "keep", "done"]
STEPS: tuple[Step, ...] = ("start", "intent", "propose", "capture", "attempt", "measure", "decision", "keep", "done")
POINTS = tuple(f"{when}-{step}" for step in STEPS for when in ("before", "after"))


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Faults:
    """Dies at one named point, or never."""

    def __init__(self, setting: str = "", strike: Callable[[], None] = _kill) -> None:
        point, _, number = setting.partition(":")
        if point and (point not in POINTS or not (number.isdigit() or not number)):
            raise AutoexpError(
                f"AUTOEXP_FAULT={setting} names no point",
                fix=f"use one of {', '.join(POINTS)}, with :n for experiment n",
            )
        self._point = point
        self._n = int(number) if number else None
        self._strike = strike

    @contextmanager
    def around(self, step: Step, n: int) -> Iterator[None]:
        """Stand around one step of experiment n (0 at the start)."""
        self._reach(f"before-{step}", n)
        yield
        self._reach(f"after-{step}", n)

    def _reach(self, point: str, n: int) -> None:
        if point == self._point and self._n in {None, n}:
            self._strike()
