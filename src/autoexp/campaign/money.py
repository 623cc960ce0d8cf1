"""What was used of the budget and what the next experiment will probably use: dollars, tokens and requests. Unknown stays unknown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autoexp.campaign.amounts import KINDS, Kind, cost_of_runs, used_by
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.experiment.records import Reserve
from autoexp.spec.budget import BudgetSection

RECENT = 10
"""Settled experiments whose largest use is set aside for the next one."""
_EXACT = 1 + 1e-9
"""Sums of dollars are not exact: a budget of 0.30 takes three times 0.10."""


def spent(state: CampaignState, kind: Kind) -> float | None:
    """Give what the campaign has used up as far as anybody said; None where nobody said anything."""
    return {"cost_usd": state.cost_usd, "tokens": state.tokens, "requests": state.counts.requests}[kind]


def unknown(state: CampaignState, kind: Kind) -> int:
    """Count the closed experiments of which nobody told what they used."""
    return state.knowledge.unknown[kind]


def settled(state: CampaignState, last: int) -> tuple[Experiment, ...]:
    """Give the last experiments, newest first, whose proposer has said something; not more than are remembered."""
    return state.knowledge.settled[::-1][:last]


def usual(state: CampaignState) -> Reserve:
    """Give what an experiment uses at most, judging by the last ones; None where none of them told of anything used.

    That the last ones used nothing does not say that the next one does so, too.
    """
    recent = list(settled(state, RECENT))
    if state.open is not None and state.open.proposals:  # its proposer is about to be asked once more
        recent.append(state.open)
    cost, tokens, requests = (_most(used_by(one, kind) for one in recent) for kind in KINDS)
    return Reserve(cost_usd=cost or None, tokens=_whole(tokens), requests=_whole(requests))


def usual_runs(state: CampaignState) -> float | None:
    """Give what the runs of the harness cost in one experiment, at most; before the first, what those of the baseline did."""
    seen = list(state.knowledge.runs)
    if not seen and state.segment is not None:
        seen = [cost_of_runs(state.segment.samples)]
    return _most(seen)


def _most(amounts: Iterable[float | None]) -> float | None:
    return max((amount for amount in amounts if amount is not None), default=None)


def _whole(amount: float | None) -> int | None:
    return int(amount) if amount else None


@dataclass(frozen=True, slots=True)
class Shortage:
    """A cap that is reached, or would be passed, with both figures in words."""

    kind: Kind
    detail: str


def shortages(
    state: CampaignState, budget: BudgetSection, need: Reserve | None = None, *, doing: str = "an experiment takes"
) -> Iterator[Shortage]:
    """Give the caps that are used up or, with a `need`, that what is begun next would probably pass.

    Hypotheses that are paid for may still be tried when a cap is reached exactly: what they need is known to be nothing.
    """
    for kind in KINDS:
        cap = getattr(budget, kind)
        if cap is None:
            continue
        used, held = spent(state, kind) or 0, getattr(state.unsettled, kind) or 0
        more = None if need is None else getattr(need, kind)
        if used > cap * _EXACT:
            detail = f"{_part(state, kind, cap)}, {amount(kind, used - cap)} more than the budget"
        elif used + held + (more or 0) > cap * _EXACT and more:
            detail = f"{_part(state, kind, cap)}{_held(state, kind)}, and {doing} about {amount(kind, more)}"
        elif used + held >= cap and not (state.offers if need is None else more == 0):
            detail = f"{_part(state, kind, cap)}{_held(state, kind)}"
        else:
            continue
        yield Shortage(kind, detail + _unknown(state, kind))


def _part(state: CampaignState, kind: Kind, cap: float) -> str:
    done = {"cost_usd": "are spent", "tokens": "tokens are used", "requests": "requests are made"}[kind]
    used = spent(state, kind)
    return f"{'none' if used is None else amount(kind, used)} of {amount(kind, cap)} {done}"


def _held(state: CampaignState, kind: Kind) -> str:
    held = getattr(state.unsettled, kind)
    return f", {amount(kind, held)} are set aside for {_experiments(state.cut_off)} cut off" if held else ""


def _unknown(state: CampaignState, kind: Kind) -> str:
    count = unknown(state, kind)
    named = {"cost_usd": "cost", "tokens": "tokens", "requests": "requests"}[kind]
    return f"; {_experiments(count)} of unknown {named} not counted" if count else ""


def _experiments(count: int) -> str:
    return f"{count} experiment{'' if count == 1 else 's'}"


def amount(kind: Kind, value: float) -> str:
    """Show an amount as people read it: $0.45, 1.2M, 30k."""
    return dollars(value) if kind == "cost_usd" else thousands(value)


def dollars(value: float) -> str:
    """Show an amount of money; what is less than a cent with two digits."""
    if value == 0 or value >= 0.0995:  # noqa: PLR2004
        return f"${value:,.2f}"
    return f"${value:.2g}" if value >= 1e-4 else "under $0.0001"  # noqa: PLR2004


def thousands(value: float) -> str:
    """Show a count; from ten thousand on in thousands, from a million on in millions."""
    if value >= 999_500:  # noqa: PLR2004
        return f"{value / 1e6:.3g}M" if value < 999.5e6 else f"{value / 1e6:,.0f}M"  # noqa: PLR2004
    if value >= 10_000:  # noqa: PLR2004
        return f"{value / 1e3:.3g}k"
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"
