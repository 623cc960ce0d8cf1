"""The chart's plane: where things stand, grid lines, and the words beside the axes."""

from dataclasses import dataclass

from autoexp.faces.report.drawing import Drawing
from autoexp.faces.report.facts import Goal
from autoexp.faces.report.figures import decimals, shown
from autoexp.faces.report.scale import Scale, fit, round_step
from autoexp.faces.report.text import clip, esc

WIDTH, HEIGHT = 1000, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 880, 40, 330
EDGE = 345


@dataclass(frozen=True, slots=True)
class Plane:
    """From values and experiment numbers to places in the picture."""

    scale: Scale
    last_x: float

    @classmethod
    def of(cls, drawing: Drawing, *, may_log: bool) -> "Plane":
        """Give the plane on which a drawing is readable."""
        return cls(fit(drawing.line, drawing.values, may_log=may_log), drawing.last_x)

    def x(self, n: float) -> float:
        """Give the place of an experiment's number."""
        inner = LEFT + 12
        return inner + (RIGHT - 12 - inner) * n / self.last_x

    def y(self, value: float) -> float:
        """Give the place of a value; larger stands higher."""
        return BOTTOM - (BOTTOM - TOP) * self.scale.place(value)


def axes(plane: Plane, goal: Goal) -> str:
    """Draw grid, labels and the two titles; the vertical one says which direction is better."""
    ticks = plane.scale.ticks()
    places = None if plane.scale.log else decimals(ticks, digits=15)
    lines = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{(y := coordinate(plane.y(tick)))}" y2="{y}"/>'
        f'<text class="y" x="{LEFT - 8}" y="{coordinate(plane.y(tick) + 4)}">{esc(shown(tick, places))}</text>'
        for tick in ticks
    )
    unit = f", {goal.unit}" if goal.unit else ""
    title = f"{'↓' if goal.lower else '↑'} {clip(goal.metric, 48)}{clip(unit, 20)} ({goal.better})"
    return (
        f'{lines}<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>{_numbers(plane)}'
        f'<text class="title" x="{LEFT}" y="20">{esc(title)}</text>'
        f'<text class="title" x="{RIGHT}" y="{HEIGHT - 8}" text-anchor="end">experiment</text>'
    )


def coordinate(place: float) -> str:
    """Write a place with the digits that an eye can tell apart."""
    return f"{place:.1f}".removesuffix(".0")


def _numbers(plane: Plane) -> str:
    step = max(1, round(round_step(plane.last_x / 10)))
    return "".join(
        f'<text class="x" x="{coordinate(plane.x(n))}" y="{EDGE + 26}">{n:,}</text>'
        for n in range(0, int(plane.last_x) + 1, step)
    )
