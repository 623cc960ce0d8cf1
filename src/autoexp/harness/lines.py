"""The stdout of a harness as lines, in bounded memory, and the lines that mean the same in every form."""

import re
from collections.abc import Iterator
from typing import IO

LONGEST_LINE = 1 << 16
MOST_ITEMS = 20_000
LONGEST_ITEM = 200
"""Items are written to the journal with every sample: these limits keep a sample below a few MB."""

_QUOTED = 120

NUMBER = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
"""Nothing is tried twice: a line of digits that is none is refused as quickly as it is read."""

_ITEM = re.compile(r"ITEM (\S+)=(.*)", re.DOTALL)
MOST_USD = 1e9
_COST = re.compile(r"COST usd=(.*)", re.DOTALL)


class BadMetric(Exception):  # noqa: N818  the outcome's own name; it never leaves this room
    """Why an output gives no measurement."""


class Line(str):
    """A line of an output, with its number."""

    __slots__ = ("number",)
    number: int


def lines_of(stream: IO[bytes], *, longest: int = LONGEST_LINE) -> Iterator[Line]:
    """Give the lines of a stream without their ends; one longer than `longest` bytes is cut there."""
    count = 0
    while piece := stream.readline(longest):
        rest = piece
        while not rest.endswith(b"\n") and len(rest) == longest:
            rest = stream.readline(longest)
            if not rest:
                break
        line = Line(piece.rstrip(b"\r\n").decode("utf-8", "replace"))
        line.number = count = count + 1
        yield line


def number(text: str, line: str) -> float:
    """Read one finite decimal number. Raises BadMetric that quotes the line."""
    text = text.strip()
    if NUMBER.fullmatch(text) is None:
        raise BadMetric(f"a finite decimal number is expected in: {quote(line)}")
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise BadMetric(f"the number is too large in: {quote(line)}")
    return value


def quote(line: str) -> str:
    """Give a line short enough for a message, with its number where that is known."""
    short = line if len(line) <= _QUOTED else f"{line[:_QUOTED]}... ({len(line)} characters)"
    return f"{short} (line {line.number})" if isinstance(line, Line) else short


class Tally:
    """Collects ITEM and COST lines while an output is read."""

    def __init__(self) -> None:
        self.items: dict[str, float] = {}
        self.cost_usd: float | None = None

    def takes(self, line: str) -> bool:
        """Take the line if it is one of these.

        Raises BadMetric when its value is wrong, when an item comes twice, and when items are too many or their ids too long.
        """
        if line.startswith("ITEM ") and (match := _ITEM.fullmatch(line)):
            self._add(match[1], match[2], line)
            return True
        if line.startswith("COST ") and (match := _COST.fullmatch(line)):
            value = number(match[1], line)
            if not 0 <= value <= MOST_USD:
                raise BadMetric(f"a cost is 0 or more, and at most {MOST_USD:,.0f}: {quote(line)}")
            self.cost_usd = (self.cost_usd or 0.0) + value
            return True
        return False

    def _add(self, item: str, score: str, line: str) -> None:
        if item in self.items:
            raise BadMetric(f"a second line for one item: {quote(line)}")
        if len(item) > LONGEST_ITEM:
            raise BadMetric(f"the id of an item has at most {LONGEST_ITEM} characters: {quote(line)}")
        if len(self.items) == MOST_ITEMS:
            raise BadMetric(
                f"more than {MOST_ITEMS:,} ITEM lines: print fewer, with the mean of several items as one score"
            )
        self.items[item] = number(score, line)
