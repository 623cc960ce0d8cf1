"""How many and which, in a sentence."""

from collections.abc import Sequence

NAMED = 10


def counted(count: int, noun: str) -> str:
    """Say how many there are of a thing."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Name the first ones, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
