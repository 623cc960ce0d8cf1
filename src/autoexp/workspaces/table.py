"""Which files of a tree may have changed: git's table of file states, and the paths for which its word is not enough.

The table's clock counts whole seconds, so a path written by us is a *suspect* from then on: its bytes are compared in
every scan, until the table is renewed when the write is long past. The note beside the table says which commit it
describes; it is taken away before the table changes, so a kill in between leads to a new table.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from autoexp.workspaces.changes import Change, Entry
from autoexp.workspaces.filesystem import change_clock_ns, look
from autoexp.workspaces.layout import GRAIN_NS
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.statindex import Check, StatIndex
from autoexp.workspaces.trash import Trash
from autoexp.workspaces.treestate import TreeState

_MANY_SUSPECTS = 64
_MANY_BYTES = 64 << 20
"""What suspects may hold together until the table is renewed: they are read in every scan."""


class StateTable:
    """The table of one tree, in a folder of its own beside the tree."""

    def __init__(self, repository: Repository, folder: Path, trash: Trash) -> None:
        self._repository = repository
        self._folder = folder
        self._trash = trash
        self._note = TreeState(folder / "state.json", repository)
        self._index = StatIndex(repository, folder / "tables" / "none")
        self._suspects: set[str] = set()
        # Paths for which the index still holds the content of an earlier commit.
        self._stale: set[str] = set()
        self._noted_ns = 0

    @property
    def index_file(self) -> Path:
        """Give the index that only the engine writes."""
        return self._index.file

    def open(self) -> str | None:
        """Take up the table of an earlier process; return the commit it describes, None when there is any doubt."""
        found = self._note.read()
        if found is None:
            return None
        self._index = StatIndex(self._repository, self._folder / "tables" / found.table)
        if not self._index.file.is_file():
            return None
        self._index.unlock()
        return found.commit

    def adopt(self, tree: Path, entries: Mapping[str, Entry], changes: Iterable[Change]) -> None:
        """Use the opened table for another commit, that differs by `changes` from the one it describes."""
        self._stale = {change.path for change in changes}
        self._suspects = _recent(tree, entries, self._index.file.stat().st_mtime_ns)
        self._suspects |= self._stale & entries.keys()

    def build(self, tree: Path, entries: Mapping[str, Entry], commit: str) -> None:
        """Write all files into an empty tree and note their states."""
        self.drop()
        # A name of its own: a git of a killed engine may still write to the table before.
        self._index = StatIndex(self._repository, self._folder / "tables" / secrets.token_hex(4))
        self._index.create()
        self._index.put(tree, entries.items())
        self._index.write_files(tree)
        self._stale = set()
        self._take_note(tree, commit, entries)

    def drop(self) -> None:
        """Forget everything."""
        self._note.forget()
        self._trash.take(str(self._folder / "tables"))

    def changes(self, path: str) -> None:
        """Hear that a path gets another content in the commit that the tree moves to."""
        self._stale.add(path)
        self._suspects.discard(path)

    def suspect(self, path: str) -> None:
        """Hear that a path was written, or that its state says nothing."""
        self._suspects.add(path)

    def start_check(self, tree: Path) -> Check:
        """Begin to compare all file states with the table."""
        return self._index.start_check(tree)

    def finish_check(self, check: Check, entries: Mapping[str, Entry]) -> set[str]:
        """Return the paths that may have changed."""
        differing = self._index.finish_check(check)
        if differing is None:  # git could not tell
            return set(entries)
        return {path for path in differing if path in entries} | self._suspects

    def sync(self, tree: Path, entries: Mapping[str, Entry], commit: str) -> None:
        """Give the index the content of the tree's commit."""
        if self._stale:
            self._note.forget()
            self._put_stale(tree, entries)
            self._note.write(commit, self._index.folder.name)

    def renew_when_due(self, tree: Path, entries: Mapping[str, Entry], commit: str) -> None:
        """Clear old suspects of a tree that is known to be exactly its commit."""
        now_ns = change_clock_ns(self._folder)
        few = len(self._suspects) <= _MANY_SUSPECTS and _weight(tree, self._suspects) <= _MANY_BYTES
        if few or now_ns - self._noted_ns < 2 * GRAIN_NS:
            return
        self._note.forget()
        self._put_stale(tree, entries)
        self._index.refresh(tree)
        self._take_note(tree, commit, self._suspects)

    def _put_stale(self, tree: Path, entries: Mapping[str, Entry]) -> None:
        self._index.put(tree, [(path, entries.get(path)) for path in self._stale])
        self._stale = set()

    def _take_note(self, tree: Path, commit: str, written: Iterable[str]) -> None:
        self._noted_ns = change_clock_ns(self._folder)
        self._suspects = _recent(tree, written, self._noted_ns)
        self._note.write(commit, self._index.folder.name)


def _weight(tree: Path, paths: Iterable[str]) -> int:
    """Give the bytes that some paths hold together."""
    states = (look(f"{tree}/{path}") for path in paths)
    return sum(state.st_size for state in states if state is not None)


def _recent(tree: Path, paths: Iterable[str], noted_ns: int) -> set[str]:
    """Paths whose state was young when the table was written: a later change might look the same."""
    root = os.fspath(tree)
    recent = set()
    for path in paths:
        try:
            state = look(f"{root}/{path}")
        except PermissionError:  # a folder that a proposer closed
            state = None
        if state is None or state.st_ctime_ns > noted_ns - GRAIN_NS:
            recent.add(path)
    return recent
