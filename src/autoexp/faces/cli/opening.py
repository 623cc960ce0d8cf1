"""A line as a session opens, after that on its sandbox: which campaign it is, and whether it begins or goes on."""

from typing import TYPE_CHECKING

from autoexp.campaign.events import Record, SessionOpened
from autoexp.faces.cli.printing import say

if TYPE_CHECKING:
    from autoexp.api import Observer
    from autoexp.campaign.state import CampaignState


def opening_line(state: "CampaignState", tag: str) -> str:
    """Say whether a campaign begins or goes on, and with how many experiments."""
    if state.segment is None:
        return f"begins campaign {tag}"
    count = state.counts.decided
    had = f"{count} experiment{'' if count == 1 else 's'}, {state.counts.kept} kept"
    return f"goes on with campaign {tag} ({had})"


class Opening:
    """An observer that says it as the session opens; all else is for the observer behind it."""

    def __init__(self, observer: "Observer") -> None:
        self._observer = observer

    def recorded(self, record: Record, state: "CampaignState") -> None:
        """Hear of a record."""
        self._observer.recorded(record, state)
        if isinstance(record.event, SessionOpened):
            say(opening_line(state, state.tag))

    def working(self, text: str) -> None:
        """Hear what is being done now."""
        self._observer.working(text)
