"""The user's working tree as it is, held against a tree: what differs in scope as changes, what differs elsewhere by name. Nothing is written to it."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.workspaces.changes import EXECUTABLE, GITLINK, LINK, PLAIN, Change, Entry
from autoexp.workspaces.differing import watching
from autoexp.workspaces.filters import filtered
from autoexp.workspaces.git import Git, path_bytes, path_text
from autoexp.workspaces.repository import Repository

_PATHS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Differences:
    """What a working tree has other than a tree: `changes` in scope, and the paths `elsewhere` that were only looked at."""

    changes: tuple[Change, ...]
    elsewhere: tuple[str, ...]


def differences(
    repository: Repository, root: Path, entries: Mapping[str, Entry], *, inside: Callable[[str], bool]
) -> Differences:
    """Compare the checkout at `root` with the `entries` of a tree; contents of paths `inside` are stored in the repository.

    The user's own git says what a file would be committed as (filters, line ends, executable bits) and which new files it ignores. Raises
    AutoexpError for a checkout in the midst of a merge, or whose filters do not work.
    """
    with watching(root, repository.git_dir, **repository.stores) as git, filtered(git):
        index, touched = _index(git), _touched(git)
        now: dict[str, Entry | None] = {path: entry for path, entry in index.items() if path not in touched}
        odd = _read(repository, git, root, index, sorted(filter(inside, touched)), now)
    changes, elsewhere = [], {path for path in touched if not inside(path)} | odd
    for path in sorted({*entries, *now} - elsewhere):
        old, new = entries.get(path), now.get(path)
        if old == new:
            continue
        if inside(path) and not any(entry is not None and entry.mode == GITLINK for entry in (old, new)):
            changes.append(Change(path, old, new))
        else:
            elsewhere.add(path)
    return Differences(tuple(changes), tuple(sorted(elsewhere)))


def _index(git: Git) -> dict[str, Entry]:
    entries, unmerged = {}, set()
    for line in path_text(git.run("ls-files", "--stage", "-z")).split("\0")[:-1]:
        meaning, path = line.split("\t", 1)
        mode, oid, stage = meaning.split(" ")
        if stage != "0":
            unmerged.add(path)
        entries[path] = Entry(mode, oid)
    if unmerged:
        raise AutoexpError(
            f"a merge is not at its end in your checkout: {', '.join(sorted(unmerged)[:_PATHS_NAMED])}",
            where=str(git.cwd),
            fix="resolve the conflicts, or end the merge with git merge --abort",
        )
    return entries


def _touched(git: Git) -> set[str]:
    """List the paths whose files differ from the index, and new files that git does not ignore."""
    output = git.run(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"
    )
    lines = path_text(output).split("\0")[:-1]
    return {line[3:] for line in lines if line[1] != " "}


def _read(
    repository: Repository,
    git: Git,
    root: Path,
    index: Mapping[str, Entry],
    paths: Sequence[str],
    now: dict[str, Entry | None],
) -> set[str]:
    """Note what paths hold on disk; give those that are neither files nor links, which no candidate can hold."""
    modes_count = git.ask("config", "--type=bool", "core.fileMode")[1].strip() != b"false"
    odd, files = set(), {}
    for path in paths:
        try:
            state = os.lstat(path_bytes(f"{root}/{path}"))
        except (FileNotFoundError, NotADirectoryError):
            now[path] = None
            continue
        if stat.S_ISLNK(state.st_mode):
            now[path] = Entry(LINK, repository.write_blob(os.fsencode((root / path).readlink())))
        elif stat.S_ISREG(state.st_mode):
            before = index.get(path)
            if modes_count or before is None or before.mode not in {PLAIN, EXECUTABLE}:
                files[path] = EXECUTABLE if state.st_mode & 0o100 else PLAIN
            else:
                files[path] = before.mode
        elif stat.S_ISDIR(state.st_mode) and path in index and index[path].mode != GITLINK:
            now[path] = None  # what stands in it is listed for itself
        else:
            odd.add(path)
    for (path, mode), oid in zip(files.items(), _hashed(git, list(files)), strict=True):
        now[path] = Entry(mode, oid)
    return odd


def _hashed(git: Git, paths: Sequence[str]) -> list[str]:
    """Store files as the user's git would commit them, and give their ids."""
    if not paths:
        return []
    if any("\n" in path for path in paths):
        return [git.run("hash-object", "-w", "--", path).decode().strip() for path in paths]
    listed = b"".join(path_bytes(path) + b"\n" for path in paths)
    return git.run("hash-object", "-w", "--stdin-paths", stdin=listed).decode().split()
