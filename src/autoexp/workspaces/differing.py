"""What stands in the user's checkout, by their own git with their own settings: filters, ignore rules, trust. Nothing is written there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from autoexp.workspaces.filters import filtered
from autoexp.workspaces.git import Git, path_bytes, path_text

_STATUS = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=untracked")
_UNWATCHED: dict[str, Callable[[str], bool]] = {
    "--no-assume-unchanged": lambda tag: tag.islower(),
    "--no-skip-worktree": lambda tag: tag in "Ss",
}
"""How git is told to watch a file again that a person has told it not to, and the tag by which that is known."""


def paths(root: Path, git_dir: Path) -> list[str]:
    """List tracked paths that differ from HEAD, sorted, also those that git was told not to look at (assume-unchanged, skip-worktree).

    Raises RepositoryError where a filter of the user's is not installed or fails.
    """
    with watching(root, git_dir) as git, filtered(git):
        output = git.run(*_STATUS)
    return sorted({path_text(line[3:]) for line in output.split(b"\0") if line})


def ignored(root: Path, git_dir: Path) -> list[str]:
    """List what git ignores, sorted; a folder that holds nothing else is one entry, without its slash."""
    return _others(_of_user(root, git_dir), "--ignored", "--directory")


def untracked(root: Path, git_dir: Path) -> list[str]:
    """List the files that are neither tracked nor ignored, sorted."""
    return _others(_of_user(root, git_dir))


def _others(git: Git, *how: str) -> list[str]:
    output = git.run("ls-files", "-z", "--others", "--exclude-standard", *how)
    return sorted(path_text(name).rstrip("/") for name in output.split(b"\0") if name)


@contextmanager
def watching(root: Path, git_dir: Path, **variables: str) -> Iterator[Git]:
    """Give git over the checkout, with an index of its own in which nothing is hidden from it that stands there."""
    git = _of_user(root, git_dir, **variables)
    tagged = [(line[:1], line[2:]) for line in path_text(git.run("ls-files", "-z", "-v")).split("\0")]
    index = git_dir / "index"
    hidden = {
        option: _standing(root, [path for tag, path in tagged if tag and is_hidden(tag)])
        for option, is_hidden in _UNWATCHED.items()
    }
    if not any(hidden.values()) or not index.is_file():
        yield git
        return
    with tempfile.TemporaryDirectory(prefix="autoexp-index-") as folder:
        own = Path(folder, "index")
        shutil.copyfile(index, own)
        git = _of_user(root, git_dir, GIT_INDEX_FILE=str(own), **variables)
        for option, paths in hidden.items():
            git.run("update-index", "-z", option, "--stdin", stdin=_lines(paths))
        yield git


def _standing(root: Path, paths: Iterable[str]) -> list[str]:
    """Give the paths that stand in the checkout; of a sparse one most folders are not there."""
    there = cache(lambda folder: os.path.isdir(root / folder))  # noqa: PTH112  hundreds of thousands of them
    return [path for path in paths if there(path.rpartition("/")[0]) and os.path.lexists(root / path)]


def _lines(paths: Iterable[str]) -> bytes:
    return b"".join(path_bytes(path) + b"\0" for path in paths)


def _of_user(root: Path, git_dir: Path, **variables: str) -> Git:
    """Give git with the user's settings: their filters (LFS) decide whether their own file is changed."""
    named = {"GIT_WORK_TREE": str(root), **variables}
    return Git(root, git_dir=git_dir, variables=named, users_settings="honoured")
