"""The trees that harnesses measure: one per side, kept between samples, shown at one constant path."""

from pathlib import Path
from types import MappingProxyType

from autoexp.workspaces.contents import Contents
from autoexp.workspaces.fixtures import Fixtures
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.tree import PersistentTree


class MeasurementTrees:
    """Candidate and incumbent at the same path, in turns. There is no repository in them, and nothing hidden.

    With `contents` they hold what their commits only name as well; `hidden` then reads where those are found.
    """

    def __init__(
        self,
        repository: Repository,
        folder: Path,
        *,
        hidden: Hidden | None = None,
        fixtures: Fixtures = MappingProxyType({}),
        contents: Contents | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._repository = contents.repository if contents else repository
        self._complete = contents.complete if contents else str
        self._fixtures = fixtures
        self._hidden = hidden or Hidden(self._repository)
        self._sides = folder / "sides"
        self._window = folder / "w"
        self._trees: dict[str, PersistentTree] = {}
        self._shown: str | None = None
        self._used = False
        self._whole: str | None = None
        self._put_back()

    def place(self, side: str, commit: str) -> Path:
        """Show a side's tree, exactly at a commit but for what is hidden, and return the path."""
        return self._place(side, self._hidden.visible(self._complete(commit)))

    def place_whole(self, side: str, commit: str) -> Path:
        """Show a side's tree with what is hidden, until the next `clean`, and return the path."""
        whole = self._complete(commit)
        placed = self._place(side, whole)
        self._whole = whole
        return placed

    def clean(self) -> tuple[str, ...]:
        """Undo what a command did to the tree in use, hide what is hidden; return the tracked paths it had changed."""
        if self._shown is None:
            return ()
        tree = self._trees[self._shown]
        touched = tree.restore(tree.scan())
        if self._whole is not None:
            tree.move(self._hidden.visible(self._whole))
            self._whole = None
        self._used = False
        return touched

    def trust(self) -> None:
        """Believe that the tree in use is as it was: the command saw it read-only."""
        if self._whole is not None:
            self.clean()
        self._used = False

    def verify(self) -> tuple[str, ...]:
        """Compare every tree with its commit, put it right, and return the tracked paths that had changed."""
        touched: list[str] = []
        for tree in self._trees.values():
            if tree.commit is not None:
                touched += tree.restore(tree.scan())
        self._used = False
        return tuple(touched)

    def release(self) -> None:
        """Put the tree in use away. The trees stay for the next start."""
        if self._used:
            self.clean()
        self._hide()

    def _place(self, side: str, commit: str) -> Path:
        if self._used:
            self.clean()
        tree = self._tree(side)
        if self._shown != side:
            self._hide()
        tree.move(commit)
        if self._shown != side:
            tree.path.rename(self._window)
            tree.path = self._window
            self._shown = side
        self._used = True
        return self._window

    def _tree(self, side: str) -> PersistentTree:
        if side not in self._trees:
            self._trees[side] = PersistentTree(self._repository, self._sides / side, fixtures=self._fixtures)
        return self._trees[side]

    def _hide(self) -> None:
        if self._shown is not None:
            tree = self._trees[self._shown]
            tree.path = self._sides / self._shown / "tree"
            self._window.rename(tree.path)
            self._shown = None

    def _put_back(self) -> None:
        """After a kill, give a tree that is still shown back to its side: the one that has a note and no tree.

        Where something is to be hidden it is destroyed: it may have been shown whole.
        """
        if not self._window.is_dir():
            return
        owners = [note.parent for note in self._sides.glob("*/state.json") if not (note.parent / "tree").exists()]
        if len(owners) == 1 and self._hidden.names_nothing:
            self._window.rename(owners[0] / "tree")
            return
        trash = PersistentTree(self._repository, self._sides / "lost").trash
        trash.take(str(self._window))
        trash.empty()
