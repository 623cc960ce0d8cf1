"""Reading a journal without its lock: faces do this while an engine writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.events import Record
from autoexp.errors import JournalError
from autoexp.stores.lines import GENESIS, BadLine, CutLine, decode, linked
from autoexp.stores.salvage import sound_in


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two records: number of the next one, byte offset, hash of the one before."""

    number: int = 0
    offset: int = 0
    previous: str = GENESIS


_BEGINNING = Position()


@dataclass(frozen=True, slots=True)
class Torn:
    """What stands behind the last whole record: one that was not written to its end. Where it begins, and what is wrong with it."""

    offset: int
    why: str


def read_from(path: Path, position: Position = _BEGINNING) -> Iterator[tuple[Record, Position] | Torn]:
    """Give each whole record with the position behind it; last, perhaps, a Torn tail.

    Raises JournalError for damage before the last record, and for a last line that is whole but no record of this chain: neither is passed over.
    """
    with path.open("rb") as file:
        file.seek(position.offset)
        line = file.readline()
        while line:
            following = file.readline()
            try:
                record, digest = decode(line, number=position.number, previous=position.previous)
            except BadLine as bad:
                # Behind a line without an end may stand what a writer has written since.
                rest = (line, following, *file) if line.endswith(b"\n") else (line,)
                if isinstance(bad, CutLine) and not _holds_later_record(rest, position.number):
                    yield Torn(position.offset, str(bad))
                    return
                raise damaged(path, position, str(bad)) from None
            position = Position(position.number + 1, position.offset + len(line), digest)
            yield record, position
            line = following


def _holds_later_record(lines: Iterable[bytes], number: int) -> bool:
    """Tell damage from a tail that was never whole: behind damage stand records, also where a lost new line joins them to it."""
    return any(found.number > number for line in lines for found in sound_in(line))


def verify(path: Path, position: Position = _BEGINNING) -> tuple[Position, Torn | None]:
    """Follow the chain of hashes from a position on; only what the last record says is read as well.

    Gives the end of the last whole record, and what is torn behind it. Raises JournalError like `read_from`.
    """
    number, offset, previous = position.number, position.offset, position.previous
    last = number, offset, previous
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            digest = linked(line, previous)
            if digest is None:
                break
            last = number, offset, previous
            number, offset, previous = number + 1, offset + len(line), digest
    before = Position(*last)
    for item in read_from(path, before):
        if isinstance(item, Torn):
            return before, item
        before = item[1]
    return before, None


def lines_from(path: Path, position: Position = _BEGINNING) -> Iterator[tuple[int, bytes]]:
    """Give number and bytes of each whole line; whether they are sound was asked before."""
    with path.open("rb") as file:
        file.seek(position.offset)
        for number, line in enumerate(file, position.number):
            if line.endswith(b"\n"):
                yield number, line


def damaged(path: Path, position: Position, why: str) -> JournalError:
    """Build the error for damage in the midst of a journal."""
    return JournalError(
        f"record {position.number} is damaged ({why})",
        where=str(path),
        fix="nothing was changed; `autoexp repair` makes the journal whole again from what git holds",
    )
