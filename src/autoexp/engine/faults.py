"""Named points at which a test can kill the engine: AUTOEXP_FAULT=point[:n[:time]].

A point is `before-STEP` or `after-STEP`; `:n` waits for experiment n (or any, when left out), `:time` for the second or a later time that
it is reached: a change that is mended goes through the steps in between once more.

The nine steps of the protocol: start (of a session; 0 is its number), intent, propose, capture, attempt, measure, decision, keep, done.
A session that ends what another one left goes through decision, keep and done for it, too.

Steps between other facts that last; those of a session count as 0, those of a segment by its number: open, session (their records), segment,
baseline (their records), mirror (a segment, kept in git as well), tail (the last records, kept in git), sample (one run; 0 for a baseline),
checks, holdout (0 for the one at the end), mend (asked for), withdraw (a number), branch (the view that people look at; the last n), request (one answered, not yet
removed), pack (the refs; the last n), stopped, close (their records).

Steps of an import and of a deletion, which no session goes through: objects, refs, record (put in place); unlist (the record taken out of
sight), unref, empty (the folder). Steps of a confirmation: arms (its record), pair (one run; the round, from 0), confirmed (its end).
Steps of `apply`: mark (what is about to be moved, written down), move (the user's branch with its files), unmark (it came to its end).
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from autoexp.errors import AutoexpError

Step = Literal[
    "start",
    "intent",
    "propose",
    "capture",
    "attempt",
    "measure",
    "decision",
    "keep",
    "done",
    "open",
    "session",
    "segment",
    "baseline",
    "mirror",
    "tail",
    "sample",
    "checks",
    "holdout",
    "mend",
    "withdraw",
    "branch",
    "request",
    "pack",
    "stopped",
    "close",
]
Chore = Literal[
    "copy",
    "objects",
    "refs",
    "record",
    "unlist",
    "unref",
    "empty",
    "arms",
    "pair",
    "confirmed",
    "mark",
    "move",
    "unmark",
]
STEPS: tuple[Step, ...] = get_args(Step)
PROTOCOL = STEPS[: STEPS.index("done") + 1]


def points(steps: Iterable[Step | Chore]) -> tuple[str, ...]:
    """Give the points before and after each step."""
    return tuple(f"{when}-{step}" for step in steps for when in ("before", "after"))


POINTS = points(STEPS)
CHORES = points(get_args(Chore))


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Faults:
    """Dies at one named point, or never."""

    def __init__(self, setting: str = "", strike: Callable[[], None] = _kill) -> None:
        point, *numbers = setting.split(":")
        known = POINTS + CHORES
        if point and (point not in known or len(numbers) > 2 or not all(number.isdigit() for number in numbers)):  # noqa: PLR2004
            raise AutoexpError(
                f"AUTOEXP_FAULT={setting} names no point",
                fix=f"use one of {', '.join(POINTS)}, with :n for experiment n, and :n:2 for the second time there",
            )
        self._point = point
        self._n = int(numbers[0]) if numbers else None
        self._left = int(numbers[1]) if len(numbers) > 1 else 1
        self._strike = strike

    @contextmanager
    def around(self, step: Step | Chore, n: int) -> Iterator[None]:
        """Stand around one step of experiment n (0 at the start)."""
        self._reach(f"before-{step}", n)
        yield
        self._reach(f"after-{step}", n)

    def _reach(self, point: str, n: int) -> None:
        if point == self._point and self._n in {None, n}:
            self._left -= 1
            if self._left == 0:
                self._strike()
