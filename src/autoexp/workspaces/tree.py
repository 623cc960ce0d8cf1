"""A tree of files on disk that lasts over experiments: moved by the paths that differ, checked by one scan.

The table of file states is git's (see statindex). Its clock counts whole seconds, so a path written by us is a
*suspect* from then on: its bytes are compared in every scan until the table is renewed when the write is long past.
A tree is handed out only when it is exactly its commit; after a kill it is scanned and restored, or built again.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces.changes import Change, Entry
from autoexp.workspaces.filesystem import Modes, change_clock_ns, identify, look, open_up
from autoexp.workspaces.layout import GRAIN_NS, Layout
from autoexp.workspaces.placing import place_entry, rests_untouched
from autoexp.workspaces.repository import Repository, is_gitlink
from autoexp.workspaces.statindex import StatIndex
from autoexp.workspaces.trash import Trash
from autoexp.workspaces.treestate import TreeState

_MANY_SUSPECTS = 64
_MANY_CHANGES = 5_000


@dataclass(frozen=True, slots=True)
class Scan:
    """What differs from the commit, perhaps: paths to compare, names too much, folders gone or with odd modes."""

    suspicious: tuple[str, ...]
    extras: tuple[str, ...]
    gone: frozenset[str]
    odd_modes: tuple[str, ...]


class PersistentTree:
    """One tree in a folder of the engine's; `path` is where its files stand now."""

    def __init__(self, repository: Repository, folder: Path, *, hidden: frozenset[str] = frozenset()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tree"
        self.commit: str | None = None
        self.entries: dict[str, Entry] = {}
        self.trash = Trash(folder / "trash")
        self.trash.empty()
        self.index = StatIndex(repository, folder / "git")
        self.modes = Modes.probe(folder)
        self._repository = repository
        self._folder = folder
        self._hidden = hidden
        self._state = TreeState(folder / "state.json", repository)
        self._layout = Layout({})
        self._links: set[str] = set()
        self._suspects: set[str] = set()
        self._stale: set[str] = set()
        self._noted_ns = 0

    def move(self, commit: str) -> None:
        """Make an untouched or restored tree equal to a commit."""
        if self.commit == commit:
            return
        if self.commit is None:
            self._reopen(commit)
            return
        changes = self._repository.changed(self.commit, commit)
        if len(changes) > _MANY_CHANGES and 4 * len(changes) > len(self.entries):
            self.build(commit)
            return
        self.commit = None  # until all is done: an error in between leads to a fresh start
        self._apply(changes)
        self.commit = commit

    def scan(self) -> Scan:
        """Look at everything once. Cheap doubts are reported as differences; the caller compares bytes."""
        if not self.path.is_dir() or self.path.is_symlink():
            self.trash.take(str(self.path))
            self.path.mkdir()
        open_up(str(self.path))
        check = self.index.start_check(self.path)
        try:
            now_ns = change_clock_ns(self._folder)
            walk = self._layout.walk(str(self.path), now_ns=now_ns, folder_mode=self.modes.folder)
        finally:
            differing = self.index.finish_check(check)
        if differing is None:
            suspicious = set(self.entries)
        else:
            suspicious = {path for path in differing if path in self.entries} | self._suspects
        return Scan(tuple(sorted(suspicious)), walk.extras, walk.gone, walk.odd_modes)

    def restore(self, scan: Scan) -> tuple[str, ...]:
        """Undo everything that a scan found; return the tracked paths that had another content, mode or type."""
        commit, self.commit = self.commit, None
        for extra in scan.extras:
            self.trash.take(f"{self.path}/{extra}")
        for folder in scan.odd_modes:
            (self.path / folder).chmod(self.modes.folder & 0o7777)
        touched = [path for path in (*scan.suspicious, *self._links & scan.gone) if self._settle(path)]
        self.trash.empty()
        self.commit = commit
        self._renew_when_due()
        return tuple(touched)

    def build(self, commit: str) -> None:
        """Make the tree from nothing."""
        self.commit = None
        self._state.forget()
        self.trash.take(str(self.path))
        self.trash.empty()
        self._set_entries(self._repository.entries(commit))
        self.index.create()
        self.path.mkdir()
        self.index.put(self.path, self.entries)
        self.index.write_files(self.path)
        for path in self._links:
            (self.path / path).mkdir(parents=True, exist_ok=True)
        self._stale = set()
        self._note(commit, self.entries)

    def sync_index(self) -> None:
        """Give the index the content of the present commit, for those who copy it."""
        if self._stale and self.commit is not None:
            self._state.forget()
            self.index.put(self.path, [(path, self.entries.get(path)) for path in self._stale])
            self._stale = set()
            self._state.remember(self.commit)

    def submodules(self) -> dict[str, str]:
        """Return the submodules of the commit: path -> their commit."""
        return {path: self.entries[path].oid for path in self._links}

    def _reopen(self, commit: str) -> None:
        base = self._state.commit()
        changes = None if base is None else self._changed_since(base, commit)
        if changes is None or not self.path.is_dir() or self.path.is_symlink() or not self.index.file.is_file():
            self.build(commit)
            return
        self._set_entries(self._repository.entries(commit))
        self._stale = {change.path for change in changes}
        self._suspects = self._recent(self.entries, self.index.file.stat().st_mtime_ns)
        self._suspects |= {change.path for change in changes if change.new is not None}
        self.restore(self.scan())
        self.commit = commit

    def _changed_since(self, base: str, commit: str) -> list[Change] | None:
        try:
            return self._repository.changed(base, commit)
        except GitError:  # the old commit may be gone for good
            return None

    def _set_entries(self, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self._layout = Layout(entries, hidden=self._hidden)
        self._links = {path for path, entry in entries.items() if is_gitlink(entry)}

    def _apply(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        for change in changes:
            self._stale.add(change.path)
            if change.old is not None:
                self.trash.take(f"{self.path}/{change.path}")
                self.entries.pop(change.path, None)
                self._links.discard(change.path)
                self._suspects.discard(change.path)
                for folder in self._layout.remove(change.path):
                    (self.path / folder).rmdir()
        for change in changes:
            if change.new is not None:
                self.entries[change.path] = change.new
                if is_gitlink(change.new):
                    self._links.add(change.path)
                self._layout.add(change.path, change.new)
                self._settle(change.path)
        self.trash.empty()

    def _settle(self, path: str) -> bool:
        entry = self.entries.get(path)
        if entry is None:
            return False
        self._suspects.add(path)
        target = f"{self.path}/{path}"
        if rests_untouched(target, entry, self.modes, self._repository.object_format):
            return False
        differs = identify(target, self._repository.object_format) != entry
        place_entry(self._repository, self.trash, self.path, path, entry)
        return differs

    def _renew_when_due(self) -> None:
        now_ns = change_clock_ns(self._folder)
        if self.commit is None or len(self._suspects) <= _MANY_SUSPECTS or now_ns - self._noted_ns < 2 * GRAIN_NS:
            return
        self._state.forget()
        self.index.put(self.path, [(path, self.entries.get(path)) for path in self._stale])
        self.index.refresh(self.path)
        self._stale = set()
        self._note(self.commit, self._suspects)

    def _note(self, commit: str, written: Iterable[str]) -> None:
        self._noted_ns = change_clock_ns(self._folder)
        self._suspects = self._recent(written, self._noted_ns)
        self._state.remember(commit)
        self.commit = commit

    def _recent(self, paths: Iterable[str], noted_ns: int) -> set[str]:
        """Paths whose state was young when the table was written: a later change might look the same."""
        root = os.fspath(self.path)
        recent = set()
        for path in paths:
            state = look(f"{root}/{path}")
            if state is None or state.st_ctime_ns > noted_ns - GRAIN_NS:
                recent.add(path)
        return recent
