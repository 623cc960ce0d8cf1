"""Hill climbing: improve the best so far."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from autoexp.campaign.views import View
from autoexp.experiment.records import Directive


class GreedyOptions(BaseModel):
    """Greedy has no keys of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Greedy:
    """Ask for one improvement of the incumbent at a time."""

    Options = GreedyOptions

    def __init__(self, options: GreedyOptions | None = None) -> None:
        del options

    def ask(self, view: View, free_slots: int) -> Sequence[Directive]:
        """Give one directive when a slot is free."""
        return [Directive(operator="improve", parents=(view.incumbent.commit,))] if free_slots > 0 else []
