"""A tree of files on disk that lasts over experiments: moved by the paths that differ, checked by one scan.

A tree is handed out only when it is exactly its commit; after a kill it is scanned and restored, or built again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from autoexp.errors import GitError
from autoexp.workspaces.changes import GITLINK, PLAIN, Change, Entry
from autoexp.workspaces.filesystem import Modes, change_clock_ns, identify, is_real_folder, open_up
from autoexp.workspaces.fixtures import Fixtures, displaced, missing, put
from autoexp.workspaces.layout import Layout
from autoexp.workspaces.placing import place_entry, rests_untouched
from autoexp.workspaces.repository import Repository, is_gitlink
from autoexp.workspaces.table import StateTable
from autoexp.workspaces.trash import Trash

_MANY_CHANGES = 5_000
_FOLDER, _FILE = Entry(GITLINK, ""), Entry(PLAIN, "")


@dataclass(frozen=True, slots=True)
class Scan:
    """What differs from the commit, perhaps: paths to compare, names too much, folders gone or with odd modes."""

    suspicious: tuple[str, ...]
    extras: tuple[str, ...]
    gone: frozenset[str]
    odd_modes: tuple[str, ...]


class PersistentTree:
    """One tree in a folder of the engine's; `path` is where its files stand now."""

    def __init__(
        self,
        repository: Repository,
        folder: Path,
        *,
        hidden: frozenset[str] = frozenset(),
        fixtures: Fixtures = MappingProxyType({}),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tree"
        self.commit: str | None = None
        self.entries: dict[str, Entry] = {}
        self.trash = Trash(folder / "trash")
        self.trash.empty()
        self.modes = Modes.probe(folder)
        self._repository = repository
        self._folder = folder
        self._hidden = hidden
        self._fixtures = fixtures
        self._table = StateTable(repository, folder, self.trash)
        self._layout = Layout({})
        self._links: set[str] = set()
        self._standing: set[str] = set()

    def move(self, commit: str) -> None:
        """Make an untouched or restored tree equal to a commit."""
        if self.commit != commit:
            self._move(commit)
            self._put_fixtures()

    def _move(self, commit: str) -> None:
        if self.commit is None:
            self._reopen(commit)
            return
        changes = self._changed_since(self.commit, commit)
        if changes is None or (len(changes) > _MANY_CHANGES and 4 * len(changes) > len(self.entries)):
            self.build(commit)
            return
        self.commit = None  # until all is done: an error in between leads to a fresh start
        self._apply(changes)
        self.commit = commit

    def scan(self) -> Scan:
        """Look at everything once. Cheap doubts are reported as differences; the caller compares bytes."""
        if not is_real_folder(self.path):
            self.trash.take(str(self.path))
            self.path.mkdir()
        open_up(str(self.path))
        check = self._table.start_check(self.path)
        try:
            now_ns = change_clock_ns(self._folder)
            walk = self._layout.walk(str(self.path), now_ns=now_ns, folder_mode=self.modes.folder)
        finally:
            suspicious = self._table.finish_check(check, self.entries)
        return Scan(tuple(sorted(suspicious)), walk.extras, walk.gone, walk.odd_modes)

    def restore(self, scan: Scan) -> tuple[str, ...]:
        """Undo everything that a scan found; return the tracked paths that had another content, mode or type."""
        commit, self.commit = self.commit, None
        for extra in scan.extras:
            self.trash.take(f"{self.path}/{extra}")
        for folder in scan.odd_modes:
            (self.path / folder).chmod(self.modes.folder & 0o7777)
        touched = [path for path in (*scan.suspicious, *self._links & scan.gone) if self._settle(path)]
        self._put_fixtures()
        self.trash.empty()
        self.commit = commit
        if commit is not None:
            self._table.renew_when_due(self.path, self.entries, commit)
        return tuple(touched)

    def build(self, commit: str) -> None:
        """Make the tree from nothing."""
        self.commit = None
        self._table.drop()
        self.trash.take(str(self.path))
        self.trash.empty()
        self._set_entries(self._repository.entries(commit))
        self.path.mkdir()
        self._table.build(self.path, self.entries, commit)
        for path in self._links:
            (self.path / path).mkdir(parents=True, exist_ok=True)
        self._put_fixtures()
        self.commit = commit

    def index_file(self) -> Path:
        """Return a git index of the present commit, with the states of its files, to be copied."""
        if self.commit is not None:
            self._table.sync(self.path, self.entries, self.commit)
        return self._table.index_file

    def submodules(self) -> dict[str, str]:
        """Return the submodules of the commit: path -> their commit."""
        return {path: self.entries[path].oid for path in self._links}

    def _reopen(self, commit: str) -> None:
        base = self._table.open() if is_real_folder(self.path) else None
        changes = None if base is None else self._changed_since(base, commit)
        if changes is None:
            self.build(commit)
            return
        self._set_entries(self._repository.entries(commit))
        self._table.adopt(self.path, self.entries, changes)
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
        self._standing = set()
        self._links = {path for path, entry in entries.items() if is_gitlink(entry)}

    def _put_fixtures(self) -> None:
        if not self._fixtures:
            return
        needed = missing(self._fixtures, self.entries)
        self._standing = set(needed)
        for path, fixture in needed.items():
            self._layout.add(path, _FOLDER if fixture.kind == "folder" else _FILE)
            put(self.path, path, fixture, self.trash)

    def _make_way(self, changes: Sequence[Change]) -> None:
        for path in displaced(self._standing, {change.path for change in changes if change.new is not None}):
            self.trash.take(f"{self.path}/{path}")
            self._standing.discard(path)
            for folder in self._layout.remove(path):
                (self.path / folder).rmdir()

    def _apply(self, changes: Sequence[Change]) -> None:
        self._make_way(changes)
        for change in changes:
            self._table.changes(change.path)
            if change.old is not None:
                self.trash.take(f"{self.path}/{change.path}")
                self.entries.pop(change.path, None)
                self._links.discard(change.path)
                for folder in self._layout.remove(change.path):
                    (self.path / folder).rmdir()
        for change in changes:
            if change.new is not None:
                self.entries[change.path] = change.new
                self._layout.add(change.path, change.new)
                if is_gitlink(change.new):
                    self._links.add(change.path)
                self._settle(change.path)
        self.trash.empty()

    def _settle(self, path: str) -> bool:
        """Put a path right if need be; tell whether it had another content, mode or type."""
        entry = self.entries[path]
        self._table.suspect(path)
        target = f"{self.path}/{path}"
        if rests_untouched(target, entry, self.modes, self._repository.object_format):
            return False
        differs = identify(target, self._repository.object_format) != entry
        place_entry(self._repository, self.trash, self.path, path, entry)
        return differs
