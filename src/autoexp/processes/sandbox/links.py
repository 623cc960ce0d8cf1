"""The tree at the place of the user's checkout: an editable install, a build cache or a script may name files by that path."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

MOST = 1000
"""Trees with more entries than this in one folder are not linked: each one takes a moment of every start."""


def links(tree: Path, *, seen_at: str, checkout: str, taken: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give links (place, what it leads to) below `checkout` that lead into the tree, which is seen at `seen_at`.

    Places that are `taken` by something else of the view stay free, and folders that hold such places are linked entry by entry.
    """
    if f"{checkout}/".startswith(f"{seen_at}/") or checkout in {"", "/", *taken}:
        return
    names = _names(tree)
    for name in names if len(names) <= MOST else ():
        place, target = f"{checkout}/{name}", f"{seen_at}/{name}"
        if not any(other == place or other.startswith(f"{place}/") for other in taken):
            yield place, target
        elif place not in taken:
            yield from links(tree / name, seen_at=target, checkout=place, taken=taken)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  names
    except OSError:
        return []
