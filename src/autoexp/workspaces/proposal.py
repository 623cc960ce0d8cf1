"""The disposable copy that a proposer edits: given out fresh, collected by our own look, never by its git."""

from pathlib import Path

from autoexp.workspaces.changes import Capture
from autoexp.workspaces.collecting import Collector, Limits
from autoexp.workspaces.onecommit import OneCommit
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope
from autoexp.workspaces.tree import PersistentTree, Scan

_DEFAULT = Limits()


class ProposalCopy:
    """One copy in a folder of the engine's, made ready again for every proposer."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self._repository = repository
        self._tree = PersistentTree(repository, folder, hidden=frozenset({".git"}))
        self._one_commit = OneCommit(repository, folder / "template", self._tree.trash)
        self._scan: Scan | None = None
        self._used = False

    def reset(self, commit: str) -> Path:
        """Return the copy at a commit's tree, with a repository of that one commit, and nothing else in it."""
        if self._used:
            # What the last scan found is what there is to undo: nobody writes between capture and reset.
            self._tree.restore(self._scan if self._scan is not None else self._tree.scan())
        self._used, self._scan = True, None
        self._tree.move(commit)
        self._one_commit.install(self._tree.path, commit, self._tree.index_file(), self._tree.submodules())
        return self._tree.path

    def capture(
        self, scope: Scope, *, max_files: int = _DEFAULT.max_files, max_bytes: int = _DEFAULT.max_bytes
    ) -> Capture:
        """Return what the proposer changed since `reset`; blobs in scope are stored in the user's repository."""
        self._scan = self._tree.scan()
        limits = Limits(max_files, max_bytes)
        return Collector(self._repository, self._tree, scope, limits).collect(self._scan)
