"""The progress chart as inline SVG: needs no library, no network and no script, and prints."""

from autoexp.campaign.rows import Row
from autoexp.campaign.state import CampaignState
from autoexp.faces.report.axes import BOTTOM, EDGE, HEIGHT, RIGHT, TOP, WIDTH, Plane, axes, coordinate
from autoexp.faces.report.drawing import Drawing, Mark, Step, draw
from autoexp.faces.report.facts import Goal, goal_of
from autoexp.faces.report.figures import NOTHING, gain, plural, shown, with_unit
from autoexp.faces.report.statuses import MEASURED, order, status
from autoexp.faces.report.text import clip, esc

_TITLE, _MANY = 140, 300


def chart(state: CampaignState, rows: list[Row]) -> str:
    """Draw the running best with every measured experiment; those without a number are ticks at the bottom edge."""
    goal, drawing = goal_of(state), draw(rows)
    if not drawing.stairs and not drawing.marks:
        return '<p class="empty">Nothing is measured yet. The chart begins with the baseline.</p>'
    plane = Plane.of(drawing, may_log=goal.scale != "linear")
    parts = [
        axes(plane, goal),
        _baselines(drawing, plane, goal),
        _boundaries(drawing, plane),
        "".join(_stair(stair, plane, _end(drawing, i)) for i, stair in enumerate(drawing.stairs)),
        "".join(_mark(mark, plane, goal, dense=len(drawing.marks) > _MANY) for mark in drawing.marks),
        _best(state, drawing, plane, goal),
    ]
    return (
        f'<figure class="chart"><div class="wide" tabindex="0" role="group" aria-label="Progress chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="chart-title chart-desc" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="chart-title">{esc(f"Best {goal.metric} so far")}</title>'
        f'<desc id="chart-desc">{esc(_described(drawing, goal))}</desc>{"".join(parts)}</svg></div>'
        f"<figcaption>{_legend(drawing)}{_notes(drawing, plane)}</figcaption></figure>"
    )


def _end(drawing: Drawing, i: int) -> float:
    return drawing.stairs[i + 1][0].x if i + 1 < len(drawing.stairs) else drawing.last_x


def _baselines(drawing: Drawing, plane: Plane, goal: Goal) -> str:
    lines = []
    for i, stair in enumerate(drawing.stairs):
        first = stair[0]
        y = coordinate(plane.y(first.value))
        begin, end = coordinate(plane.x(first.x)), coordinate(plane.x(_end(drawing, i)))
        title = f"baseline · {with_unit(shown(first.value), goal.unit)}"
        lines.append(
            f'<line class="baseline" x1="{begin}" x2="{end}" y1="{y}" y2="{y}"/>'
            f'<path class="p-base" d="M{begin} {y}m-5 0 5-5 5 5-5 5z"><title>{esc(title)}</title></path>'
        )
    return "".join(lines)


def _boundaries(drawing: Drawing, plane: Plane) -> str:
    return "".join(
        f'<line class="boundary" x1="{(x := coordinate(plane.x(stair[0].x)))}" x2="{x}" y1="{TOP}" y2="{BOTTOM}"/>'
        f'<text class="small" x="{coordinate(plane.x(stair[0].x) + 5)}" y="{TOP + 11}">new segment</text>'
        for stair in drawing.stairs[1:]
    )


def _stair(stair: tuple[Step, ...], plane: Plane, end: float) -> str:
    path = f"M{coordinate(plane.x(stair[0].x))} {coordinate(plane.y(stair[0].value))}"
    for step in stair[1:]:
        path += f"H{coordinate(plane.x(step.x))}V{coordinate(plane.y(step.value))}"
    return f'<path class="stair" d="{path}H{coordinate(plane.x(end))}"/>'


def _mark(mark: Mark, plane: Plane, goal: Goal, *, dense: bool) -> str:
    row, x = mark.row, coordinate(plane.x(mark.x))
    number = with_unit(shown(mark.value), goal.unit) if mark.value is not None else ""
    effect = gain(row["effect"]) if mark.value is not None and row["effect"] is not None else ""
    words = (f"#{row['n']} {row['status']}", number, effect, clip(row["description"], _TITLE))
    title = f"<title>{esc(' · '.join(word for word in words if word))}</title>"
    family = status(row["status"]).family
    if mark.value is None:
        return f'<path class="tick {family}" d="M{x} {EDGE - 5}v10">{title}</path>'
    if not plane.scale.holds(mark.value):
        above = mark.value > plane.scale.high
        tip, back = (TOP + 2, 8) if above else (BOTTOM - 2, -8)
        return f'<path class="off p-{family}" d="M{x} {tip}l4.5 {back}h-9z">{title}</path>'
    radius = (5 if row["status"] == "keep" else 3.5) * (0.7 if dense else 1)
    y = coordinate(plane.y(mark.value))
    return f'<circle class="p-{family}" cx="{x}" cy="{y}" r="{radius:g}">{title}</circle>'


def _best(state: CampaignState, drawing: Drawing, plane: Plane, goal: Goal) -> str:
    """Write the best value at the end of the staircase, where the eye arrives."""
    if not drawing.stairs:
        return ""
    last = drawing.stairs[-1][-1]
    y = plane.y(last.value)
    text = clip(with_unit(shown(last.value), goal.unit), 18)
    change = f"{gain(state.gain)} in-loop" if state.counts.kept else "baseline"
    return (
        f'<text class="best" x="{RIGHT + 8}" y="{coordinate(y + 1)}">{esc(text)}</text>'
        f'<text class="small" x="{RIGHT + 8}" y="{coordinate(y + 16)}">{esc(change)}</text>'
    )


def _described(drawing: Drawing, goal: Goal) -> str:
    counts: dict[str, int] = {}
    for mark in drawing.marks:
        counts[mark.row["status"]] = counts.get(mark.row["status"], 0) + 1
    first = drawing.stairs[0][0].value if drawing.stairs else None
    best = drawing.stairs[-1][-1].value if drawing.stairs else None
    drawn = ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda item: order(item[0])))
    values = f"{with_unit(shown(first), goal.unit)} to {with_unit(shown(best), goal.unit)}"
    span = f"The staircase goes from {values}. " if NOTHING not in values else ""
    return f"{goal.metric} by experiment; {goal.better}. {span}Drawn: {drawn or 'the baseline alone'}."


def _legend(drawing: Drawing) -> str:
    words = {mark.row["status"] for mark in drawing.marks if mark.value is not None}
    items = [_key('<path class="stair" d="M1 12h7v-7h7"/>', "best so far")] if drawing.stairs else []
    items += [
        _key(f'<circle class="p-{status(word).family}" cx="8" cy="8" r="{5 if word == "keep" else 4}"/>', word)
        for word in MEASURED
        if word in words
    ]
    if any(mark.value is None for mark in drawing.marks):
        items.append(_key('<path class="tick failed" d="M8 3v10"/>', "no value that counts (crash, failed checks, …)"))
    return f'<div class="legend">{"".join(items)}</div>'


def _key(shape: str, word: str) -> str:
    return f'<span><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shape}</svg>{esc(word)}</span>'


def _notes(drawing: Drawing, plane: Plane) -> str:
    notes = []
    if plane.scale.log:
        notes.append("The axis is logarithmic.")
    if off := sum(not plane.scale.holds(value) for value in drawing.values):
        notes.append(f"{plural(off, 'value')} beyond the axis: a triangle at the edge, the number on hovering.")
    if drawing.left_out:
        drawn = len(drawing.marks)
        notes.append(f"Drawn are all keeps and an even sample of the others; {drawing.left_out:,} of "
                     f"{drawn + drawing.left_out:,} experiments are left out.")  # fmt: skip
    return f"<p>{esc(' '.join(notes))}</p>" if notes else ""
