"""The edits that an answer can hold, as values. `file` is the name as it was written; None where none was."""

from dataclasses import dataclass
from typing import Literal

Sign = Literal[" ", "-", "+"]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines kept, taken away and added, in order.

    `at` is the line (from 1) of the old file where the hunk says that it begins, `headings` are lines that it says to stand
    somewhere above, `final_newline` tells whether the new file ends with a line end, where the hunk says so.
    """

    lines: tuple[tuple[Sign, str], ...]
    at: int | None = None
    headings: tuple[str, ...] = ()
    final_newline: bool | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """Hunks for one file; `new` tells that the file is said to be new."""

    file: str | None
    hunks: tuple[Hunk, ...]
    new: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """Whole lines, replaced. Several `ways` (old, new) stand where the text can be read in more than one way."""

    file: str | None
    ways: tuple[tuple[str, str], ...]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Substitute:
    """A piece of text, replaced where it stands once, or everywhere. `escaped` tells that it may hold entities such as `&lt;`."""

    file: str | None
    old: str
    new: str
    everywhere: bool = False
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """A whole file. `label` is a first line that may only name the file; `loose` marks a block of code that names none.

    `asked` tells that it came in a form that only whole files have; a block of code below a name may be a part of the file.
    """

    file: str | None
    text: str
    label: str = ""
    loose: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Delete:
    """A file, deleted."""

    file: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """A file, moved to another name."""

    file: str | None
    to: str


Edit = Patch | Replace | Substitute | Write | Delete | Move
