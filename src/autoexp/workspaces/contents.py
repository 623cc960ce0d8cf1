"""What a commit only names: the files of submodules, and the content of what Git LFS keeps, put into the trees that are measured.

Nothing of it is written to the user's repository: a store of its own holds what is added, and borrows the rest.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces import lfs, submodules
from autoexp.workspaces.bundles import kinds
from autoexp.workspaces.changes import Change, Entry
from autoexp.workspaces.filesystem import write_whole
from autoexp.workspaces.objects import folder as tree_entry
from autoexp.workspaces.repository import Repository, is_gitlink
from autoexp.workspaces.submodules import Place

_UNCOMPRESSED = ("-c", "core.looseCompression=0", "-c", "pack.compression=0")
"""Large data are mostly compressed already, and git would take a second for some twenty megabytes of them."""


@dataclass(slots=True)
class Contents:
    """The commits of one campaign as they are measured. `repository` is where they are found.

    `submodules` and `files` are the paths that were not here to be put in, `placed` those that were.
    """

    repository: Repository
    submodules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    _changes: tuple[Change, ...] = ()
    _known: dict[str, str] = field(default_factory=dict)

    def complete(self, commit: str) -> str:
        """Give a commit without history that has everything in it; the commit itself where nothing is put in."""
        if not self._changes:
            return commit
        if commit not in self._known:
            self._known[commit] = self.repository.apart(commit, self._changes, "What is measured")
        return self._known[commit]

    @property
    def digest(self) -> str:
        """Hash what is put in and what is not here; empty where the commit is all there is."""
        if not (self._changes or self.submodules or self.files):
            return ""
        parts = [f"{change.path} {change.new.oid if change.new else ''}" for change in self._changes]
        text = "\0".join([*parts, "", *self.submodules, "", *self.files])
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def contents_of(
    repository: Repository,
    commit: str,
    folder: Path,
    *,
    in_scope: Callable[[str], bool],
    provided: Collection[str] = (),
) -> Contents:
    """Find what a campaign's first commit only names, and store what is here in `folder`.

    Files in scope stay what git holds of them. A submodule at a `provided` path is left out: the checkout's own is shown there.
    """
    finder = _Finder(repository, folder, in_scope, frozenset(provided))
    place = Place(tuple(dict.fromkeys((repository.git_dir, repository.common_dir))), repository.root)
    changes = finder.changes(commit, place, repository.common_dir)
    finder.repository.close()
    return Contents(
        repository=finder.repository,
        submodules=tuple(finder.submodules),
        files=tuple(finder.files),
        placed=tuple(finder.placed),
        _changes=tuple(changes),
    )


@dataclass(slots=True)
class _Finder:
    """Walks through a commit and its submodules, and stores their whole trees."""

    repository: Repository
    folder: Path
    in_scope: Callable[[str], bool]
    provided: frozenset[str]
    submodules: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    placed: list[str] = field(default_factory=list)
    _origin: Repository = field(init=False)
    _stores: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._origin = self.repository

    def changes(self, commit: str, place: Place, git_dir: Path, prefix: str = "") -> list[Change]:
        """Give what has to change in a commit's tree for it to be whole."""
        entries = self.repository.entries(commit)
        links = [path for path, entry in entries.items() if is_gitlink(entry)]
        names = submodules.names_of(self.repository, entries) if links else {}
        found = [self._link(path, entries[path], place.inside(path, names.get(path)), prefix) for path in links]
        found += self._pointers(entries, place, git_dir, prefix)
        return [change for change in found if change is not None]

    def _link(self, path: str, entry: Entry, place: Place | None, prefix: str) -> Change | None:
        full = prefix + path
        if full in self.provided:
            return Change(path, entry, None)
        if place is None or not self._borrow(place.git_dirs[0] / "objects", entry.oid):
            self.submodules.append(full)
            return None
        inner = self.changes(entry.oid, place, place.git_dirs[0], f"{full}/")
        self.placed.append(full)
        return Change(path, entry, tree_entry(self.repository.tree_with(entry.oid, inner)))

    def _borrow(self, store: Path, commit: str) -> bool:
        """Read from a submodule's store as well; tell whether all of a commit's files are there."""
        self._beside([*self._stores, store])
        try:
            return not self.repository.absent(self.repository.tree_of(commit))
        except GitError:
            self._beside(self._stores)
            return False

    def _beside(self, stores: list[Path]) -> None:
        if self.repository is not self._origin:
            self.repository.close()
        self._stores = list(stores)
        self.repository = self._origin.beside(self.folder / "objects", also=self._stores)

    def _pointers(self, entries: Mapping[str, Entry], place: Place, git_dir: Path, prefix: str) -> list[Change | None]:
        found = {
            path: pointer
            for path, pointer in lfs.pointers(self.repository, entries).items()
            if prefix or not self.in_scope(path)
        }
        if not found:
            return []
        if self.repository is self._origin:
            self._beside([])
        storage = lfs.storage(git_dir)
        return [self._file(path, entries[path], pointer, place, storage, prefix) for path, pointer in found.items()]

    def _file(
        self, path: str, entry: Entry, pointer: lfs.Pointer, place: Place, storage: Path, prefix: str
    ) -> Change | None:
        sources = [lfs.kept_in(storage, pointer), *([place.root / path] if place.root else [])]
        oid = self._stored(pointer, sources)
        if oid is None:
            self.files.append(prefix + path)
            return None
        self.placed.append(prefix + path)
        return Change(path, entry, Entry(entry.mode, oid))

    def _stored(self, pointer: lfs.Pointer, sources: list[Path]) -> str | None:
        """Store the content of a pointer, unless an earlier session has, and give its blob."""
        note = self.folder / "lfs" / pointer.digest
        git = self.repository.git
        if note.is_file():
            oid = note.read_text(encoding="ascii")
            if kinds(git, [oid])[oid] == "blob":
                return oid
        for source in sources:
            before = _state(source)
            if before is None or not lfs.holds(source, pointer):
                continue
            stored = git.run(*_UNCOMPRESSED, "hash-object", "-w", "--no-filters", "--", str(source))
            if _state(source) == before:
                note.parent.mkdir(parents=True, exist_ok=True)
                write_whole(note, stored.strip())
                return stored.decode().strip()
        return None


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
