"""Filling a room of a fixed size with sections: what matters most comes first, every section keeps a share, and little stays empty."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Key = int | str | None

FULL = 400
"""Letters of each free text of an entry that is told in full."""

SHORT = 70
"""Letters of each free text of an entry at first; what is left of the room then makes entries longer."""

ENDLESS = 1 << 40

LEAST = 16
"""Letters below which an entry is not worth its place."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """Something to tell, as a function of how many letters each of its texts may have; `key` names what it is about."""

    tell: Callable[[int], T]
    key: Key = None


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """Entries, the most important first. `share` is the part of the room that is theirs; `frame` the size of heading and count.

    In an `only_new` section entries are left out whose key was told in a section before it. `more` counts what has no entry,
    and `aside` are the keys of those of it that other sections may tell.
    """

    name: str
    share: float
    entries: Sequence[Entry[T]]
    frame: int = 0
    only_new: bool = False
    more: int = 0
    aside: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What fits of a section, each with its key, and how many entries are told nowhere."""

    items: tuple[tuple[Key, T], ...]
    dropped: int

    @property
    def texts(self) -> tuple[T, ...]:
        """Give what fits, without the keys."""
        return tuple(item for _, item in self.items)


def fill(sections: Sequence[Section[T]], room: int, size: Callable[[T], int]) -> dict[str, Told[T]]:
    """Tell as much as fits into `room`, by name of the section.

    First every section gets its share, with short entries; then the last one takes what is left, then each of the others; and then entries
    are made longer, from the first section on, until the room is full.
    """
    return _fill(sections, room, size)[0]


def keys_told(told: Iterable[Told[Any]]) -> set[Key]:
    """Give what was told about anywhere."""
    return {key for one in told for key, _ in one.items}


def needed(sections: Sequence[Section[T]], size: Callable[[T], int]) -> int:
    """Give the room in which everything is told in full."""
    return ENDLESS - _fill(sections, ENDLESS, size)[1]


def _fill(sections: Sequence[Section[T]], room: int, size: Callable[[T], int]) -> tuple[dict[str, Told[T]], int]:
    filling = _Filling(room, size)
    shown = [_Shown(section) for section in sections]
    for one in shown:
        filling.add(one, int(one.section.share * room), at_least_one=one.section.share > 0)
    for one in (*shown[-1:], *shown[:-1]):
        filling.add(one, filling.left)
    for one in shown:
        filling.lengthen(one)
    for one in reversed(shown):
        filling.squeeze(one)
    return {one.section.name: one.told(filling.keys) for one in shown}, filling.left


@dataclass(slots=True)
class _Shown(Generic[T]):
    """A section as far as it is told; entries from `at` on were not looked at yet."""

    section: Section[T]
    at: int = 0
    entries: list[Entry[T]] = field(default_factory=list)
    items: list[T] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    @property
    def frame(self) -> int:
        return 0 if self.items else self.section.frame

    def told(self, keys: set[Key]) -> Told[T]:
        rest = [one for one in self.section.entries[self.at :] if one.key is None or one.key not in keys]
        items = tuple((entry.key, item) for entry, item in zip(self.entries, self.items, strict=True))
        return Told(items, len(rest) + self.section.more - len(self.section.aside & keys))


@dataclass(slots=True)
class _Filling(Generic[T]):
    left: int
    size: Callable[[T], int]
    keys: set[Key] = field(default_factory=set)

    def add(self, one: _Shown[T], allowed: int, *, at_least_one: bool = False) -> None:
        """Add short entries while they fit into what is allowed; the first one may take more, when there is room at all."""
        while (entry := self._next(one)) is not None:
            item = entry.tell(SHORT)
            cost = self.size(item) + one.frame
            if cost > self.left or (cost > allowed and (one.items or not at_least_one)):
                return
            self._take(one, entry, item, SHORT)
            allowed -= cost

    def lengthen(self, one: _Shown[T]) -> None:
        """Tell entries in full, one after another; the last one as far as there is room."""
        for i, entry in enumerate(one.entries):
            if self.left < LEAST:
                return
            limit = self._longest(entry, one.sizes[i] + self.left, one.limits[i], FULL)
            if limit > one.limits[i]:
                one.items[i], one.limits[i] = entry.tell(limit), limit
                self.left += one.sizes[i]
                one.sizes[i] = self.size(one.items[i])
                self.left -= one.sizes[i]

    def squeeze(self, one: _Shown[T]) -> None:
        """Add one more entry, shorter than short, if that fits."""
        entry = self._next(one)
        if entry is None or self.left < one.frame + LEAST:
            return
        limit = self._longest(entry, self.left - one.frame, LEAST - 1, SHORT)
        if limit >= LEAST:
            self._take(one, entry, entry.tell(limit), limit)

    def _next(self, one: _Shown[T]) -> Entry[T] | None:
        entries = one.section.entries
        while one.at < len(entries) and one.section.only_new and entries[one.at].key in self.keys:
            one.at += 1
        return entries[one.at] if one.at < len(entries) else None

    def _take(self, one: _Shown[T], entry: Entry[T], item: T, limit: int) -> None:
        size = self.size(item)
        self.left -= size + one.frame
        one.at += 1
        one.entries.append(entry)
        one.items.append(item)
        one.sizes.append(size)
        one.limits.append(limit)
        if entry.key is not None:
            self.keys.add(entry.key)

    def _longest(self, entry: Entry[T], room: int, low: int, high: int) -> int:
        """Give the most letters at which an entry fits; `low`, which is taken to fit, when no more does."""
        if self.size(entry.tell(high)) <= room:
            return high
        while high - low > 1:
            middle = (low + high) // 2
            if self.size(entry.tell(middle)) <= room:
                low = middle
            else:
                high = middle
        return low
