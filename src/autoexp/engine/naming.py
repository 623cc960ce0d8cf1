"""How many and which, in a sentence."""

from collections.abc import Sequence

from autoexp.workspaces.quoting import listed

NAMED = 10


def counted(count: int, noun: str) -> str:
    """Say how many there are of a thing."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(paths: Sequence[str]) -> str:
    """Name the first paths, and how many more there are."""
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return listed(paths, NAMED) + more
