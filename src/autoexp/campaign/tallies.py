"""What came of each proposer's changes: the facts that choosing among proposers goes by."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoexp.campaign.state import CampaignState
from autoexp.campaign.tallying import LONGEST_REST, NOTHING_LEFT, UNAVAILABLE, Tally

__all__ = ["LONGEST_REST", "NOTHING_LEFT", "UNAVAILABLE", "Tally", "as_data", "tallies"]


def tallies(state: CampaignState) -> Mapping[str, Tally]:
    """Give the record of each proposer by its name, in the order of their first experiments; nameless ones share the name ""."""
    return state.knowledge.tallies.by_name


def as_data(state: CampaignState) -> list[dict[str, Any]]:
    """Give the records as plain data, for `status --json`."""
    return [{"name": name, **asdict(tally)} for name, tally in tallies(state).items()]
