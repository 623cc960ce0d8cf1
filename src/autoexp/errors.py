"""The tree of errors.

    AutoexpError                 the user can fix it: exit 2, one text, no traceback
    ├── ContractError            autoexp.yaml is wrong: every mistake at once, each with its place
    ├── RepositoryError          not a repository, no commit, a path in the way
    ├── CampaignError            a tag in use, no such campaign, a second engine
    │   └── JournalError         the record is damaged before its last line
    └── HarnessError             the baseline does not pass
    WorldError                   the machine failed (disk, git, network): retried or paused, exit 4
    ├── GitError                 a git command failed
    │   └── RefMovedError        somebody else moved a ref that the engine owns
    ├── DiskFull                 a file system has no room left: the campaign pauses
    └── StorageError             a write of the journal failed, or a sync

What an experiment did wrong is none of these: it is an Outcome, a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class AutoexpError(Exception):
    """Something the user can fix: what happened, where, and what to do next."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"\n  fix: {self.fix}" if self.fix else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a contract file."""

    file: str
    line: int | None
    key: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.message}" + (f"\n  fix: {self.fix}" if self.fix else "")


class ContractError(AutoexpError):
    """Everything that is wrong with a contract, sorted by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.key)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RepositoryError(AutoexpError):
    """The repository cannot serve as it is."""


class CampaignError(AutoexpError):
    """The campaign asked for cannot be opened."""


class JournalError(CampaignError):
    """The journal is damaged before its last line, or belongs to something else."""


class HarnessError(AutoexpError):
    """The harness does not give a passing baseline."""


class WorldError(Exception):
    """The machine failed, not the user and not the candidate; `fix` is what to do about it where more is known than that."""

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


class GitError(WorldError):
    """A git command failed; carries its error output."""


class RefMovedError(GitError):
    """A compare-and-swap of a ref lost: somebody else moved it."""


class DiskFull(WorldError):  # noqa: N818  read as a sentence
    """A file system has too little room to go on; `fix` is what to do about it."""


ROOM = "make room there"
UNSOUND = "look for errors of this disk in the system's log (`dmesg`), and mend them"
"""What to do about a write that failed for want of room, and about a sync that failed for another reason."""


class StorageError(WorldError):
    """A record or an object could not be written durably; nothing after it may be believed."""
