"""What a campaign's keeps and its gain have cost so far, and what going on will cost: what an experiment takes, and which cap comes first."""

import math
from collections.abc import Iterable
from statistics import fmean, median
from typing import Any

from autoexp.campaign.amounts import KINDS, Kind, untold, used_by
from autoexp.campaign.knowledge import SETTLED
from autoexp.campaign.money import settled, spent, unknown
from autoexp.campaign.state import CampaignState

LEAST = 3
"""Settled experiments before anything is foretold."""
WINDOW = SETTLED
"""Settled experiments that a forecast looks at."""

_CAPS: tuple[tuple[str, str], ...] = (
    ("experiments", "experiments"),
    ("cost", "cost_usd"),
    ("tokens", "tokens"),
    ("requests", "requests"),
    ("wall_clock", "wall_clock_s"),
)
"""Stop reasons, each with the key of the budget that it belongs to."""


def spending(state: CampaignState) -> dict[str, Any]:
    """Give what was used and what it bought. None is unknown; where `unknown` is not 0 the other figures are the least it can be.

    `per_confirmed` counts keeps that are neither provisional nor taken out, and `per_percent` the gain so far in percent of the baseline.
    """
    return {
        "unknown": {kind: unknown(state, kind) for kind in KINDS},
        "tokens": state.used.model_dump(),
        "set_aside": {**state.unsettled.model_dump(), "experiments": state.cut_off},
        "priced_by": dict(sorted(state.knowledge.priced_by.items())),
        "per_kept": _per(state, state.counts.kept),
        "per_confirmed": _per(state, state.knowledge.standing),
        "per_percent": _per(state, 100 * state.gain),
    }


def _per(state: CampaignState, bought: float) -> dict[Kind, float | None]:
    used = {kind: spent(state, kind) for kind in KINDS}
    each = {kind: None if amount is None or bought <= 0 else amount / bought for kind, amount in used.items()}
    return {kind: amount if amount is not None and math.isfinite(amount) else None for kind, amount in each.items()}


def forecast(state: CampaignState) -> dict[str, Any] | None:
    """Give what an experiment takes, judging by the last settled ones, and what the rest of the budget will; None before the first three.

    `ends_by` is the stop reason of the cap that comes first, after about `experiments_left` more; both are None without any cap.
    """
    recent = settled(state, WINDOW)
    if len(recent) < LEAST:
        return None
    told: dict[str, list[float]] = {
        kind: [used_by(one, kind) or 0.0 for one in recent if not untold(one, kind)] for kind in KINDS
    }
    told["wall_s"] = [one.wall_time_s for one in recent]
    each = {name: _spread(amounts) for name, amounts in told.items()}
    left = _left(state, {name: spread["mean"] if spread else None for name, spread in each.items()})
    first = min(left, key=lambda reason: left[reason], default=None)
    count = None if first is None else math.floor(left[first])
    return {
        "of": len(recent),
        "per_experiment": each,
        "ends_by": first,
        "experiments_left": count,
        "rest": {
            name: None if count is None or not spread else count * spread["mean"] for name, spread in each.items()
        },
    }


def _spread(amounts: Iterable[float]) -> dict[str, float] | None:
    known = list(amounts)
    if len(known) < LEAST:
        return None
    return {"median": median(known), "low": min(known), "high": max(known), "mean": fmean(known)}


def _left(state: CampaignState, means: dict[str, float | None]) -> dict[str, float]:
    """Give how many experiments more each cap allows, as far as that can be told."""
    budget = state.budget or (state.segment.spec.get("budget") or {} if state.segment else {})
    used = {
        "experiments": (state.counts.decided, 1.0),
        "cost": (_gone(state, "cost_usd"), means["cost_usd"]),
        "tokens": (_gone(state, "tokens"), means["tokens"]),
        "requests": (_gone(state, "requests"), means["requests"]),
        "wall_clock": (state.active_s, means["wall_s"]),
    }
    left = {}
    for reason, key in _CAPS:
        (gone, mean), cap = used[reason], budget.get(key)
        if cap is not None and mean:
            left[reason] = max(0.0, cap - gone) / mean + 1e-9
    return left


def _gone(state: CampaignState, kind: Kind) -> float:
    return (spent(state, kind) or 0) + (getattr(state.unsettled, kind) or 0)
