"""Where the commits of submodules are: in repositories of their own, below the git directory or in the checkout."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autoexp.errors import GitError
from autoexp.workspaces.changes import Entry
from autoexp.workspaces.git import path_text
from autoexp.workspaces.repository import Repository

_MODULES = ".gitmodules"
_GITFILE = 4096
"""No file that says where a git directory is has more bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies: its git directories, the innermost first, and its checkout if it has one."""

    git_dirs: tuple[Path, ...]
    root: Path | None

    def inside(self, path: str, name: str | None) -> "Place | None":
        """Find the repository of a submodule at `path`, which .gitmodules calls `name`; None when it was never fetched."""
        root = self.root / path if self.root is not None else None
        known = [_git_dir(root)] if root is not None else []
        if name is not None and ".." not in PurePosixPath(name).parts:
            known += [git_dir / "modules" / name for git_dir in self.git_dirs]
        found = next((place for place in known if place is not None and (place / "objects").is_dir()), None)
        return Place((found,), root) if found else None


def names_of(repository: Repository, entries: Mapping[str, Entry]) -> dict[str, str]:
    """Give path -> name of the submodules that a tree's .gitmodules tells of."""
    entry = entries.get(_MODULES)
    if entry is None:
        return {}
    asked = ("config", "-z", f"--blob={entry.oid}", "--get-regexp", r"^submodule\..*\.path$")
    try:
        code, output, _ = repository.git.ask(*asked)
    except GitError:
        return {}
    return dict(_pairs(output)) if code == 0 else {}


def _pairs(output: bytes) -> Iterator[tuple[str, str]]:
    for item in path_text(output).split("\0")[:-1]:
        key, _, path = item.partition("\n")
        yield path, key.removeprefix("submodule.").removesuffix(".path")


def _git_dir(checkout: Path) -> Path | None:
    """Give the git directory of a checkout: its .git folder, or what its .git file names."""
    there = checkout / ".git"
    if there.is_dir():
        return there
    try:
        with there.open("rb") as file:
            text = os.fsdecode(file.read(_GITFILE))
    except OSError:
        return None
    named = text.removeprefix("gitdir:").strip()
    return checkout / named if text.startswith("gitdir:") and named else None
