"""Experiments by the kind of idea behind them: which kinds gained, and what they cost."""

from dataclasses import asdict
from typing import Any

from autoexp.campaign.grouping import LONGEST_KIND, OTHER, kind_of, normal
from autoexp.campaign.state import CampaignState
from autoexp.campaign.totals import Kind

__all__ = ["LONGEST_KIND", "OTHER", "Kind", "as_data", "kind_of", "kinds", "normal"]


def kinds(state: CampaignState) -> tuple[Kind, ...]:
    """Give the kinds that were met, the one that gained most first.

    Only decided experiments are counted, as in the status; what the others cost counts all the same. Tests of keeps are left out.
    """
    found = state.knowledge.totals.kinds.values()
    met = (kind for kind in found if kind.experiments or kind.cost_usd or kind.tokens)
    return tuple(sorted(met, key=lambda kind: (-kind.gain, -kind.kept, -kind.experiments, kind.kind)))


def as_data(state: CampaignState) -> list[dict[str, Any]]:
    """Give the kinds as plain data."""
    return [asdict(kind) for kind in kinds(state)]
