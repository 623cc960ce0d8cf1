"""The journal's part of a repair: what can be had of it, what nobody has, and what is kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.state import CampaignState
from autoexp.errors import JournalError
from autoexp.stores.blobs import Held
from autoexp.stores.reading import verify
from autoexp.stores.salvage import Joined, Line, join, lines_of, sound


@dataclass(frozen=True, slots=True)
class Had:
    """A journal's file as it is: its sound lines, whether it is whole to its end, and else what is wrong with it."""

    lines: tuple[Line, ...]
    whole: bool
    wrong: str = ""


def look(path: Path) -> Had:
    """Read what a file holds of a journal. A last line that was cut short is no damage: the next session cuts it."""
    if not path.is_file() or not path.stat().st_size:
        return Had((), whole=False, wrong="the journal is gone")
    try:
        verify(path)
    except JournalError as error:
        return Had(tuple(lines_of(path)), whole=False, wrong=f"the journal is damaged: {error.what}")
    lines = tuple(lines_of(path))
    return Had(lines, whole=bool(lines), wrong="" if lines else "the journal holds no whole record")


def put_together(had: Had, blobs: Mapping[str, Held]) -> Joined:
    """Join the lines of the file and of all blobs."""
    lines = [line for held in blobs.values() for text in held.lines if (line := sound(text)) is not None]
    return join([*had.lines, *lines], whole=had.lines if had.whole else ())


def experiments_in(joined: Joined, state: CampaignState) -> tuple[int, ...]:
    """Give the numbers of the experiments whose records, or some of them, are among the missing; `state` is the fold of what joins."""
    found: set[int] = set()
    before = state.open.n if state.open else state.last_n + 1
    at = len(joined.lines)
    for line in joined.beyond:
        n = _number_in(line)
        if line.number > at and n is not None:
            found.update(range(before, n + 1))
            at = line.number + 1
        elif line.number == at:
            at += 1
        before = max(before, n or 0)
    return tuple(sorted(found))


def _number_in(line: Line) -> int | None:
    """Give the number of the experiment that a record belongs to; those between experiments belong to none."""
    n = json.loads(line.text.decode("utf-8", "surrogatepass"))["data"].get("n")
    return n if isinstance(n, int) and n > 0 else None


def texts(lines: Sequence[Line]) -> list[bytes]:
    """Give the bytes of lines."""
    return [line.text for line in lines]
