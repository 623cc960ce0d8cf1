"""The lines that a change adds, read from a unified diff. What is odd about them lives next door."""

import re
from collections import Counter
from dataclasses import dataclass

BINARY = "\0"
"""Stands for the text of a file that the diff calls binary; its number is 0."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_BINARY_FILES = re.compile(r"Binary files (.*) and (.*) differ\r?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r'\\([abfnrtv"\\]|[0-7]{1,3})')
_ESCAPED = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}


@dataclass(frozen=True, slots=True)
class AddedLine:
    """A line of the new tree that the old one had not; the text is without its end."""

    path: str
    number: int
    text: str


def added_lines(diff: str) -> tuple[AddedLine, ...]:
    """Give the lines that a unified diff adds, in its order. Any text has an answer, none raises.

    A line that the diff also removes with the same words (moved, or indented anew) is not added. A hunk is as long as its
    head says, so content that looks like a head of a file is content. A file called binary has one line, BINARY; with
    `git diff --text` there is none of these, and nothing hides behind a NUL.
    """
    reader = _Reader()
    for line in diff.split("\n"):
        reader.read(line)
    left = Counter(reader.removed)
    added = []
    for one in reader.added:
        words = one.text.strip()
        if words and left[words] > 0:
            left[words] -= 1
        else:
            added.append(one)
    return tuple(added)


class _Reader:
    """Where a reading of a diff stands: the file, and how much of a hunk is still to come."""

    def __init__(self) -> None:
        self.added: list[AddedLine] = []
        self.removed: list[str] = []
        self._old = self._path = ""
        self._number = self._old_left = self._new_left = 0

    def read(self, line: str) -> None:
        if (self._old_left or self._new_left) and self._in_hunk(line):
            return
        self._old_left = self._new_left = 0
        if hunk := _HUNK.match(line):
            old, start, new = hunk.groups()
            self._old_left, self._new_left = _count(old), _count(new)
            self._number = _count(start)
        elif line.startswith("--- "):
            self._old = _name(line[4:])
        elif line.startswith("+++ "):
            self._path = _without_prefix(_name(line[4:]), self._old)
        elif binary := _BINARY_FILES.fullmatch(line):
            old, path = _name(binary[1]), _name(binary[2])
            if path != "/dev/null":
                self.added.append(AddedLine(_without_prefix(path, old), 0, BINARY))

    def _in_hunk(self, line: str) -> bool:
        """Take a line as content; False when it cannot be."""
        kind, text = line[:1], line[1:].removesuffix("\r")
        if kind == "+" and self._new_left:
            self.added.append(AddedLine(self._path, self._number, text))
            self._number, self._new_left = self._number + 1, self._new_left - 1
        elif kind == "-" and self._old_left:
            self.removed.append(text.strip())
            self._old_left -= 1
        elif kind in {" ", "", "\r"}:
            self._old_left, self._new_left = max(self._old_left - 1, 0), max(self._new_left - 1, 0)
            self._number += 1
        else:
            return kind == "\\"
        return True


def _count(digits: str | None) -> int:
    return 1 if digits is None else int(digits[:18])


def _name(written: str) -> str:
    """Read a path as git writes it: quoted when it is unusual, a date behind a tab."""
    written = written.removesuffix("\r")
    if quoted := _QUOTED.match(written):
        raw = _ESCAPE.sub(lambda found: chr(_ESCAPED.get(found[1]) or int(found[1], 8) & 255), quoted[1])
        try:
            return raw.encode("latin-1").decode("utf-8", "replace")
        except UnicodeEncodeError:
            return raw
    return written.partition("\t")[0]


def _without_prefix(path: str, old: str) -> str:
    """Take away git's `b/`, which stands there where the old path has its `a/`."""
    return path[2:] if path.startswith("b/") and (old.startswith("a/") or old == "/dev/null") else path
