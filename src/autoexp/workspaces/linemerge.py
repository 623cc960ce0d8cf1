"""Merging and comparing texts by lines, with git's own means: what a merge of trees asks for one path. No repository has a say in it."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces.git import Git

_CANNOT = 128
"""Exit codes of `git merge-file` from here on tell of no number of conflicts: a side is binary, or something failed."""
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that differ between two texts: where they begin in each, from 0 on, and how many they are."""

    old: int
    old_count: int
    new: int
    new_count: int


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines of our side, `count` from `start` (from 1 on), that the other side changed as well; `text` is the first of them."""

    start: int
    count: int
    text: str


def merge_lines(*, base: bytes, ours: bytes, theirs: bytes) -> bytes | tuple[Clash, ...] | None:
    """Give the merged text, or the places where both sides changed the same lines; None where one of the three is no text."""
    with tempfile.TemporaryDirectory(prefix="autoexp-merge-") as folder:
        git, files = _alone(Path(folder)), _laid_out(Path(folder), (ours, base, theirs))
        code, output, errors = git.ask("merge-file", "-p", *files)
        if code == 0:
            return output
        if 0 < code < _CANNOT:
            return _clashes(git, files, ours)
        if b"binary" in errors:
            return None
        raise GitError(f"git merge-file failed with exit code {code}: {errors.decode('utf-8', 'replace').strip()}")


def hunks(a: bytes, b: bytes) -> tuple[Hunk, ...]:
    """Give the lines that differ between two texts."""
    with tempfile.TemporaryDirectory(prefix="autoexp-merge-") as folder:
        return _hunks(_alone(Path(folder)), *_laid_out(Path(folder), (a, b)))


def _clashes(git: Git, files: Sequence[str], text: bytes) -> tuple[Clash, ...]:
    ours, base, theirs = files
    other, lines = _hunks(git, base, theirs), text.split(b"\n")
    return tuple(
        Clash(hunk.new + 1, hunk.new_count, _shown(lines, hunk.new))
        for hunk in _hunks(git, base, ours)
        if any(_touch(hunk, one) for one in other)
    )


def _hunks(git: Git, a: str, b: str) -> tuple[Hunk, ...]:
    words = ("diff", "--no-index", "--text", "-U0", "--inter-hunk-context=0", "--diff-algorithm=myers", "--no-color")
    code, output, errors = git.ask(*words, "--no-ext-diff", "--no-textconv", a, b)
    if code not in (0, 1):
        raise GitError(f"git diff failed with exit code {code}: {errors.decode('utf-8', 'replace').strip()}")
    return tuple(_hunk(*(int(number) if number else 1 for number in found)) for found in _HUNK.findall(output))


def _hunk(old: int, old_count: int, new: int, new_count: int) -> Hunk:
    """Give a hunk with places from 0 on; git names the line before it where a side has none."""
    return Hunk(old - (old_count > 0), old_count, new - (new_count > 0), new_count)


def _touch(a: Hunk, b: Hunk) -> bool:
    """Tell whether two changes of one text overlap, or have no line between them."""
    return a.old <= b.old + b.old_count and b.old <= a.old + a.old_count


def _shown(lines: Sequence[bytes], at: int) -> str:
    return lines[at].decode("utf-8", "replace").strip()[:_LONGEST] if at < len(lines) else ""


def _alone(folder: Path) -> Git:
    """Give a git that finds no repository: a style of conflicts, or attributes, that a user has set there would be heard."""
    return Git(folder, variables={"GIT_CEILING_DIRECTORIES": str(folder.parent)})


def _laid_out(folder: Path, texts: Sequence[bytes]) -> list[str]:
    names = [f"side-{i}" for i in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_bytes(text)
    return names
