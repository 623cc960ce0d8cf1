"""What kinds of ideas brought, and the ideas that wait. Each is nothing where there are none."""

from typing import Any

from autoexp.campaign.ideas import Parked, open_ideas
from autoexp.campaign.state import CampaignState
from autoexp.faces.report.figures import NOTHING, gain, money
from autoexp.faces.report.text import clip, esc

_SHOWN = 300
_BIASED = "In-loop (biased)"


def kinds_table(found: dict[str, Any]) -> str:
    """Show what the experiments of each kind gained and cost, where proposers name kinds."""
    kinds = found["kinds"]
    if not any(kind["kind"] != "other" for kind in kinds):
        return ""
    heads = "".join(
        f'<th scope="col" class="number">{name}</th>'
        for name in ("Experiments", "Kept", _BIASED, "Cost", "Tokens", "Crashes")
    )
    return (
        '<div class="wide" tabindex="0" role="group" aria-label="Kinds of ideas"><table class="kinds"><thead><tr>'
        f'<th scope="col">Kind</th>{heads}</tr></thead><tbody>{"".join(_kind(kind) for kind in kinds)}</tbody></table></div>'
    )


def _kind(kind: dict[str, Any]) -> str:
    tokens = NOTHING if kind["tokens"] is None else f"{kind['tokens']:,}"
    cells = (
        ("number", f"{kind['experiments']:,}"),
        ("number", f"{kind['kept']:,}"),
        ("number estimate", gain(kind["gain"])),
        ("number", money(kind["cost_usd"])),
        ("number", tokens),
        ("number", f"{kind['crashes']:,}"),
    )
    figures = "".join(f'<td class="{family}">{esc(cell)}</td>' for family, cell in cells)
    return f'<tr><th scope="row"><bdi>{esc(kind["kind"])}</bdi></th>{figures}</tr>'


def ideas_table(state: CampaignState) -> str:
    """Show the ideas that wait, oldest first, with what is in their way."""
    waiting = open_ideas(state.ideas)
    if not waiting:
        return ""
    return (
        '<div class="wide" tabindex="0" role="group" aria-label="Ideas that wait"><table class="ideas"><thead><tr>'
        '<th scope="col">#</th><th scope="col">Idea</th><th scope="col">Why it waits</th><th scope="col">Blocked by</th>'
        f'<th scope="col">Parked by</th></tr></thead><tbody>{"".join(_idea(idea) for idea in waiting)}</tbody></table></div>'
    )


def _idea(idea: Parked) -> str:
    free = " <small>(the contract lets it pass now)</small>" if idea.unblocked else ""
    by = f"experiment {idea.n}" if idea.n else "a person"
    return (
        f'<tr><th scope="row">{esc(idea.id)}</th><td class="words"><bdi>{esc(clip(idea.text, _SHOWN))}</bdi></td>'
        f'<td class="words"><bdi>{esc(clip(idea.why, _SHOWN))}</bdi></td>'
        f"<td><bdi>{esc(clip(idea.blocked_by, 80))}</bdi>{free}</td><td>{by}</td></tr>"
    )
