"""Parked ideas in a row, with what the fold asks for at hand however many there are: which wait, and which has a certain text."""

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, overload
from zlib import crc32

LONGEST_IDEA, LONGEST_ID = 500, 16
PERSON = 0
"""In the place of an experiment's number: a person parked the idea."""
_PARTS = 64
"""Texts are kept in so many parts: adding one copies only the part that it comes into."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An idea of the backlog. `n` is the experiment that parked it, `segment` the contract in which it was parked, or blocked last.

    `blocked_by` names a guard, `checks`, `scope`, or says it in words; `unblocked` tells that the contract no longer holds it back.
    `tried_by` is the number of the last experiment that tried it, also where something blocked that, and the idea is open again.
    """

    id: str
    text: str
    why: str = ""
    blocked_by: str = ""
    n: int = PERSON
    state: Literal["open", "tried", "dropped"] = "open"
    tried_by: int | None = None
    segment: int = 0
    unblocked: bool = False


@dataclass(frozen=True, slots=True)
class Backlog(Sequence[Parked]):
    """All ideas, the oldest first. Their ids count them, and no two have the same text."""

    ideas: tuple[Parked, ...] = ()
    waiting: tuple[int, ...] = ()
    texts: tuple[dict[str, int], ...] = ({},) * _PARTS

    @overload
    def __getitem__(self, at: int) -> Parked: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Parked, ...]: ...
    def __getitem__(self, at: int | slice) -> Parked | tuple[Parked, ...]:
        return self.ideas[at]

    def __len__(self) -> int:
        return len(self.ideas)

    def __iter__(self) -> Iterator[Parked]:
        return iter(self.ideas)

    @property
    def open(self) -> tuple[Parked, ...]:
        """Give those that wait, oldest first."""
        return tuple(self.ideas[at] for at in self.waiting)

    def by_id(self, name: str) -> Parked | None:
        """Give the idea with this id, in capitals or not."""
        said = same(name)
        at = int(said[1:]) - 1 if said[:1] == "i" and said[1:].isdecimal() and len(said) < LONGEST_ID else -1
        return self.ideas[at] if 0 <= at < len(self.ideas) and self.ideas[at].id == said else None

    def by_text(self, text: str) -> Parked | None:
        """Give the idea with this text, whatever its case, spaces and full stops."""
        said = same(text)
        at = self.texts[_part_of(said)].get(said)
        return None if at is None else self.ideas[at]

    def with_one(self, idea: Parked) -> "Backlog":
        """Add an open idea whose text is new."""
        at, said = len(self.ideas), same(idea.text)
        part = _part_of(said)
        texts = (*self.texts[:part], {**self.texts[part], said: at}, *self.texts[part + 1 :])
        return Backlog((*self.ideas, idea), (*self.waiting, at), texts)

    def changed(self, idea: Parked) -> "Backlog":
        """Put an idea in the place of the one with its id, which has its text."""
        at = int(idea.id[1:]) - 1
        waiting = [one for one in self.waiting if one != at]
        if idea.state == "open":
            insort(waiting, at)
        return Backlog((*self.ideas[:at], idea, *self.ideas[at + 1 :]), tuple(waiting), self.texts)


def _part_of(said: str) -> int:
    """Give the part that a text is in: the same in every process, so that a backlog may be stored."""
    return crc32(said.encode("utf-8", "surrogatepass")) % _PARTS


@lru_cache(maxsize=4096)
def same(text: str) -> str:
    """Give what two tellings of one idea have in common."""
    return short(text).casefold().rstrip(" .!;")


def short(text: str) -> str:
    """Give a text as one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_IDEA else line[: LONGEST_IDEA - 1] + "…"
