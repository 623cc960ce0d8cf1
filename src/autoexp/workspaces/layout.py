"""Which names every folder of a tree should hold, and a walk that finds what is too much.

Folders are listed only when they changed: adding or removing a name moves the folder's change time, which nobody can
set. States younger than the clock's grain are not trusted.
"""

import os
import stat
from dataclasses import dataclass

from autoexp.workspaces.changes import Entry
from autoexp.workspaces.filesystem import open_up
from autoexp.workspaces.repository import is_gitlink

# A change later than this after another one surely carries another time stamp, on every file system in use.
GRAIN_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk found: topmost names too much, folders that are none (any more), folders with odd modes."""

    extras: tuple[str, ...]
    gone: frozenset[str]
    odd_modes: tuple[str, ...]


class Layout:
    """The folders of one tree."""

    def __init__(self, entries: dict[str, Entry], *, hidden: frozenset[str] = frozenset()) -> None:
        # Parents stand before their children: the walk relies on it.
        self._names: dict[str, set[str]] = {"": set()}
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._hidden = hidden
        for path, entry in entries.items():
            self.add(path, entry)

    def add(self, path: str, entry: Entry) -> None:
        """Expect a path; a submodule is an empty folder."""
        folder, _, name = path.rpartition("/")
        names = self._names.get(folder)
        if names is None:
            names = self._new_folder(folder)
        names.add(name)
        self._seen.pop(folder, None)
        if is_gitlink(entry):
            self._names.setdefault(path, set())

    def remove(self, path: str) -> list[str]:
        """Expect a path no longer; return the folders that are empty now, innermost first."""
        self._forget(path)
        emptied = []
        folder, _, name = path.rpartition("/")
        self._names[folder].discard(name)
        self._seen.pop(folder, None)
        while folder and not self._names[folder]:
            emptied.append(folder)
            self._forget(folder)
            folder, _, name = folder.rpartition("/")
            self._names[folder].discard(name)
            self._seen.pop(folder, None)
        return emptied

    def walk(self, root: str, *, now_ns: int, folder_mode: int) -> Walk:
        """Compare a tree on disk with the layout. Folders that cannot be read are opened up."""
        extras: list[str] = []
        odd_modes: list[str] = []
        gone: set[str] = set()
        seen = self._seen
        for folder, names in self._names.items():
            if gone and folder.rpartition("/")[0] in gone and folder:
                gone.add(folder)
                continue
            path = f"{root}/{folder}" if folder else root
            try:
                state = os.lstat(path)
            except FileNotFoundError:
                gone.add(folder)
                continue
            if not stat.S_ISDIR(state.st_mode):
                gone.add(folder)
                extras.append(folder)
                continue
            if state.st_mode != folder_mode:
                odd_modes.append(folder)
                open_up(path)
            signature = (state.st_ino, state.st_mtime_ns, state.st_ctime_ns)
            if seen.get(folder) == signature:
                continue
            found = self._surplus(path, folder, names)
            extras += found
            if not found and now_ns - state.st_ctime_ns > GRAIN_NS:
                seen[folder] = signature
            else:
                seen.pop(folder, None)
        return Walk(tuple(extras), frozenset(gone), tuple(odd_modes))

    def _surplus(self, path: str, folder: str, names: set[str]) -> list[str]:
        found = os.listdir(path)  # noqa: PTH208
        if names.issuperset(found):
            return []
        inner = f"{folder}/" if folder else ""
        hidden = self._hidden if not folder else frozenset[str]()
        return [inner + name for name in found if name not in names and name not in hidden]

    def _new_folder(self, folder: str) -> set[str]:
        parent, _, name = folder.rpartition("/")
        names = self._names.get(parent)
        if names is None:
            names = self._new_folder(parent)
        names.add(name)
        self._seen.pop(parent, None)
        return self._names.setdefault(folder, set())

    def _forget(self, folder: str) -> None:
        self._names.pop(folder, None)
        self._seen.pop(folder, None)
