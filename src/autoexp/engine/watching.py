"""Whoever watches a session: told of every record and step, and never able to harm the work."""

from typing import Protocol

from autoexp.campaign.events import BaselineMeasured, CampaignOpened, Done, Event, Record, Reviewed, SegmentOpened
from autoexp.campaign.state import CampaignState
from autoexp.engine.disk import says_full
from autoexp.engine.keeping import Keeper
from autoexp.errors import AutoexpError, DiskFull
from autoexp.exchange.exports import Exports


class Observer(Protocol):
    """Whoever watches a session: told of every record, with the state after it, and of the current step."""

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Hear of a durable record."""
        ...

    def working(self, text: str) -> None:
        """Hear what is being done now."""
        ...


class Silent:
    """Nobody watches."""

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Do nothing."""

    def working(self, text: str) -> None:
        """Do nothing."""


class Watched:
    """Keeps the export files and the snapshot in step, then tells the observer.

    A file that cannot be written now is written whole with the next row, or at the end; an observer whose terminal or pipe is closed is told no
    more. Neither touches the experiment.
    """

    def __init__(self, exports: Exports, observer: Observer, keeper: Keeper) -> None:
        self._exports = exports
        self._observer = observer
        self._behind = False
        self._keeper = keeper

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Append the row of an experiment that was just closed.

        A new baseline is a row before others; a checkpoint test changes the rows of what it tested, a review that of its experiment.
        """
        closed, since = isinstance(record.event, Done), _first_changed(record.event, state)
        if isinstance(record.event, SegmentOpened | CampaignOpened):
            self._exports.forget()  # columns may be others now
        try:
            if since is not None or (closed and self._behind):
                self._exports.rewrite(state, since=0 if self._behind else since or 0)
                self._behind = False
            elif closed:
                self._exports.append_last(state)
        except OSError:  # perhaps half a line was written
            self._behind = True
        self._keeper.recorded(record, state)
        try:
            self._observer.recorded(record, state)
        except OSError:
            self._observer = Silent()

    def working(self, text: str) -> None:
        """Pass it on."""
        try:
            self._observer.working(text)
        except OSError:
            self._observer = Silent()


def _first_changed(event: Event, state: CampaignState) -> int | None:
    """Give how many experiments stand before the first row that an event has changed, None when it has changed no old one."""
    match event:
        case BaselineMeasured():
            return 0
        case Reviewed(n=n):
            return state.experiments.place_of(n)
        case Done() if state.experiments and (tests := state.experiments[-1].tests):
            return state.experiments.place_of(tests[0])
        case Done() if state.experiments and state.experiments[-1].directive.takes_out:
            return state.experiments.place_of(min(state.experiments[-1].directive.members))
        case _:
            return None


def write_exports(exports: Exports, state: CampaignState) -> None:
    """Write the export files whole that are not in step. Raises AutoexpError when their folder does not let itself be written, DiskFull for want of room."""
    try:
        if exports.names:
            exports.prepare()
        exports.keep(state)
    except OSError as error:
        if says_full(error):
            raise DiskFull(
                f"the export files cannot be written: {exports.folder}: {error.strerror}",
                fix="make room there, then `autoexp export` or the next `autoexp run` writes them from the record, which is whole",
            ) from error
        raise AutoexpError(
            f"the export files cannot be written: {error.strerror}",
            where=str(exports.folder),
            fix="make that folder writable, then `autoexp export` writes them from the record, which is whole",
        ) from error
