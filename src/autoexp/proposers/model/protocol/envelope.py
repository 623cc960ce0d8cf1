"""Patches in an envelope of `***` lines: files added, updated, deleted and moved, their hunks found by context."""

import re
from collections.abc import Sequence

from autoexp.proposers.model.protocol.edits import Delete, Edit, Hunk, Move, Patch, Sign, Write
from autoexp.proposers.model.protocol.errors import Unusable

_BEGIN = re.compile(r"^\s{0,12}\*{3} ?Begin Patch\s*$", re.IGNORECASE)
_END = re.compile(r"^\s{0,12}\*{3} ?End Patch\s*$", re.IGNORECASE)
_FILE = re.compile(r"^\s{0,12}\*{3} ?(Update|Add|Delete|Create|Edit|Modify) File: ?(.*)$", re.IGNORECASE)
_MOVE = re.compile(r"^\s{0,12}\*{3} ?Move to: ?(.*)$", re.IGNORECASE)
_STARS = re.compile(
    r"^\s{0,12}\*{3} ?(?:End of File|(?:Update|Add|Delete|Create|Edit|Modify) File:|Move to:|End Patch)", re.IGNORECASE
)
_SIGNS: dict[str, Sign] = {" ": " ", "-": "-", "+": "+"}


def opens(line: str) -> bool:
    """Tell whether a line begins such a patch, or one of its files."""
    return bool(_BEGIN.match(line) or _FILE.match(line))


def take(lines: Sequence[str], start: int, end: int) -> tuple[list[Edit], int]:
    """Read the patch that begins at `start`. Raises Unusable when one that was begun does not end."""
    begun = bool(_BEGIN.match(lines[start]))
    index = start + begun
    edits: list[Edit] = []
    while index < end:
        line = lines[index]
        if _END.match(line):
            return edits, index + 1
        if header := _FILE.match(line):
            index = _file(lines, index, end, header, edits)
        elif not line.strip() or _STARS.match(line):
            index += 1
        elif begun:
            raise Unusable(
                f"line {index + 1} of the answer stands in the patch but belongs to no file; "
                "a file begins with *** Update File: NAME"
            )
        else:
            return edits, index
    if begun:
        raise Unusable("the answer ends in the middle of an edit: there is no *** End Patch line (it was cut off)")
    return edits, index


def _file(lines: Sequence[str], start: int, end: int, header: re.Match[str], edits: list[Edit]) -> int:
    what, name = header[1].lower(), header[2].strip().strip('`"')
    index = start + 1
    if what == "delete":
        edits.append(Delete(name))
        return index
    if index < end and (move := _MOVE.match(lines[index])):
        edits.append(Move(name, move[1].strip()))
        name = move[1].strip()
        index += 1
    body_end = index
    while body_end < end and not _FILE.match(lines[body_end]) and not _END.match(lines[body_end]):
        if lines[body_end].startswith("```"):
            break
        body_end += 1
    body = lines[index:body_end]
    if what in {"add", "create"}:
        edits.append(Write(name, _added(body, name)))
    elif hunks := _hunks(body):
        edits.append(Patch(name, tuple(hunks)))
    return body_end


def _added(body: Sequence[str], name: str) -> str:
    end = len(body)
    while end and not body[end - 1].strip():
        end -= 1
    marked = [line for line in body[:end] if line.startswith("+")]
    if marked and any(line and line[0] != "+" for line in body[:end]):
        raise Unusable(f"in the new file {name!r} some lines begin with + and some do not; begin each with +")
    cut = 1 if marked else 0
    return "".join(f"{line[cut:]}\n" for line in body[:end])


def _hunks(body: Sequence[str]) -> list[Hunk]:
    hunks: list[Hunk] = []
    headings: list[str] = []
    taken: list[tuple[Sign, str]] = []

    def close() -> None:
        while taken and taken[-1] == (" ", ""):
            taken.pop()
        if taken:
            hunks.append(Hunk(tuple(taken), headings=tuple(headings)))
            headings.clear()
            taken.clear()

    for line in body:
        if line.startswith("@@"):
            close()
            if heading := line.strip("@").strip():
                headings.append(heading)
        elif _STARS.match(line):
            close()
        else:
            sign = _SIGNS.get(line[:1])
            taken.append((sign, line[1:]) if sign else (" ", line))
    close()
    return hunks
