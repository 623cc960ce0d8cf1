"""Unified diffs, as models write them: line numbers and counts may be wrong or absent, so may the space before context."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoexp.proposers.model.protocol.edits import Delete, Edit, Hunk, Move, Patch, Sign, Write
from autoexp.proposers.model.protocol.errors import Unusable, shown_text

_HUNK = re.compile(r"^@@+ ?(?:-(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? ?)?(?:(?:\.\.\.|…)? ?@@+)? ?(.*)$")
_GIT = re.compile(r'^diff --git (?:"?a/(.+?)"?|(\S+)) (?:"?b/(.+?)"?|(\S+))$')
_TIME = re.compile(r"\s+\d{4}-\d\d-\d\d[ T].*$")
_EXTENDED = ("index ", "old mode", "new mode", "similarity", "dissimilarity", "Index: ", "=====")
_SIGNS: dict[str, Sign] = {" ": " ", "-": "-", "+": "+"}
_NOWHERE = "/dev/null"


@dataclass
class _File:
    old: str | None = None
    new: str | None = None
    hunks: list[Hunk] = field(default_factory=list)
    gone: bool = False
    fresh: bool = False
    move: tuple[str, str] | None = None

    def edits(self, name: str | None) -> list[Edit]:
        """Give what is to be done to this file, called `name` where its header has no name."""
        edits: list[Edit] = []
        old, new = self.old, self.new
        if self.move:
            edits.append(Move(*self.move))
            old = new = self.move[1]
        if self.gone or new == _NOWHERE:
            edits.append(Delete(old if old is not None else name))
        elif self.hunks:
            fresh = self.fresh or old == _NOWHERE
            edits.append(Patch(new if new is not None else name, tuple(self.hunks), new=fresh))
        elif self.fresh and new is not None:
            edits.append(Write(new, ""))
        return edits


def opens(lines: Sequence[str], index: int) -> bool:
    """Tell whether a diff with a header begins at a line."""
    line = lines[index]
    if line.startswith("diff --git "):
        return True
    return _is_header(lines, index) and any(following.startswith("@@") for following in lines[index + 2 : index + 5])


def take(lines: Sequence[str], start: int, end: int, *, name: str | None, fenced: bool) -> tuple[list[Edit], int]:
    """Read diffs from `start` on, up to `end` or, outside of a fence, to where prose begins. Gives the edits and the place after.

    Raises Unusable for a binary diff, and for a hunk that stops before it is complete.
    """
    files, current, index = [_File()], None, start
    current = files[0]
    while index < end:
        line = lines[index]
        if line.startswith("diff --git "):
            current = _File(*_git_names(line))
            files.append(current)
        elif _is_header(lines, index) and index + 1 < end:
            old, new = _names(lines[index], lines[index + 1])
            if current.hunks or current.new == _NOWHERE:
                current = _File()
                files.append(current)
            current.old, current.new = old, new
            index += 1
        elif line.startswith("@@"):
            hunk, index = _hunk(lines, index, end, fenced=fenced)
            current.hunks.append(hunk)
            continue
        elif fenced and not current.hunks and line[:1] in _SIGNS and line.strip():
            hunk, index = _body(lines, index, end, fenced=True)
            current.hunks.append(hunk)
            continue
        elif not _extended(line, current) and line.strip() and not fenced:
            break
        index += 1
    return [edit for file in files for edit in file.edits(name)], index


def _extended(line: str, current: _File) -> bool:
    if line.startswith("rename from "):
        current.move = (line[12:], current.move[1] if current.move else "")
    elif line.startswith("rename to "):
        current.move = (current.move[0] if current.move else "", line[10:])
    elif line.startswith("deleted file mode"):
        current.gone = True
    elif line.startswith("new file mode"):
        current.fresh = True
    elif line.startswith(("GIT binary patch", "Binary files ")):
        raise Unusable("a binary diff cannot be used; files are edited as text")
    elif line.startswith(("copy from ", "copy to ")):
        raise Unusable("a diff that copies a file cannot be used; write the new file as a whole")
    else:
        return line.startswith(_EXTENDED)
    return True


def _is_header(lines: Sequence[str], index: int) -> bool:
    return (
        lines[index].startswith("--- ") and index + 1 < len(lines) and lines[index + 1].startswith("+++ ")
    )  # the one after the other, or it is a line taken away


def _git_names(line: str) -> tuple[str | None, str | None]:
    found = _GIT.match(line[:2000])
    return (found[1] or found[2], found[3] or found[4]) if found else (None, None)


def _names(old_line: str, new_line: str) -> tuple[str, str]:
    old, new = (_TIME.sub("", line[4:].partition("\t")[0]).strip().strip('"`') for line in (old_line, new_line))
    real = [name for name in (old, new) if name != _NOWHERE]
    prefixed = all(name.startswith(("a/", "b/")) for name in real) and not (len(real) > 1 and old[:2] == new[:2])
    return (old, new) if not prefixed else (_unprefixed(old), _unprefixed(new))


def _unprefixed(name: str) -> str:
    return name if name == _NOWHERE else name[2:]


def _hunk(lines: Sequence[str], start: int, end: int, *, fenced: bool) -> tuple[Hunk, int]:
    headings: list[str] = []
    at = counts = None
    index = start
    while index < end and lines[index].startswith("@@"):
        header = _HUNK.match(lines[index])
        if header:
            if header[5].strip():
                headings.append(header[5].strip())
            if header[1]:
                counts = (int(header[2] or 1), int(header[4] or 1))
                # A hunk without old lines names the line that it stands behind.
                at = int(header[1]) + (counts[0] == 0)
        index += 1
        if counts:
            break
    if counts and (whole := _counted(lines, index, end, counts)):
        body, index = whole
        return _made(body, at=at, headings=tuple(headings)), index
    hunk, after = _body(lines, index, end, fenced=fenced)
    if counts and not fenced:
        _refuse_half(hunk, counts, start)
    return Hunk(hunk.lines, at=at, headings=tuple(headings), final_newline=hunk.final_newline), after


def _counted(lines: Sequence[str], start: int, end: int, counts: tuple[int, int]) -> tuple[list[str], int] | None:
    """Give exactly the lines that a header counts, if they are there and nothing of the hunk follows."""
    old, new = counts
    index = start
    while index < end and (old > 0 or new > 0 or lines[index].startswith("\\")):
        sign = lines[index][:1] or " "
        if sign not in " -+\\":
            return None
        old -= sign in " -"
        new -= sign in " +"
        if old < 0 or new < 0:
            return None
        index += 1
    if old or new:
        return None
    if index < end and lines[index][:1] in _SIGNS and lines[index].strip() and not _is_header(lines, index):
        return None
    return list(lines[start:index]), index


def _body(lines: Sequence[str], start: int, end: int, *, fenced: bool) -> tuple[Hunk, int]:
    """Read a hunk's lines without counting: to the next header, or to prose."""
    index = start
    while index < end:
        line = lines[index]
        if line.startswith(("@@", "diff --git ")) or _is_header(lines, index):
            break
        if line and line[0] not in " -+\\" and not fenced:
            break
        index += 1
    after = index
    while index > start and not lines[index - 1].strip():
        index -= 1
    return _made(lines[start:index]), after


def _made(body: Sequence[str], *, at: int | None = None, headings: tuple[str, ...] = ()) -> Hunk:
    taken: list[tuple[Sign, str]] = []
    final: bool | None = None
    for line in body:
        if line.startswith("\\"):
            if taken:
                final = taken[-1][0] == "-"
            continue
        sign = _SIGNS.get(line[:1])
        taken.append((sign, line[1:]) if sign else (" ", line))
        if sign == "+" and final is not None:
            final = True
    return Hunk(tuple(taken), at=at, headings=headings, final_newline=final)


def _refuse_half(hunk: Hunk, counts: tuple[int, int], start: int) -> None:
    old = sum(sign != "+" for sign, _ in hunk.lines)
    new = sum(sign != "-" for sign, _ in hunk.lines)
    if old < counts[0] and new < counts[1]:
        last = shown_text(hunk.lines[-1][1], 80) if hunk.lines else "nothing"
        raise Unusable(
            f"the answer ends in the middle of an edit: the hunk in line {start + 1} is shorter than its header says, "
            f"its last line is {last} (it was cut off, or prose stands in it)"
        )
