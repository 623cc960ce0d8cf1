"""Patterns in gitignore syntax, for paths in which every character but the slash is like any other."""

from collections.abc import Iterable

from pathspec import GitIgnoreSpec

# A regular expression's dot and dollar take a line's end for something else than a letter of a name.
_LETTERS = str.maketrans({"\n": "\ud800"})


class Patterns:
    """Some lines of gitignore syntax."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._spec = GitIgnoreSpec.from_lines([_plain(line.strip("\n")) for line in lines], backend="simple")

    def matches(self, path: str) -> bool:
        """Tell whether the last word about a path is that it matches."""
        return self._spec.match_file(_plain(path))

    def decides(self, path: str) -> bool | None:
        """Tell what the last word about a path is, None when no pattern has one."""
        return self._spec.check_file(_plain(path)).include


def _plain(text: str) -> str:
    return text.translate(_LETTERS) if "\n" in text else text
