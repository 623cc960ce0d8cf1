"""The files of a workspace that a model reads, and the writing of its edits: nothing outside of the scope, nothing through a link."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autoexp.errors import AutoexpError, WorldError
from autoexp.ports import ProposerFailed
from autoexp.proposers.applying import DISK_FAILED, inside
from autoexp.proposers.model.protocol.errors import Unusable, shown_text
from autoexp.workspaces.changes import EXECUTABLE, PLAIN
from autoexp.workspaces.ignore import is_leftover
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

LETTERS_PER_TOKEN = 4
_GLOB = frozenset("*?[]!#\\")
_LARGEST = 4 << 20
_LONGEST = 200


def files_matching(workspace: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """Give the regular files whose paths match, by path; links, .git and interpreters' caches aside. Larger than 4 MB: not read."""
    return {path: (workspace / path).read_bytes() for path in paths_matching(workspace, patterns)}


def paths_matching(workspace: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Give the paths of the same files, in their order, and read none."""
    scope = Scope(patterns)
    for path in sorted(_paths(workspace, patterns)):
        place = workspace / path
        wanted = scope.matches(path) and not is_leftover(path) and not place.is_symlink() and place.is_file()
        if wanted and place.stat().st_size <= _LARGEST:
            yield path


def files_at(folder: Path, commit: str, patterns: Sequence[str]) -> dict[str, bytes]:
    """Give the same files as a commit of the repository around `folder` has them; none where git cannot tell."""
    scope, found = Scope(patterns), {}
    try:
        repository = Repository.open(folder)
        try:
            for path, entry in sorted(repository.entries(commit).items()):
                if entry.mode in {PLAIN, EXECUTABLE} and scope.matches(path) and not is_leftover(path):
                    content = repository.read_blob(entry.oid)
                    if len(content) <= _LARGEST:
                        found[path] = content
        finally:
            repository.close()
    except (AutoexpError, WorldError):
        return {}
    return found


def refuse_too_long(files: Mapping[str, bytes], context: int) -> None:
    """Raise AutoexpError when the code that a model would have to read is longer than `context` tokens."""
    size = sum(len(content) for content in files.values()) // LETTERS_PER_TOKEN
    if size > context:
        largest = sorted(files, key=lambda path: -len(files[path]))[:3]
        raise AutoexpError(
            f"the code in scope has about {size:,} tokens, and a model reads {context:,} at most (largest: {', '.join(largest)})",
            where="proposer.context",
            fix="name fewer files in scope.edit or proposer.show, raise proposer.context, or let a coding agent propose",
        )


def refuse_unread(changed: Mapping[str, bytes | None], files: Mapping[str, bytes], workspace: Path) -> None:
    """Raise Unusable when a file would be written over that is there and was too large to be shown."""
    for path in changed:
        place = workspace / path
        if path not in files and place.is_file() and not place.is_symlink():
            raise Unusable(f"{path} is there, but was not shown, for it is too large: it cannot be edited")


def write_changes(changed: Mapping[str, bytes | None], workspace: Path) -> None:
    """Write new contents, and remove what has none. Raises Unusable for a path that cannot be written, one that leads out before any other.

    Raises OSError where it is the disk that failed.
    """
    try:
        places = {path: inside(workspace, path) for path in changed}  # all are looked at before one is written
    except (ProposerFailed, OSError) as error:
        raise Unusable(_reason(error)) from None
    for path, content in changed.items():
        place = places[path]
        try:
            if content is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        except OSError as error:
            if error.errno in DISK_FAILED:
                raise
            raise Unusable(f"{shown_text(path, _LONGEST)} cannot be written: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return (error.strerror or "it is refused") if isinstance(error, OSError) else str(error)


def _paths(workspace: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Give paths that may match: those named in full, or every file where a pattern is one indeed."""
    plain = [pattern.removeprefix("/") for pattern in patterns]
    if not any(_GLOB & set(pattern) for pattern in plain) and all(
        "/" in one or two.startswith("/") for one, two in zip(plain, patterns, strict=True)
    ):
        yield from (path for path in plain if (workspace / path).is_file())
        if not any((workspace / path).is_dir() for path in plain):
            return
    for folder, folders, names in os.walk(workspace):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), workspace)  # noqa: PTH118  many paths
