"""What a journal's records ask git to hold: commits, verdicts, segments. Nothing is looked up or changed here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.events import BaselineMeasured, Captured, Decided, Record, SegmentOpened, SessionClosed
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.engine.mirror import experiment_head, segment_head
from autoexp.errors import JournalError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate
from autoexp.stores.lines import BadLine, decode
from autoexp.stores.salvage import Line


@dataclass(frozen=True, slots=True)
class Anchor:
    """A blob that holds a part of the journal: its ref, the record that it is made for, and the head that people read.

    One that is `due` will be made by the next session anyhow.
    """

    name: str
    number: int
    end: int
    head: dict[str, Any]
    due: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A commit that an experiment made."""

    n: int
    candidate: Candidate


@dataclass(slots=True)
class Wanted:
    """What the records add up to. `resting` is the number of records up to the last moment at which no experiment was open."""

    state: CampaignState = field(default_factory=CampaignState)
    anchors: dict[str, Anchor] = field(default_factory=dict)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    resting: int = 0
    last: Record | None = None

    @property
    def ended(self) -> bool:
        """Tell whether the last session came to its end, so that git holds everything."""
        return self.last is not None and isinstance(self.last.event, SessionClosed)

    @property
    def bests(self) -> tuple[str, ...]:
        """Give the commits at which the ref of the best may stand; the first is where it belongs."""
        opened = self.state.open
        moving = (opened.candidate.commit, opened.parent) if opened and opened.outcome and opened.candidate else ()
        return (self.state.incumbent.commit, *moving)


def wanted(lines: Sequence[Line]) -> Wanted:
    """Fold the records of a journal, and note what each asks for. Raises JournalError for one that this version cannot read."""
    found = Wanted()
    for line in lines:
        try:
            record, _ = decode(line.text, number=line.number, previous=line.previous)
        except BadLine as bad:
            raise JournalError(
                f"record {line.number} is whole, but cannot be read: {bad}",
                fix="repair it with the version that wrote it",
            ) from None
        before, found.state = found.state.open, fold(found.state, record)
        found.last = record
        _note(found, record, before)
        if found.state.open is None:
            found.resting = record.number + 1
    _mark_due(found)
    return found


def _note(found: Wanted, record: Record, before: Experiment | None) -> None:
    state, number = found.state, record.number
    match record.event:
        case SegmentOpened() | BaselineMeasured(outcome=Outcome.MEASURED) if state.segment is not None:
            name = f"segment/{state.segment.k}"
            known = found.anchors.pop(name, None)
            own = number if known is None or isinstance(record.event, SegmentOpened) else known.number
            found.anchors[name] = Anchor(name, own, number + 1, segment_head(state.segment))
        case Decided(n=n) if state.open is not None and state.open.n == n:
            found.anchors[f"record/{n}"] = Anchor(f"record/{n}", number, number + 1, experiment_head(state.open))
        case Captured(n=n, candidate=candidate) if state.open is not None and state.open.n == n:
            name = f"attempt/{n}"
            if before is not None and name in found.attempts and before.candidate not in (None, candidate):
                found.attempts[f"{name}-try-{_made_by(before)}"] = found.attempts[name]
            found.attempts[name] = Attempt(n, candidate)


def _made_by(opened: Experiment) -> int:
    """Give the number of the try that made the candidate which is replaced now, as the engine counts them."""
    return next((i for i, one in enumerate(opened.tries, 1) if one.candidate == opened.candidate), opened.repairs)


def _mark_due(found: Wanted) -> None:
    """A verdict that is not settled and a segment without baseline have no blob yet, or an early one."""
    state = found.state
    names = [f"record/{state.open.n}"] if state.open else []
    if state.segment is not None and not state.experiments:
        names.append(f"segment/{state.segment.k}")
    elif found.anchors and (last := next(reversed(found.anchors))).startswith("segment/"):
        names.append(last)
    for name in names:
        if (anchor := found.anchors.get(name)) is not None:
            found.anchors[name] = Anchor(anchor.name, anchor.number, anchor.end, anchor.head, due=True)
