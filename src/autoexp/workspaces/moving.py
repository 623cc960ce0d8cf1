"""The user's checkout moved to a later commit: files, index and branch together, by a git that knows the user's filters.

Whatever of the user's stands in the way is found first. A move that failed is taken back.
"""

import os
import signal
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from autoexp.errors import GitError, RepositoryError
from autoexp.workspaces.branches import ACTION, Branch, moved_meanwhile
from autoexp.workspaces.changes import GITLINK, Change
from autoexp.workspaces.git import Git
from autoexp.workspaces.leftovers import put_back
from autoexp.workspaces.movemark import Mark
from autoexp.workspaces.repository import Repository

TIMEOUT_S = 3600.0
"""Filters such as LFS may have much to fetch."""
_NEVER_S = str(10**9)
"""When git begins to tell how far it is."""
_MOST_WORDS = 600
"""So many letters of git's words are told: a full disk is one line a file."""
_LOCK_WAIT_MS = 1000
"""How long the lock of another git on the branch is waited for."""
_OPTIONS = ("--ff-only", "--no-squash", "--no-autostash", "--no-stat", "--quiet", "--no-overwrite-ignore")


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Paths of the user's that a move would overwrite: `changed` differ from HEAD, `untracked` stand where a new file has to be."""

    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()


def in_the_way(repository: Repository, root: Path, changes: Sequence[Change]) -> InTheWay:
    """Find what a move with these changes would overwrite; nothing is written."""
    paths = {change.path for change in changes}
    removed = {change.path for change in changes if change.new is None}
    changed = repository.dirty(paths.__contains__)
    new = [change for change in changes if change.old is None and change.path not in changed]
    found = {there for change in new for there in _standing(root, change, removed)}
    return InTheWay(tuple(changed), tuple(sorted(found)))


def advance(repository: Repository, root: Path, branch: Branch, new: str, mark: Mark) -> None:
    """Move the branch that is checked out at `root`, with its files and index, to a commit that its own one leads to.

    Hooks do not run: one of them may be a file that has just been changed. Raises RepositoryError with git's words when it refuses or fails;
    then all is as it was. Raises WorldError where the files could not be put back; then the mark stays, for the next one to do it.
    """
    git = Git(
        root,
        git_dir=repository.git_dir,
        variables={"GIT_WORK_TREE": str(root), "GIT_REFLOG_ACTION": ACTION, "GIT_PROGRESS_DELAY": _NEVER_S},
        settings={
            "core.logAllRefUpdates": "true",
            "core.untrackedCache": "keep",
            "core.filesRefLockTimeout": str(_LOCK_WAIT_MS),
        },
        users_settings="honoured",
        passed_on=(mark.fd,),
    )
    try:
        code, told = git.ask_apart("merge", *_OPTIONS, new, timeout_s=TIMEOUT_S)
    except GitError as error:
        code, told = -signal.SIGKILL, str(error).encode()
    except BaseException:
        put_back(repository, root, branch.commit, new, killed=True)
        raise
    found = repository.head()
    if found == new:
        return
    put_back(repository, root, branch.commit, new, killed=code < 0)
    mark.clear()
    if found != branch.commit:
        raise moved_meanwhile(branch, found)
    words = shorten(told.decode("utf-8", "replace"), _MOST_WORDS, placeholder=" ...")
    ended = f"git was ended by signal {-code}" if code < 0 else "git refuses"
    raise RepositoryError(
        f"{ended}: {words or 'no word why'}",
        where=str(root),
        fix="mend that, then `autoexp apply` again; all is as it was",
    )


def _standing(root: Path, change: Change, removed: set[str]) -> list[str]:
    """Name what stands where a new path has to be: a file on the way to it, the path itself, or files below it."""
    names = change.path.split("/")
    for i in range(1, len(names)):
        folder = "/".join(names[:i])
        if (mode := _mode(root / folder)) is None:
            return []
        if not stat.S_ISDIR(mode):
            return [] if folder in removed else [folder]
    mode = _mode(root / change.path)
    if mode is None:
        return []
    if not stat.S_ISDIR(mode):
        return [change.path]
    if change.new is not None and change.new.mode == GITLINK:
        return []
    return [path for path in _files_below(root, change.path) if path not in removed]


def _files_below(root: Path, folder: str) -> list[str]:
    found = []
    for place, folders, files in os.walk(root / folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [(Path(place) / name).relative_to(root).as_posix() for name in (*files, *links)]
    return sorted(found)


def _mode(path: Path) -> int | None:
    with suppress(OSError):
        return path.lstat().st_mode
    return None
