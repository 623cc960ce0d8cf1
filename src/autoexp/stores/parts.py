"""Whole parts of the closed experiments, a file each, named by what it holds: written once, read when somebody looks at them."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from autoexp.campaign.closed import PART, Closed
from autoexp.campaign.experiments import Experiment
from autoexp.stores import values
from autoexp.stores.folding import fold_journal
from autoexp.stores.reading import Position


@dataclass(frozen=True, slots=True)
class Origin:
    """The journal up to a place: what a part is made of anew when its file is gone or spoilt."""

    journal: Path
    end: Position
    found: list[Closed] = field(default_factory=list)

    def part(self, at: int) -> tuple[Experiment, ...]:
        """Fold the journal, once. Raises JournalError."""
        if not self.found:
            self.found.append(fold_journal(self.journal, end=self.end.number).state.experiments)
        return tuple(self.found[0].parts[at])


@dataclass(frozen=True, slots=True, eq=False)
class Part(Sequence[Experiment]):
    """The experiments in a file."""

    path: Path
    at: int
    origin: Origin
    found: list[tuple[Experiment, ...]] = field(default_factory=list)

    @overload
    def __getitem__(self, at: int) -> Experiment: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Experiment, ...]: ...
    def __getitem__(self, at: int | slice) -> Experiment | tuple[Experiment, ...]:
        return self._experiments()[at]

    def __len__(self) -> int:
        return PART

    def __iter__(self) -> Iterator[Experiment]:
        return iter(self._experiments())

    def __reversed__(self) -> Iterator[Experiment]:
        return reversed(self._experiments())

    def _experiments(self) -> tuple[Experiment, ...]:
        if not self.found:
            self.found.append(_read(self.path) or self.origin.part(self.at))
        return self.found[0]


def write_part(folder: Path, part: Sequence[Experiment]) -> Path:
    """Give the file of a part, written if it is not there. Raises OSError."""
    if isinstance(part, Part) and part.path.parent == folder and part.path.is_file():
        return part.path
    data = values.dump(tuple(part))
    path = folder / hashlib.sha256(data).hexdigest()
    if not path.is_file():
        write_whole(path, data)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Nothing is synced: what a power loss spoils is made anew. Raises OSError."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _read(path: Path) -> tuple[Experiment, ...] | None:
    try:
        data = path.read_bytes()
        found = values.load(data) if hashlib.sha256(data).hexdigest() == path.name else None
    except (OSError, ValueError):
        return None
    is_part = isinstance(found, tuple) and len(found) == PART and all(isinstance(one, Experiment) for one in found)
    return found if is_part else None
