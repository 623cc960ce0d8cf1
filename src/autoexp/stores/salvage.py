"""Making a journal whole again: every line that can be had, joined by the hash chain. No line is believed that its hash does not prove."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.stores.lines import GENESIS

_NUMBER = re.compile(rb'\{"v":\d+,"i":(\d+),')
_ENDING = re.compile(rb',"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}')
_TRIES = 64
"""Beginnings of a record that are tried in a damaged stretch, for each ending found there."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is sound in itself: its number, the hash that it follows, its own, and its bytes."""

    number: int
    previous: str
    digest: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """What lines add up to: the journal from its first record on, and what is left over.

    `beyond` are later lines that nothing leads to: what stands between is lost. `other` are lines of another history, which begins like
    this one.
    """

    lines: tuple[Line, ...]
    beyond: tuple[Line, ...] = ()
    other: tuple[Line, ...] = ()

    @property
    def missing(self) -> tuple[int, ...]:
        """Give the numbers that nobody has, between those that somebody has."""
        known = {line.number for line in self.beyond}
        return tuple(n for n in range(len(self.lines), max(known, default=0)) if n not in known)


def lines_of(path: Path) -> Iterator[Line]:
    """Give each sound line of a file, also those behind damage; nothing for a file that is not there."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for text in file:
            yield from sound_in(text)


def sound_in(text: bytes) -> Iterator[Line]:
    """Give the sound line that a line of a file is, or those that stand in it."""
    found = sound(text)
    if found is not None:
        yield found
    else:
        yield from _within(text)


def sound(text: bytes) -> Line | None:
    """Read a line whose own hash fits it; None for any other."""
    number, ending = _NUMBER.match(text), _ENDING.search(text, max(0, len(text) - 160))
    if number is None or ending is None or text[ending.end() :] != b"\n":
        return None
    if hashlib.sha256(text[: ending.start(2) - len(b',"hash":"')] + b"}").hexdigest().encode() != ending[2]:
        return None
    return Line(int(number[1]), ending[1].decode(), ending[2].decode(), text)


def join(lines: Iterable[Line], *, whole: Sequence[Line] = ()) -> Joined:
    """Follow the chain from the first record as far as it goes; where it forks, the longest one is taken.

    `whole` is a journal that is whole to its end: it is not left for a longer one, only gone on with.
    """
    known = {line.digest: line for line in (*whole, *lines)}
    following: dict[str, list[Line]] = defaultdict(list)
    for line in known.values():
        following[line.previous].append(line)
    length: dict[str, int] = {}
    for line in sorted(known.values(), key=lambda line: -line.number):
        after = (length[next_.digest] for next_ in following[line.digest] if next_.number == line.number + 1)
        length[line.digest] = 1 + max(after, default=0)
    chain = list(whole)
    while True:
        previous = chain[-1].digest if chain else GENESIS
        after_it = [line for line in following[previous] if line.number == len(chain)]
        if not after_it:
            break
        chain.append(max(after_it, key=lambda line: length[line.digest]))
    rooted = _rooted(following)
    taken = {line.digest for line in chain}
    left = sorted((line for line in known.values() if line.digest not in taken), key=lambda line: line.number)
    beyond = tuple(line for line in left if line.digest not in rooted and line.number >= len(chain))
    return Joined(tuple(chain), beyond, tuple(line for line in left if line.digest in rooted))


def _rooted(following: dict[str, list[Line]]) -> set[str]:
    """Give all lines that the first record leads to."""
    found: set[str] = set()
    heads = [GENESIS]
    while heads:
        for line in following.get(heads.pop(), ()):
            if line.digest not in found:
                found.add(line.digest)
                heads.append(line.digest)
    return found


def _within(text: bytes) -> Iterator[Line]:
    """Find records inside a damaged stretch: a lost newline puts two of them into one line."""
    for ending in _ENDING.finditer(text):
        begins = [found.start() for found in _NUMBER.finditer(text, 0, ending.start())]
        for start in reversed(begins[-_TRIES:]):
            if (found := sound(text[start : ending.end()] + b"\n")) is not None:
                yield found
                break
