"""What a journal's file folds to, from its beginning or from a place in it."""

from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from autoexp.campaign.events import Record
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState
from autoexp.stores.reading import Position, Torn, read_from


class Folded(NamedTuple):
    """A state, the place behind the last whole record, and what is torn behind that."""

    state: CampaignState
    position: Position
    torn: str | None = None


def fold_journal(
    journal: Path, state: CampaignState | None = None, position: Position | None = None, *, end: int | None = None
) -> Folded:
    """Fold a journal, on from a state and its position if they are given, up to record `end` if that is. Raises JournalError."""
    state, position = state or CampaignState(), position or Position()
    if end is not None and position.number >= end:
        return Folded(state, position)
    for item in read_from(journal, position):
        if isinstance(item, Torn):
            return Folded(state, position, item.why)
        record, position = item
        state = fold(state, record)
        if position.number == end:
            break
    return Folded(state, position)


def records_behind(journal: Path, position: Position, *, end: int) -> tuple[Record, ...]:
    """Give the records from a place up to record `end`. Raises JournalError."""
    if position.number >= end:
        return ()
    records = (item[0] for item in read_from(journal, position) if not isinstance(item, Torn))
    return tuple(takewhile(lambda record: record.number < end, records))
