"""Paths in sentences: one that is more than plain letters stands in quotes, escaped as git does."""

from collections.abc import Sequence

from autoexp.workspaces.git import path_bytes

_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_DIVIDING = (", ", "; ", ": ")


def shown(path: str) -> str:
    """Give a path as one line in which no byte is lost, and which does nothing to a terminal."""
    text = "".join(_SHORT.get(letter) or (letter if letter.isprintable() else _octal(letter)) for letter in path)
    plain = text == path and path == path.strip() and not any(mark in path for mark in _DIVIDING)
    return path if plain else f'"{text}"'


def listed(paths: Sequence[str], most: int) -> str:
    """Name the first paths."""
    return ", ".join(shown(path) for path in paths[:most])


def _octal(letter: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in path_bytes(letter))
