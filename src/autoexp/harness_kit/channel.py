"""The way of numbers out of a harness: a private descriptor when autoexp runs it, stdout when a person does."""

from __future__ import annotations

import fcntl
import math
import os
import re
import stat
import sys
from typing import Any, Mapping

from .confine import close_to_others
from .errors import KitError

VARIABLE = "AUTOEXP_REPORT_FD"
HEADER = b"AUTOEXP-KIT 1\n"
MOST_ITEMS = 20_000
LONGEST_ITEM = 200
_LONGEST_WHY = 1000

_NAME = re.compile(r"[\w.@%µμ-]+")


def report(metrics: Mapping[str, Any] | None = None, **more: Any) -> None:
    """Report metrics by name: `report(latency_ms=41.7)`, or `report({"p99_µs": 3.0})` for names that Python cannot spell.

    Each name once in a run, each value a finite number. Raises KitError otherwise, and then reports none of them.
    """
    both = [*(metrics or {}).items(), *more.items()]
    names = [str(name) for name, _ in both]
    for place, name in enumerate(names):
        if _NAME.fullmatch(name) is None:
            raise KitError(f"a metric is named with letters, digits and . _ @ % µ -, and not {name!r}")
        if name in _channel.metrics or name in names[:place]:
            raise KitError(f"the metric {name!r} is reported twice: a run has one value of each")
    _channel.write([f"METRIC {name}={_number(value, name)}" for name, (_, value) in zip(names, both)])
    _channel.metrics.update(names)


def item(name: str, score: Any) -> None:
    """Report the score of one item, so that candidate and incumbent are compared item by item.

    Raises KitError for an id with spaces, of more than 200 characters or used before, and after 20,000 items.
    """
    check_item(name)
    if name in _channel.items:
        raise KitError(f"the item {name!r} is reported twice: a run has one score of each")
    if len(_channel.items) == MOST_ITEMS:
        raise KitError(f"more than {MOST_ITEMS:,} items: report fewer, with the mean of several items as one score")
    _channel.write([f"ITEM {name}={_number(score, name)}"])
    _channel.items.add(name)


def check_item(name: str) -> None:
    """Raise KitError for an id that no item can have."""
    if re.fullmatch(r"\S+", name) is None or len(name) > LONGEST_ITEM:
        raise KitError(f"the id of an item has 1 to {LONGEST_ITEM} characters and no spaces, and is not {name[:50]!r}")


def cost(usd: Any) -> None:
    """Add to the campaign's cost what this run has cost. Raises KitError for a negative or infinite one."""
    value = _number(usd, "usd")
    if value.startswith("-"):
        raise KitError(f"a cost is 0 or more, and not {value}")
    _channel.write([f"COST usd={value}"])


def unavailable(why: str) -> None:
    """Tell that a service which the run needs does not serve: when the run fails now, it is not the candidate's fault."""
    _channel.write(["UNAVAILABLE " + " ".join(why.split())[:_LONGEST_WHY]])


def _number(value: Any, name: str) -> str:
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise KitError(f"{name!r} needs a finite number, and not {value!r:.60}")
    return repr(number)


class _Channel:
    """The descriptor, or None for stdout, and what went out already."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        self.metrics: set[str] = set()
        self.items: set[str] = set()

    def write(self, lines: list[str]) -> None:
        """Write the lines in one write, so that nothing comes between them."""
        text = "".join(line + "\n" for line in lines)
        if self.descriptor is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        elif text:
            data = text.encode("utf-8", "replace")
            if os.write(self.descriptor, data) != len(data):
                raise KitError("the report could not be written as a whole: is the disk full?")


def _open() -> _Channel:
    named = os.environ.pop(VARIABLE, None)
    if named is None:
        return _Channel(None)
    try:
        given = int(named)
        mode, flags = os.fstat(given), fcntl.fcntl(given, fcntl.F_GETFL)
    except (ValueError, OSError, OverflowError):
        mode, flags = None, 0
    if mode is None or not stat.S_ISREG(mode.st_mode) or not flags & os.O_APPEND or flags & os.O_ACCMODE != os.O_WRONLY:
        raise KitError(
            f"{VARIABLE} is {named!r}, which is no descriptor that autoexp opened: a program between autoexp and this one"
            f" closed it. Start this one from a shell, or with pass_fds=[int(os.environ['{VARIABLE}'])]"
        )
    taken = fcntl.fcntl(given, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(given)
    close_to_others()
    if mode.st_size == 0:  # a second program of the same run that uses the kit goes on below the first one's header
        os.write(taken, HEADER)
    return _Channel(taken)


_channel = _open()
