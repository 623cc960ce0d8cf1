"""The files of HEAD, as inference reads them."""

import functools
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autoexp.errors import GitError
from autoexp.workspaces.changes import GITLINK
from autoexp.workspaces.repository import Repository

LONGEST = 256 * 1024
"""A file of more characters than this is cut: nobody writes a build file that long by hand."""
_LINK, _EXECUTABLE = "120000", "100755"


def _nothing(path: str) -> str:  # noqa: ARG001  a reader
    return ""


@dataclass(frozen=True, slots=True)
class Files:
    """Tracked paths and their texts; `ignored` is what git ignores in the checkout, folders without a slash at the end."""

    paths: tuple[str, ...]
    read: Callable[[str], str] = _nothing
    ignored: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()
    _known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the paths as a set: they are asked for one by one."""
        object.__setattr__(self, "_known", frozenset(self.paths))

    @classmethod
    def of(cls, texts: Mapping[str, str], *, ignored: Sequence[str] = (), executable: Sequence[str] = ()) -> "Files":
        """Give files from a mapping of path to text."""
        return cls(tuple(sorted(texts)), lambda path: texts.get(path, ""), tuple(ignored), frozenset(executable))

    def has(self, path: str) -> bool:
        """Tell whether a path is tracked."""
        return path in self._known

    def holds(self, folder: str) -> bool:
        """Tell whether a tracked file lies below a folder."""
        return any(path.startswith(f"{folder}/") for path in self.paths)

    def text(self, path: str) -> str:
        """Give the text of a tracked file, cut at LONGEST; empty when there is none or it is no text."""
        return self.read(path)[:LONGEST] if self.has(path) else ""

    def like(self, pattern: str) -> tuple[str, ...]:
        """Give the paths that a regular expression fits as a whole."""
        fits = re.compile(pattern)
        return tuple(path for path in self.paths if fits.fullmatch(path))

    def first(self, *paths: str) -> str:
        """Give the first of these paths that is tracked; empty when none is."""
        return next((path for path in paths if self.has(path)), "")

    def below(self, folder: str) -> "Files":
        """Give the same files as they are seen from a folder."""
        if not folder:
            return self

        def inner(paths: Sequence[str]) -> tuple[str, ...]:
            return tuple(path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/"))

        return Files(
            inner(self.paths),
            lambda path: self.read(posixpath.join(folder, path)),
            inner(self.ignored),
            frozenset(inner(sorted(self.executable))),
        )


def files_of(repository: Repository, commit: str) -> Files:
    """Give the files of a commit, and what git ignores in the checkout. A file is read when it is asked for first."""
    entries = {path: entry for path, entry in repository.entries(commit).items() if entry.mode not in {GITLINK, _LINK}}

    @functools.cache
    def read(path: str) -> str:
        try:
            data = repository.read_blob(f"{commit}:{path}")
        except GitError:
            return ""
        return "" if b"\0" in data[:8000] else data[: 4 * LONGEST].decode("utf-8", "replace")

    return Files(
        tuple(sorted(entries)),
        read,
        tuple(repository.ignored()),
        frozenset(path for path, entry in entries.items() if entry.mode == _EXECUTABLE),
    )
