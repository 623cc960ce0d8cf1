"""Search/replace blocks: old lines between a run of `<` and a run of `=`, new ones up to a run of `>`."""

import re
from collections.abc import Sequence

from autoexp.proposers.model.protocol.edits import Replace
from autoexp.proposers.model.protocol.errors import Unusable
from autoexp.proposers.model.protocol.names import on_a_line

_WORDS = r"(?:SEARCH|ORIGINAL|HEAD|OLD|FIND|BEFORE|CURRENT)"
_OPENING = re.compile(
    rf"^\s{{0,12}}(?:(<{{5,9}})\s*(?:{_WORDS}\b[ :>]*(.*)|$)|(-{{7,9}})\s*SEARCH\b[ :>]*(.*))$", re.IGNORECASE
)
_DIVIDER = re.compile(r"^\s{0,12}(={5,9})\s*$")
_END = re.compile(
    r"^\s{0,12}(?:(?:>{5,9}|\+{7,9})\s*(?:REPLACE|UPDATED?|NEW|AFTER)\b.{0,99}|(>{5,9})(?:\s?[\w./-]{1,60})?)\s*$",
    re.IGNORECASE,
)
_LINE_HINT = re.compile(r"^\s*:start_line:\s*(\d{1,8})\s*$")
_NUMBERED = re.compile(r"^ {0,8}\d{1,6}(?: ?[|\u2502]|\t)")
_MOST_WAYS = 8


def opens(line: str) -> bool:
    """Tell whether a line opens a search/replace block."""
    return bool(_OPENING.match(line[:400]))


def take(lines: Sequence[str], start: int, *, name: str | None) -> tuple[Replace, int]:
    """Read the block that opens at line `start`, and tell where it ends. Raises Unusable when it is cut off or has no middle."""
    opening = _OPENING.match(lines[start][:400])
    assert opening  # noqa: S101  whoever calls has asked opens()
    name = on_a_line((opening[2] or opening[4] or "").strip()) or name
    marks = len(opening[1] or opening[3])
    dividers: list[int] = []
    for index in range(start + 1, len(lines)):
        line = lines[index][:400]
        if _DIVIDER.match(line):
            dividers.append(index)
        elif dividers and (end := _END.match(line)) and (not end[1] or end[1] == ">" * marks):
            return Replace(name, *_ways(lines, start, dividers, index, marks)), index + 1
        elif opens(line) and dividers and not _DIVIDER.match(line):
            break
    where = f" (for {name})" if name else ""
    if not dividers:
        raise Unusable(
            f"the answer ends in the middle of an edit: the search block{where} has no ======= line (it was cut off)"
        )
    raise Unusable(
        f"the answer ends in the middle of an edit: the search block{where} has no >>>>>>> REPLACE line (it was cut off)"
    )


def _ways(
    lines: Sequence[str], start: int, dividers: list[int], end: int, marks: int
) -> tuple[tuple[tuple[str, str], ...], int | None]:
    """Give the ways to read a block: text may hold lines that look like its middle."""
    same = [index for index in dividers if len(lines[index].strip()) == marks]
    middles = (same or dividers)[:_MOST_WAYS]
    first, at = start + 1, None
    if first < middles[0] and (hint := _LINE_HINT.match(lines[first][:400])):
        at = int(hint[1])
        first += 1
        while first < middles[0] and re.match(r"^\s*(?::end_line:\s*\d+|-{5,9})\s*$", lines[first][:400]):
            first += 1
    parts = [(lines[first:middle], lines[middle + 1 : end]) for middle in middles]
    if _numbered(lines[middles[-1] + 1 : end]) and not _numbered(lines[first : middles[0]]):
        raise Unusable(
            "the lines of a replace part begin with line numbers; write them as they shall stand in the file"
        )
    bare = [way for old, new in parts if (way := _undressed(old, new))]
    return tuple((_text(old), _text(new)) for old, new in (*bare, *parts)), at


def _undressed(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]] | None:
    """Give both parts without line numbers, or without a fence in each, if they have such."""
    if _numbered(old):
        old, new = ([_NUMBERED.sub("", line) for line in part] for part in (old, new))
        return old, new
    fenced = all(len(part) > 1 and part[0].startswith("```") and part[-1].rstrip() == "```" for part in (old, new))
    return (old[1:-1], new[1:-1]) if fenced else None


def _numbered(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines) and all(_NUMBERED.match(line) for line in lines if line.strip())


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
