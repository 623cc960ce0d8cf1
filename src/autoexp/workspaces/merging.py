"""Three-way merges of trees, path by path, without a checkout: what taking a kept change out again, or putting one on top, leaves.

Lines are merged as `git merge-file` does it. Whatever is no plain text on all three sides is taken whole from the one side that changed it,
or it is a conflict.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoexp.workspaces.changes import EXECUTABLE, PLAIN, Change, Entry
from autoexp.workspaces.linemerge import Hunk, hunks, merge_lines
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place where both sides changed the same lines, or a path that cannot be merged by lines.

    `start` and `count` are lines of our side, from 1 on; `start` is None where the whole path is meant. `text` is the first of these lines.
    """

    path: str
    why: str
    start: int | None = None
    count: int = 0
    text: str = ""

    @property
    def place(self) -> str:
        """Give path and line, as people and editors write it."""
        return self.path if self.start is None else f"{self.path}:{self.start}"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge makes of our side: the changes to it, or the conflicts for which there are none."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


_Three = tuple[Entry | None, tuple[Conflict, ...]]


def merged(repository: Repository, *, base: str, ours: str, theirs: str) -> Merged:
    """Give what changed from `base` to `theirs` as changes to `ours`; names are those of commits or trees.

    New contents are stored as blobs. With a conflict nothing is changed or stored. With base = a kept commit and theirs = its parent that
    commit is taken out again. Raises GitError where one of the trees is gone.
    """
    draft = Draft(repository, ours)
    conflicts = draft.merge(base=base, theirs=theirs)
    return Merged(conflicts=conflicts) if conflicts else Merged(changes=draft.store())


class Draft:
    """A commit's tree with changes in memory. Drafts that share `trees` share what they have learned of the repository."""

    def __init__(self, repository: Repository, commit: str, trees: "Trees | None" = None) -> None:
        self.commit = commit
        self.trees = trees or Trees(repository)
        self._repository = repository
        self._edits: dict[str, Entry | None] = {}

    def merge(self, *, base: str, theirs: str) -> tuple[Conflict, ...]:
        """Make the changes from `base` to `theirs` here as well. With conflicts, which are given, nothing is changed."""
        since = self.trees.changes(base, self.commit)
        edits: dict[str, Entry | None] = {}
        added: set[str] = set()
        conflicts: list[Conflict] = []
        for path, change in self.trees.changes(base, theirs).items():
            stored = since[path].new if path in since else change.old
            ours = self._edits.get(path, stored)
            entry, found = self.trees.three(path, base=change.old, ours=ours, theirs=change.new)
            conflicts += found
            if not found and entry != ours:
                edits[path] = entry
                added |= {path} if ours is None else set()
        conflicts += self._blocked(edits, added)
        if not conflicts:
            self._edits |= edits
        return tuple(conflicts)

    def changes(self) -> tuple[Change, ...]:
        """Give what differs from the commit, by path."""
        if not self._edits:
            return ()
        entries = self.trees.entries(self.commit)
        found = (Change(path, entries.get(path), new) for path, new in sorted(self._edits.items()))
        return tuple(change for change in found if change.old != change.new)

    def store(self) -> tuple[Change, ...]:
        """Store the contents that are new, and give the changes."""
        found = self.changes()
        made = [self.trees.made[change.new.oid] for change in found if change.new and change.new.oid in self.trees.made]
        if made:
            self._repository.write_blobs(made)
        return found

    def _blocked(self, edits: Mapping[str, Entry | None], added: set[str]) -> list[Conflict]:
        """Name new paths below which, or above which, a file stands."""
        if not added:
            return []
        now = {**self.trees.entries(self.commit), **self._edits, **edits}
        there = {path for path, entry in now.items() if entry is not None}
        folders = {folder for path in there for folder in _folders(path)}
        why = "a file stands where a folder has to be"
        return [Conflict(path, why) for path in added if path in folders or not there.isdisjoint(_folders(path))]


@dataclass(slots=True)
class Trees:
    """What was looked up and merged already; `made` holds merged contents that may not be stored yet, by their id."""

    repository: Repository
    made: dict[str, bytes] = field(default_factory=dict)
    _changes: dict[tuple[str, str], dict[str, Change]] = field(default_factory=dict)
    _entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    _merged: dict[tuple[str, str, str, str], tuple[str, tuple[Conflict, ...]]] = field(default_factory=dict)

    def changes(self, a: str, b: str) -> dict[str, Change]:
        """Give what differs between two trees, by path."""
        if (a, b) not in self._changes:
            self._changes[a, b] = {change.path: change for change in self.repository.changed(a, b)}
        return self._changes[a, b]

    def entries(self, commit: str) -> dict[str, Entry]:
        """Give every path of a tree."""
        if commit not in self._entries:
            self._entries[commit] = self.repository.entries(commit)
        return self._entries[commit]

    def hunks(self, a: str, b: str) -> tuple[Hunk, ...]:
        """Give the lines that differ between two blobs."""
        return hunks(self._text(a), self._text(b))

    def three(self, path: str, *, base: Entry | None, ours: Entry | None, theirs: Entry | None) -> _Three:
        """Merge one path: give its content, None where it is gone, and the conflicts."""
        if theirs in (ours, base):
            return ours, ()
        if ours == base:
            return theirs, ()
        if base is None or ours is None or theirs is None:
            why = "both sides added it" if base is None else "one side removed it, the other changed it"
            return ours, (Conflict(path, why),)
        if not {base.mode, ours.mode, theirs.mode} <= {PLAIN, EXECUTABLE}:
            return ours, (Conflict(path, "both sides changed it, and it is no plain file"),)
        oid, conflicts = self._content(path, base.oid, ours.oid, theirs.oid)
        return Entry(theirs.mode if ours.mode == base.mode else ours.mode, oid), conflicts

    def _content(self, path: str, base: str, ours: str, theirs: str) -> tuple[str, tuple[Conflict, ...]]:
        if theirs in (base, ours):
            return ours, ()
        if ours == base:
            return theirs, ()
        key = (path, base, ours, theirs)
        if key not in self._merged:
            self._merged[key] = self._by_lines(path, base, ours, theirs)
        return self._merged[key]

    def _by_lines(self, path: str, base: str, ours: str, theirs: str) -> tuple[str, tuple[Conflict, ...]]:
        texts = {"base": self._text(base), "ours": self._text(ours), "theirs": self._text(theirs)}
        found = merge_lines(**texts)
        if found is None:
            return ours, (Conflict(path, "both sides changed it, and it is no text"),)
        if isinstance(found, bytes):
            oid = self.repository.object_id("blob", found)
            self.made[oid] = found
            return oid, ()
        why = "both sides changed these lines"
        places = tuple(Conflict(path, why, start=one.start, count=one.count, text=one.text) for one in found)
        return ours, places or (Conflict(path, "both sides changed it"),)

    def _text(self, oid: str) -> bytes:
        return self.made[oid] if oid in self.made else self.repository.read_blob(oid)


def _folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:i]) for i in range(1, len(names))]
