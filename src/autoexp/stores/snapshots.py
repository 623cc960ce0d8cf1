"""What a journal folds to, kept beside it up to some record, so that only what came later is folded. It may be deleted at any time.

The journal is the truth: a snapshot that does not fit it, is not whole, or was made by other code is as good as none.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydantic

import autoexp
from autoexp.campaign.closed import Closed
from autoexp.campaign.events import Record
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.stores import values
from autoexp.stores.folding import Folded, fold_journal, records_behind
from autoexp.stores.parts import Origin, Part, write_part, write_whole
from autoexp.stores.reading import Position, verify

HEAD = "head"
FORMAT = 1
SMALL = 16 << 20
"""Bytes of a journal that is followed from its beginning whenever somebody looks at it: that takes a tenth of a second."""

_CODE = ("spec", "experiment", "decision", "campaign", "stores", "exchange")
_HASH = 64
_END = b'"}\n'


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state, the place in the journal up to which it is folded, and marks left by whoever keeps files in step with it."""

    state: CampaignState
    position: Position
    marks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a journal folds to now. `snapshot` is where the fold went on from, None when it began at the beginning."""

    state: CampaignState
    position: Position
    torn: str | None
    snapshot: Snapshot | None

    @property
    def folded(self) -> int:
        """Count the records that were folded."""
        return self.position.number - (self.snapshot.position.number if self.snapshot else 0)


class Snapshots:
    """The snapshot of one campaign: a head with the state, and files with whole parts of the closed experiments."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self._folder = folder
        self._journal = journal
        self._written: dict[int, tuple[Sequence[Experiment], Path]] = {}

    def look(self) -> Found:
        """Give what `fold` does. Of a small journal the whole chain of hashes is followed, of a large one that behind the snapshot."""
        if self._journal.stat().st_size <= SMALL:
            verify(self._journal)
        return self.fold()

    def fold(self) -> Found:
        """Fold the journal, on from the snapshot if there is a good one. Raises JournalError."""
        snapshot = self.load()
        if snapshot is not None:
            try:
                return _found(fold_journal(self._journal, snapshot.state, snapshot.position), snapshot)
            except Exception:  # noqa: BLE001, S110  whatever it is, the journal alone has the last word
                pass
        return _found(fold_journal(self._journal), None)

    def behind(self, found: Found) -> tuple[Record, ...]:
        """Give the records behind the snapshot, up to what was found. Raises JournalError."""
        since = found.snapshot.position if found.snapshot else Position()
        return records_behind(self._journal, since, end=found.position.number)

    def load(self) -> Snapshot | None:
        """Give the snapshot, None when there is none that is whole and fits this journal and this code."""
        try:
            digest, _, rest = (self._folder / HEAD).read_bytes().partition(b"\n")
            line, _, body = rest.partition(b"\n")
            if hashlib.sha256(rest).hexdigest().encode() != digest:
                return None
            head = json.loads(line)
            position = Position(int(head["number"]), int(head["offset"]), str(head["previous"]))
            if head["format"] != FORMAT or head["made_by"] != made_by() or not fits(self._journal, position):
                return None
            state, origin = values.load(body), Origin(self._journal, position)
            parts = tuple(Part(self._folder / name, at, origin) for at, (name, _) in enumerate(head["parts"]))
            if not isinstance(state, CampaignState) or not all(part.path.is_file() for part in parts):
                return None
            closed = Closed(parts, tuple(int(first) for _, first in head["parts"]), state.experiments.rest)
            if len(closed) != state.knowledge.count:
                return None
            return Snapshot(replace(state, experiments=closed), position, dict(head["marks"]))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None

    def save(self, snapshot: Snapshot) -> None:
        """Write a snapshot; parts that were written before are not written again. Raises OSError; then the one before stays."""
        code = made_by()
        if code is None:
            return
        self._folder.mkdir(exist_ok=True)
        closed, position = snapshot.state.experiments, snapshot.position
        files = [self._file_of(part) for part in closed.parts]
        head = {
            "format": FORMAT,
            "made_by": code,
            "number": position.number,
            "offset": position.offset,
            "previous": position.previous,
            "parts": [(path.name, first) for path, first in zip(files, closed.firsts, strict=True)],
            "marks": dict(snapshot.marks),
        }
        body = values.dump(replace(snapshot.state, experiments=Closed(rest=closed.rest)))
        rest = json.dumps(head).encode() + b"\n" + body
        write_whole(self._folder / HEAD, hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
        for path in set(self._folder.iterdir()) - {self._folder / HEAD, *files}:
            path.unlink(missing_ok=True)

    def _file_of(self, part: Sequence[Experiment]) -> Path:
        _, path = self._written.get(id(part), (part, None))
        if path is None or not path.is_file():
            path = write_part(self._folder, part)
            self._written[id(part)] = (part, path)
        return path


def _found(folded: Folded, snapshot: Snapshot | None) -> Found:
    return Found(folded.state, folded.position, folded.torn, snapshot)


def fits(journal: Path, position: Position) -> bool:
    """Tell whether a record of the journal ends at this place, with this hash. Raises OSError."""
    wanted = position.previous.encode() + _END
    if len(wanted) != _HASH + len(_END) or position.offset < len(wanted):
        return False
    with journal.open("rb") as file:
        file.seek(position.offset - len(wanted))
        return file.read(len(wanted)) == wanted


@lru_cache(maxsize=1)
def made_by() -> str | None:
    """Name the code that folds, and the Python that runs it; None where the code cannot be read."""
    digest = hashlib.sha256(f"{sys.version} {pydantic.VERSION} {autoexp.__version__}".encode())
    home = Path(autoexp.__file__).parent
    found = sorted(path for room in _CODE for path in (home / room).rglob("*.py"))
    try:
        for path in found:
            digest.update(path.read_bytes())
    except OSError:
        return None
    return digest.hexdigest() if found else None
