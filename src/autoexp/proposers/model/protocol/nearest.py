"""The lines of a file that come closest to a text that is not in it, so that a second try can be right."""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_MOST_LINES = 8
_LONGEST = 160
_MOST_SEEN = 5_000
_MOST_WANTED = 200
_MOST_ALIKE = 50
_CLOSE = 0.5


def nearest_lines(lines: Sequence[str], wanted: Sequence[str]) -> str:
    """Give ": the closest lines are 3-5: …" with those lines, or advice when nothing is close."""
    start = _start(lines, wanted)
    if start is None:
        return "; copy the lines to be replaced exactly from the file"
    first = max(start, 0)
    last = min(start + len(wanted), len(lines), first + _MOST_LINES)
    shown = "\n".join(f"{number + 1}|{_cut(lines[number])}" for number in range(first, last))
    return f"; the closest lines are {first + 1}-{last}:\n{shown}{_difference(lines, wanted, start)}"


def _difference(lines: Sequence[str], wanted: Sequence[str], start: int) -> str:
    for offset, line in enumerate(wanted):
        number = start + offset
        if not 0 <= number < len(lines):
            return ""
        if lines[number].rstrip() != line.rstrip():
            return f"\nthe first that differs is line {number + 1}; the answer has there:\n{_cut(line)}"
    return ""


def _start(lines: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Give where the wanted text would begin so that most of its lines stand in their place."""
    where: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        where.setdefault("".join(line.split()), []).append(number)
    votes: Counter[int] = Counter()
    for offset, line in enumerate(wanted[:_MOST_WANTED]):
        key = "".join(line.split())
        if any(char.isalnum() for char in key):
            votes.update(number - offset for number in where.get(key, [])[:_MOST_ALIKE])
    if votes:
        most = max(votes.values())
        return min(start for start, count in votes.items() if count == most)
    return _alike(lines, wanted)


def _alike(lines: Sequence[str], wanted: Sequence[str]) -> int | None:
    told = [
        (offset, line.strip()) for offset, line in enumerate(wanted[:_MOST_WANTED]) if len(line.strip()) <= _LONGEST
    ]
    if not told:
        return None
    offset, text = max(told, key=lambda item: len(item[1]))
    best, place = _CLOSE, None
    matcher = SequenceMatcher(None, "", text, autojunk=False)
    for number, line in enumerate(lines[:_MOST_SEEN]):
        matcher.set_seq1(line.strip()[:_LONGEST])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, place = ratio, number - offset
    return place


def _cut(line: str) -> str:
    line = line.encode("utf-8", "replace").decode()
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
