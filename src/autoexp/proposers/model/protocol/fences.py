"""Fenced blocks of code: where one begins and ends, also when other fences stand inside of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENING = re.compile(r"^([ \t]{0,12})(?:(`{3,})([^`]*)|(~{3,})(.*))$")

_LANGUAGE = re.compile(r"[\w+#.-]+( .*)?")


@dataclass(frozen=True, slots=True)
class Fence:
    """The opening line of a fence: its indentation, its marks, and what stands behind them."""

    indent: str
    marks: str
    info: str

    def closed_by(self, line: str) -> bool:
        """Tell whether a line closes this fence."""
        bare = line.strip()
        return len(bare) >= len(self.marks) and not bare.strip(self.marks[0])

    def strip(self, line: str) -> str:
        """Give a line of the content without the indentation of the fence."""
        return line.removeprefix(self.indent) if self.indent else line


def opening(line: str) -> Fence | None:
    """Give the fence that a line opens, if it does."""
    found = _OPENING.match(line) if "```" in line or "~~~" in line else None
    if not found:
        return None
    return Fence(found[1], found[2] or found[4], (found[3] or found[5] or "").strip())


def end_of(lines: Sequence[str], start: int, fence: Fence) -> int | None:
    """Give the line that closes the fence opened at `start`; fences inside that name a language are closed first."""
    inside: list[Fence] = []
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if "```" not in line and "~~~" not in line:
            continue
        if (inside[-1] if inside else fence).closed_by(line):
            if not inside:
                return index
            inside.pop()
        elif (inner := opening(line)) and inner.marks.startswith(fence.marks) and _LANGUAGE.fullmatch(inner.info):
            inside.append(inner)
    return None
