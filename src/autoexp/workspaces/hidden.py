"""What nobody but the holdout sees: commits whose trees lack the hidden paths, made once and found again."""

from collections.abc import Sequence

from autoexp.errors import GitError
from autoexp.spec.patterns import Patterns
from autoexp.workspaces.changes import Change
from autoexp.workspaces.repository import Repository


class Hidden:
    """The paths that the contract's `scope.hidden` patterns (gitignore syntax) name."""

    def __init__(self, repository: Repository, patterns: Sequence[str] = ()) -> None:
        self._repository = repository
        self._patterns = Patterns(patterns) if patterns else None
        self._visible: dict[str, str] = {}

    @property
    def names_nothing(self) -> bool:
        """Tell whether there are no patterns at all."""
        return self._patterns is None

    def matches(self, path: str) -> bool:
        """Tell whether a path, relative to the repository's top, is hidden."""
        return self._patterns is not None and self._patterns.matches(path)

    def paths(self, commit: str) -> tuple[str, ...]:
        """List the hidden paths of a commit."""
        if self._patterns is None:
            return ()
        return tuple(path for path in self._repository.paths(commit) if self.matches(path))

    def visible(self, commit: str) -> str:
        """Give a commit without history that lacks the hidden paths; the commit itself where it has none.

        Nothing refers to it: one that a `git gc` has removed is made again, under the same id.
        """
        if self._patterns is None:
            return commit
        known = self._visible.get(commit)
        if known is None or not self._exists(known):
            paths = self.paths(commit)
            known = self._repository.without(commit, paths) if paths else commit
            self._visible[commit] = known
        return known

    def touched(self, commit: str, changes: Sequence[Change]) -> set[str]:
        """Give the paths of changes, made on the visible tree of a commit, that would touch what is hidden there."""
        if self._patterns is None:
            return set()
        below = {change.path + "/" for change in changes if change.new is not None}
        buried = {start for path in self.paths(commit) for start in _folders(path) if start in below}
        return {change.path for change in changes if self.matches(change.path) or change.path + "/" in buried}

    def _exists(self, commit: str) -> bool:
        try:
            self._repository.tree_of(commit)
        except GitError:
            return False
        return True


def _folders(path: str) -> list[str]:
    names = path.split("/")[:-1]
    return ["/".join(names[: i + 1]) + "/" for i in range(len(names))]
