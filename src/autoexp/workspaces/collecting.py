"""Collecting a candidate from a proposer's copy: in scope or outside, by our own look at every path that differs."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from autoexp.workspaces.changes import EXECUTABLE, PLAIN, Capture, Change, Entry
from autoexp.workspaces.filesystem import identify, look, open_up, read_regular
from autoexp.workspaces.git import path_bytes
from autoexp.workspaces.ignore import IgnoreRules, is_leftover
from autoexp.workspaces.objects import forbidden
from autoexp.workspaces.quoting import shown
from autoexp.workspaces.repository import Repository, is_gitlink
from autoexp.workspaces.scope import Scope
from autoexp.workspaces.secrets import new_secrets
from autoexp.workspaces.tree import PersistentTree, Scan

_MOST_OUTSIDE = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a candidate may change."""

    max_files: int = 1_000
    max_bytes: int = 64 << 20


@dataclass(slots=True)
class Collector:
    """Sorts what one proposer left."""

    repository: Repository
    tree: PersistentTree
    scope: Scope
    limits: Limits
    known: tuple[str, ...] = ()
    outside: set[str] = field(default_factory=set)
    unfit: dict[str, str] = field(default_factory=dict)
    _deleted: list[Change] = field(default_factory=list)
    _files: list[tuple[str, Entry | None, str, bytes]] = field(default_factory=list)
    _bytes: int = 0

    def collect(self, scan: Scan) -> Capture:
        """Return the candidate; blobs of changed files are stored, unless one of them holds a secret."""
        ignored = IgnoreRules(self.repository, self.tree.entries)
        for path in scan.suspicious:
            self._tracked(path, scan, ignored)
        for path in scan.extras:
            if self._in_submodule(path):
                self.outside.add(path)
            else:
                self._untracked(path, ignored)
        outside = tuple(sorted(self.outside)[:_MOST_OUTSIDE])
        if secrets := tuple(self._secrets()):
            return Capture(outside=outside, secrets=secrets, unfit=self.unfit)
        stored = self.repository.write_blobs([data for *_, data in self._files])
        changes = [
            Change(path, old, Entry(mode, oid)) for (path, old, mode, _), oid in zip(self._files, stored, strict=True)
        ]
        ordered = sorted([*changes, *self._deleted], key=lambda change: change.path)
        return Capture(tuple(ordered), outside, unfit=self.unfit)

    def _secrets(self) -> Iterator[str]:
        """Say which secrets the changed files hold that were not there before, and where; never their values."""
        for path, old, _, data in self._files:
            before = self.repository.read_blob(old.oid) if old is not None else None
            for found in new_secrets(before, data, known=self.known):
                yield f"{shown(path)}, line {found.line}: {found.kind}"

    def _tracked(self, path: str, scan: Scan, ignored: IgnoreRules) -> None:
        old = self.tree.entries[path]
        if is_gitlink(old):
            return  # an empty folder has no states; what was put into it is found as a name too much
        target = f"{self.tree.path}/{path}"
        beyond = bool(scan.gone) and path.rpartition("/")[0] in scan.gone
        state = None if beyond else look(target)
        if state is not None and identify(target, self.repository.object_format) == old:
            return
        if state is not None and stat.S_ISDIR(state.st_mode):
            self._untracked(path, ignored)
            state = None
        if not self.scope.matches(path):
            self.outside.add(path)
        elif state is None:
            self._deleted.append(Change(path, old, None))
        else:
            self._take(path, old, state)

    def _in_submodule(self, path: str) -> bool:
        while path:
            if is_gitlink(self.tree.entries.get(path)):
                return True
            path = path.rpartition("/")[0]
        return False

    def _untracked(self, path: str, ignored: IgnoreRules) -> None:
        waiting = [path]
        while waiting and len(self.outside) <= _MOST_OUTSIDE:
            path = waiting.pop()
            try:
                state = look(f"{self.tree.path}/{path}")
            except OSError:  # a path too long to look at
                self.outside.add(path)
                continue
            if state is None:
                continue
            if stat.S_ISDIR(state.st_mode):
                waiting += self._folder(path, ignored)
            elif is_leftover(path) and stat.S_ISREG(state.st_mode):
                continue
            elif self.scope.matches(path):
                self._take(path, None, state)
            elif not ignored.ignores(path):
                self.outside.add(path)

    def _folder(self, path: str, ignored: IgnoreRules) -> list[str]:
        """Look into a new folder: a repository is an offence as a whole, other folders are what they hold."""
        if is_leftover(path + "/"):
            return []
        full = f"{self.tree.path}/{path}"
        open_up(full)
        try:
            names = os.listdir(full)  # noqa: PTH208
        except OSError:
            self.outside.add(path + "/")
            return []
        if any(forbidden(path_bytes(name)) for name in names):
            if not ignored.ignores(path + "/"):
                self.outside.add(path + "/")
            return []
        return [f"{path}/{name}" for name in names]

    def _take(self, path: str, old: Entry | None, state: os.stat_result) -> None:
        regular = stat.S_ISREG(state.st_mode)
        odd_name = any(forbidden(name) for name in path_bytes(path).split(b"/"))
        full = len(self._files) >= self.limits.max_files
        data = None
        if regular and not odd_name and not full:
            data = read_regular(f"{self.tree.path}/{path}", self.limits.max_bytes - self._bytes)
        if data is None:
            self.outside.add(path)
            self.unfit[path] = self._why_unfit(state, odd_name=odd_name, full=full)
            return
        self._bytes += len(data)
        self._files.append((path, old, EXECUTABLE if state.st_mode & 0o100 else PLAIN, data))

    def _why_unfit(self, state: os.stat_result, *, odd_name: bool, full: bool) -> str:
        if stat.S_ISLNK(state.st_mode):
            return "a symbolic link"
        if not stat.S_ISREG(state.st_mode):
            return "no regular file"
        if odd_name:
            return "a name that git refuses"
        if full:
            return f"one file more than the {self.limits.max_files} that a candidate may change"
        if self._bytes + state.st_size > self.limits.max_bytes:
            return f"too large: a candidate may change {self.limits.max_bytes} bytes in all"
        return "a file that cannot be read"
