"""The snapshot of the state, written now and then while a session works: what makes the next start quick, and nothing else."""

import gc
from contextlib import suppress

from autoexp.campaign.events import BaselineMeasured, CampaignOpened, Done, Record, Reviewed, SegmentOpened
from autoexp.campaign.state import CampaignState
from autoexp.exchange.exports import Exports
from autoexp.stores.journal import FileJournal
from autoexp.stores.snapshots import Found, Snapshot, Snapshots

EVERY = 100
"""Closed experiments between two snapshots: one takes a twentieth of a second, and to fold as many again less than a tenth."""

_CHANGING = BaselineMeasured | Reviewed | SegmentOpened | CampaignOpened
"""Events that change old rows of the exports, or their columns; a checkpoint test and a prune do so, too."""


class Keeper:
    """Writes the snapshot of a campaign. One that cannot be written is written another time."""

    def __init__(self, snapshots: Snapshots, journal: FileJournal, exports: Exports) -> None:
        self._snapshots = snapshots
        self._journal = journal
        self._exports = exports
        self._kept = 0

    def begin(self) -> CampaignState:
        """Give what the journal folds to, whose chain was followed when it was opened. Raises JournalError.

        Files that are in step with the snapshot are taken up, unless an old row of theirs has changed since.
        """
        found = self._snapshots.fold()
        _stay()
        if found.snapshot is not None:
            self._kept = len(found.snapshot.state.experiments)
            self._take_up(found, found.snapshot)
        return found.state

    def _take_up(self, found: Found, snapshot: Snapshot) -> None:
        later = found.state.experiments[self._kept :]
        if any(one.tests or one.directive.takes_out for one in later) or any(
            isinstance(one.event, _CHANGING) for one in self._snapshots.behind(found)
        ):
            return
        with suppress(OSError, TypeError, ValueError, AttributeError):
            self._exports.go_on(snapshot.marks.get("exports", {}), found.state, since=self._kept)

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Keep a state that it would take long to fold again: after a number of experiments, and after a word on an old one."""
        is_due = isinstance(record.event, Done) and len(state.experiments) - self._kept >= EVERY
        if is_due or isinstance(record.event, Reviewed):
            self.keep(state)

    def keep(self, state: CampaignState) -> None:
        """Write the snapshot of the state that the whole journal folds to."""
        self._kept = len(state.experiments)
        _stay()
        with suppress(OSError):
            self._snapshots.save(Snapshot(state, self._journal.position, {"exports": self._exports.marks}))


def _stay() -> None:
    """Look for garbage among new objects only: in a long campaign a look at all closed experiments takes a second each time."""
    gc.collect(1)
    gc.freeze()
