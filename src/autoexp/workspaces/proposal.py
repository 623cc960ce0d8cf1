"""The disposable copy that a proposer edits: given out fresh, collected by our own look, never by its git."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autoexp.workspaces.changes import Capture
from autoexp.workspaces.collecting import Collector, Limits
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.onecommit import OneCommit
from autoexp.workspaces.placing import place_entry
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope
from autoexp.workspaces.tree import PersistentTree, Scan

_DEFAULT = Limits()


class ProposalCopy:
    """One copy in a folder of the engine's, made ready again for every proposer; nothing hidden is in it.

    `known` gives the secret values that no candidate may hold.
    """

    def __init__(
        self,
        repository: Repository,
        folder: Path,
        *,
        hidden: Hidden | None = None,
        known: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._repository = repository
        self._hidden = hidden or Hidden(repository)
        self._known = known
        self._commit = ""
        self._tree = PersistentTree(repository, folder, hidden=frozenset({".git"}))
        self._one_commit = OneCommit(repository, folder / "template", self._tree.trash)
        self._scan: Scan | None = None
        self._used = False

    def reset(self, commit: str) -> Path:
        """Return the copy at a commit's visible tree, with a repository of that one commit, and nothing else in it."""
        if self._used:
            # What the last scan found is what there is to undo: nobody writes between capture and reset.
            self._tree.restore(self._scan if self._scan is not None else self._tree.scan())
        self._used, self._scan = True, None
        self._commit, shown = commit, self._hidden.visible(commit)
        self._tree.move(shown)
        self._one_commit.install(self._tree.path, shown, self._tree.index_file(), self._tree.submodules())
        return self._tree.path

    def again(self, parent: str, candidate: str | None) -> Path:
        """Return the copy at `parent` with the change of a candidate in it, not committed, for whoever mends it."""
        path = self.reset(parent)
        for change in self._repository.changed(parent, candidate) if candidate else ():
            if change.new is not None:
                place_entry(self._repository, self._tree.trash, path, change.path, change.new)
            else:
                self._tree.trash.take(f"{path}/{change.path}")
        return path

    def capture(
        self, scope: Scope, *, max_files: int = _DEFAULT.max_files, max_bytes: int = _DEFAULT.max_bytes
    ) -> Capture:
        """Return what the proposer changed since `reset`; blobs in scope are stored in the user's repository.

        Where a file in scope holds a secret, nothing is stored. What is hidden lies outside of every scope.
        """
        self._scan = self._tree.scan()
        limits = Limits(max_files, max_bytes)
        captured = Collector(self._repository, self._tree, scope, limits, known=tuple(self._known())).collect(
            self._scan
        )
        closed = self._hidden.touched(self._commit, captured.changes)
        if not closed:
            return captured
        left = tuple(one for one in captured.changes if one.path not in closed)
        return replace(captured, changes=left, outside=tuple(sorted({*captured.outside, *closed})))
