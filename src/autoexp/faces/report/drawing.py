"""What the chart draws, taken from the rows: a staircase per segment, points with a value, ticks without one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoexp.campaign.rows import Row
from autoexp.faces.report.statuses import MEASURED

MOST_OTHERS = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """The best so far from place `x` on."""

    x: float
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One experiment to be drawn; `value` is None where nothing was measured that counts."""

    x: float
    value: float | None
    row: Row


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that stands on the chart. `left_out` counts the experiments that are not drawn for lack of room."""

    stairs: tuple[tuple[Step, ...], ...]
    marks: tuple[Mark, ...]
    last_x: float
    left_out: int = 0

    @property
    def line(self) -> list[float]:
        """Give the values of the staircases."""
        return [step.value for stair in self.stairs for step in stair]

    @property
    def values(self) -> list[float]:
        """Give the values of the points."""
        return [mark.value for mark in self.marks if mark.value is not None]


def draw(rows: Sequence[Row]) -> Drawing:
    """Lay out the rows: baselines begin a staircase, keeps are its steps; all keeps and a sample of the others stand.

    A checkpoint test that failed is a step back, and what it took out is no step.
    """
    stairs: dict[int, list[Step]] = {}
    marks: list[Mark] = []
    last = 0
    for row in rows:
        value = _value(row)
        if row["n"] == 0:
            at = last + 0.5 if stairs else 0.0
            stairs[row["segment"]] = [] if value is None else [Step(at, value, 0)]
            continue
        last = row["n"]
        marks.append(Mark(last, value, row))
        if row["status"] == "keep" and value is not None:
            stairs.setdefault(row["segment"], []).append(Step(last, value, last))
        for back in drawable([row.get("back_to")]):
            stairs.setdefault(row["segment"], []).append(Step(last, back, last))
    kept = [mark for mark in marks if mark.row["status"] == "keep"]
    others = spread([mark for mark in marks if mark.row["status"] != "keep"], MOST_OTHERS)
    return Drawing(
        stairs=tuple(tuple(stair) for stair in stairs.values() if stair),
        marks=tuple(sorted([*others, *kept], key=lambda mark: (mark.row["status"] == "keep", mark.x))),
        last_x=float(max(last, 1)) + (0.5 if last and rows[-1]["n"] == 0 else 0.0),
        left_out=len(marks) - len(kept) - len(others),
    )


def spread(marks: Sequence[Mark], most: int) -> Sequence[Mark]:
    """Give at most so many of the marks, evenly spread, always the same ones."""
    if len(marks) <= most:
        return marks
    return [marks[i * len(marks) // most] for i in range(most)]


def drawable(values: Iterable[float | None]) -> list[float]:
    """Give the values that can stand on an axis."""
    return [value for value in values if value is not None and math.isfinite(value)]


def _value(row: Row) -> float | None:
    found = drawable([row["metric"]]) if row["status"] in MEASURED else []
    return found[0] if found else None
