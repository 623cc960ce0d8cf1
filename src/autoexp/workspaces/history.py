"""Which commits lead from one to another, what a branch holds already, and what differs between its ends."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoexp.workspaces.git import path_text
from autoexp.workspaces.repository import Repository

ORIGIN = "Autoexp-Commit"
"""The trailer that names the kept commit whose change a commit holds."""
_NAMED = re.compile(rf"^(?:{ORIGIN}: |\(cherry picked from commit )(?P<commit>[0-9a-f]{{40,64}})\)?$", re.MULTILINE)
_REVERTED = re.compile(r"^This reverts commit (?P<commit>[0-9a-f]{40,64})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileStat:
    """A path that differs, and the lines added and removed there; None where it is no text."""

    path: str
    added: int | None
    removed: int | None


def leads_to(repository: Repository, one: str, other: str) -> bool:
    """Tell whether a commit is another one, or in its history."""
    return repository.git.ask("merge-base", "--is-ancestor", one, other)[0] == 0


def count_between(repository: Repository, old: str, new: str) -> int:
    """Count the commits that are in the history of `new`, and not in that of `old`."""
    return int(repository.git.run("rev-list", "--count", new, f"^{old}"))


@dataclass(frozen=True, slots=True)
class Held:
    """What a branch holds: commits, and those whose changes were put there, each with the commit of the branch that holds it.

    A copy is known by what its message says, as `git cherry-pick -x` writes it, or by author, date and message, which a rebase leaves. `reverts` are commits by what they revert.
    """

    commits: dict[str, str]
    reverts: dict[str, str]

    def is_reverted(self, commit: str) -> bool:
        """Tell whether a commit of the branch was reverted there, and the revert was not reverted itself."""
        by = self.reverts.get(commit)
        return by is not None and not self.is_reverted(by)


def held_by(repository: Repository, tip: str, *, since: str, wanted: Sequence[str] = ()) -> Held:
    """Give what `tip` holds and `since` does not; `wanted` are commits whose copies are looked for."""
    found: dict[str, str] = {}
    reverts: dict[str, str] = {}
    looks = {look: commit for commit, look in _logged(repository, wanted, "--no-walk")} if wanted else {}
    for commit, look in _logged(repository, (tip, f"^{since}")):
        found[commit] = commit
        for named in _NAMED.finditer(look):
            found.setdefault(named["commit"], commit)
        if look in looks:
            found.setdefault(looks[look], commit)
        for named in _REVERTED.finditer(look):
            reverts.setdefault(named["commit"], commit)
    return Held(found, reverts)


def _logged(repository: Repository, revisions: Sequence[str], *how: str) -> Iterator[tuple[str, str]]:
    """Give commits, each with its author, the date and the message."""
    listed = "".join(f"{revision}\n" for revision in revisions).encode()
    arguments = ("log", "-z", "--format=%H%n%an%n%at%n%B", "--ignore-missing", *how, "--stdin")
    text = repository.git.run(*arguments, stdin=listed)
    for entry in filter(None, text.decode("utf-8", "replace").split("\0")):
        commit, _, look = entry.partition("\n")
        yield commit, look


def date_of(repository: Repository, commit: str) -> int:
    """Give when a commit was made, in seconds of the epoch."""
    return int(repository.git.run("show", "--no-patch", "--format=%ct", commit))


def file_stats(repository: Repository, old: str, new: str) -> tuple[FileStat, ...]:
    """Give the paths that differ between two commits, with their lines."""
    output = repository.git.run("diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-textconv", old, new)
    found = (path_text(line).split("\t", 2) for line in output.split(b"\0") if line)
    return tuple(FileStat(path, _count(added), _count(removed)) for added, removed, path in found)


def _count(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
