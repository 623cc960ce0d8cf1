"""The snapshot of the state, written now and then while a session works: what makes the next start quick, and nothing else."""

from contextlib import suppress

from autoexp.campaign.events import Done, Record, Reviewed
from autoexp.campaign.state import CampaignState
from autoexp.exchange.exports import Exports
from autoexp.stores.journal import FileJournal
from autoexp.stores.snapshots import Found, Snapshot, Snapshots

EVERY = 100
"""Closed experiments between two snapshots: one takes a twentieth of a second, and to fold as many again less than a tenth."""


class Keeper:
    """Writes the snapshot of a campaign. One that cannot be written is written another time."""

    def __init__(self, snapshots: Snapshots, journal: FileJournal, exports: Exports) -> None:
        self._snapshots = snapshots
        self._journal = journal
        self._exports = exports
        self._kept = 0

    def begin(self) -> Found:
        """Give what the journal folds to, whose chain was followed when it was opened. Raises JournalError."""
        found = self._snapshots.fold()
        self._kept = len(found.snapshot.state.experiments) if found.snapshot else 0
        return found

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Keep a state that it would take long to fold again: after a number of experiments, and after a word on an old one."""
        is_due = isinstance(record.event, Done) and len(state.experiments) - self._kept >= EVERY
        if is_due or isinstance(record.event, Reviewed):
            self.keep(state)

    def keep(self, state: CampaignState) -> None:
        """Write the snapshot of the state that the whole journal folds to."""
        self._kept = len(state.experiments)
        with suppress(OSError):
            self._snapshots.save(Snapshot(state, self._journal.position, {}))
