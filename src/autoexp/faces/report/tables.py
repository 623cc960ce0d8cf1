"""The two short tables: milestones (what was kept, and how far it led), and how the experiments ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autoexp.campaign.rows import Row
from autoexp.faces.report.facts import Goal
from autoexp.faces.report.figures import decimals, gain, shown
from autoexp.faces.report.statuses import order, status
from autoexp.faces.report.text import clip, esc

_TALL = 25


@dataclass(frozen=True, slots=True)
class Milestone:
    """A baseline or a keep, with the gain reached by then."""

    row: Row
    gain: float


def milestones(rows: Iterable[Row]) -> list[Milestone]:
    """Give baselines and keeps in order; the gain adds up the effects kept so far, as the campaign itself does.

    What a checkpoint test measured takes the place of the effects of the keeps that it confirmed; what took keeps out adds nothing.
    """
    found, reached, tested = list[Milestone](), 0.0, 0.0
    rows = list(rows)
    prunes = {row.get("pruned_by") for row in rows}
    for row in rows:
        if row["n"] == 0:
            found.append(Milestone(row, reached))
        elif row["status"] == "keep":
            effect = 0.0 if row["n"] in prunes else row["effect"] or 0.0
            tested += effect if row.get("tested_by") else 0.0
            if "checkpoint" in row["flags"]:
                reached, tested = reached - tested, 0.0
            reached += effect
            found.append(Milestone(row, reached))
    return found


def milestone_table(rows: Sequence[Row], goal: Goal) -> str:
    """Show what was kept: the story of the campaign in a few lines."""
    found = milestones(rows)
    if not any(milestone.row["n"] for milestone in found):
        return '<p class="empty">No change was kept yet.</p>'
    places = decimals(milestone.row["metric"] for milestone in found)
    body = "".join(
        _milestone(milestone, places, last=milestone is found[-1] and milestone.row["n"] > 0) for milestone in found
    )
    unit = f" <small>{esc(goal.unit)}</small>" if goal.unit else ""
    return (
        f'<div class="wide{" tall" if len(found) > _TALL else ""}" tabindex="0" role="group" aria-label="Milestones">'
        '<table class="milestones"><thead><tr>'
        '<th scope="col">Milestone</th><th scope="col">Commit</th>'
        f'<th scope="col" class="number metric">{esc(clip(goal.metric, 40))}{unit}</th>'
        '<th scope="col" class="number">Δ baseline, in-loop</th><th scope="col">Key change</th>'
        f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _milestone(milestone: Milestone, places: int, *, last: bool) -> str:
    row = milestone.row
    n = row["n"]
    name = (
        f'<a href="#e{n}">Experiment {n}</a>'
        if n
        else f"Baseline {row['segment'] + 1}"
        if row["segment"]
        else "Baseline"
    )
    kind = row["asi"].get("kind")
    label = f"<small>{esc(clip(str(kind), 60))}</small>" if kind else ""
    final = '<small class="final">best so far</small>' if last else ""
    change = "" if not n and not milestone.gain else gain(milestone.gain)
    words = row["description"] if n else ""
    description = esc(words) if words else f'<span class="muted">{"no description" if n else _start(row)}</span>'
    return (
        f'<tr{" class=final" if last else ""}><th scope="row">{name}{label}{final}</th>'
        f"<td><code>{esc((row['commit'] or '')[:7])}</code></td>"
        f'<td class="number">{esc(shown(row["metric"], places))}</td><td class="number estimate">{esc(change)}</td>'
        f'<td class="words"><bdi>{description}</bdi></td></tr>'
    )


def _start(row: Row) -> str:
    return "measured again, as a new segment began" if row["segment"] else "where it started"


def status_table(found: dict[str, Any]) -> str:
    """Show how many experiments ended in which way."""
    counts: dict[str, int] = found["statuses"]
    if not counts:
        return '<p class="empty">No experiment has ended yet.</p>'
    total = sum(counts.values())
    lines = "".join(
        f'<tr><th scope="row">{badge(word)}</th><td class="number">{count:,}</td>'
        f'<td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="b-{status(word).family}" width="{100 * count / total:.2f}" height="8"/></svg></td>'
        f'<td class="number">{_percent(count, total)}</td><td class="words">{esc(status(word).meaning)}</td></tr>'
        for word, count in sorted(counts.items(), key=lambda item: (order(item[0]), item[0]))
    )
    return (
        '<table class="statuses"><thead><tr><th scope="col">Status</th><th scope="col" class="number">Count</th>'
        '<th scope="col" class="bar"><span class="unseen">Share as a bar</span></th>'
        '<th scope="col" class="number">Share</th>'
        f'<th scope="col">Meaning</th></tr></thead><tbody>{lines}</tbody></table>'
    )


def badge(word: str) -> str:
    """Give a status as a badge; the word is always there, colour only helps."""
    known = status(word)
    return f'<span class="badge {known.family}">{esc(known.word.replace("_", " "))}</span>'


def _percent(count: int, total: int) -> str:
    percent = 100 * count / total
    return "&lt; 1 %" if percent < 1 else f"{percent:.0f} %"
