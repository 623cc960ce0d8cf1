"""Which paths a proposer may edit."""

from collections.abc import Sequence

from autoexp.spec.patterns import Patterns


class Scope:
    """The paths that the contract's `edit` patterns (gitignore syntax) name."""

    def __init__(self, edit: Sequence[str]) -> None:
        self.edit = tuple(edit)
        self._patterns = Patterns(self.edit)

    def matches(self, path: str) -> bool:
        """Tell whether a path, relative to the repository's top, may be edited."""
        return self._patterns.matches(path)
