"""Which paths a proposer may edit."""

from collections.abc import Sequence

from pathspec import GitIgnoreSpec


class Scope:
    """The paths that the contract's `edit` patterns (gitignore syntax) name."""

    def __init__(self, edit: Sequence[str]) -> None:
        self.edit = tuple(edit)
        self._spec = GitIgnoreSpec.from_lines(self.edit, backend="simple")

    def matches(self, path: str) -> bool:
        """Tell whether a path, relative to the repository's top, may be edited."""
        return self._spec.match_file(path)
