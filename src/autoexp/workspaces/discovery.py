"""Finding a repository, and saying in words why it cannot be used."""

import os
import re
import shlex
from pathlib import Path

from autoexp.errors import RepositoryError
from autoexp.workspaces.git import Git

NO_REPOSITORY = "not a git repository"
"""What is said where git finds none, and nothing else is wrong."""
_OLDEST_GIT = (2, 36)
_DUBIOUS = re.compile(r"dubious ownership in repository at '(.+)'")
_GONE = re.compile(r"not a git repository: (.+)")


def refuse_old_git(git: Git) -> None:
    """Raise RepositoryError for a git that cannot sync what it writes."""
    text = git.run("version").decode()
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < _OLDEST_GIT:
        raise RepositoryError(f"{text.strip()} is too old", fix="install git 2.36 or newer")


def located(git: Git, path: Path, what: str) -> Path:
    """Ask git for one of its places; RepositoryError when there is no repository, or one that git does not trust."""
    code, output, errors = git.ask("rev-parse", "--path-format=absolute", what)
    if code == 0:
        return Path(os.fsdecode(output[:-1]))
    words = errors.decode("utf-8", "replace").strip()
    if "dubious ownership" in words:
        named = _DUBIOUS.search(words)
        top = named[1] if named else str(path)
        fix = f"if you trust it: git config --global --add safe.directory {shlex.quote(top)}"
        raise RepositoryError("git does not trust the owner of this repository", where=str(path), fix=fix)
    if gone := _GONE.search(words):
        raise RepositoryError(
            f"its git directory is not there: {gone[1]}",
            where=str(path),
            fix=f"put it back; or, if this is a worktree and its repository was moved, run there: git worktree repair {shlex.quote(str(path))}",
        )
    raise RepositoryError(NO_REPOSITORY, where=str(path), fix="run git init there, and commit the files")
