"""Which path an edit means, and whether it may be touched. Nothing that is refused here is ever written."""

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Literal

from autoexp.proposers.model.protocol.errors import OutsideScope, Unusable

_LONGEST_PART, _LONGEST = 255, 2000
Guess = Literal["exact", "short", "alike"]
_DRIVE = re.compile(r"^[A-Za-z]:")


class Places:
    """The paths known so far, and what may be edited."""

    def __init__(self, known: Collection[str], *, may_edit: Callable[[str], bool], only: str | None) -> None:
        self._known = set(known)
        self._may_edit = may_edit
        self._only = only

    def path(self, name: str | None, *, guess: Guess = "exact") -> str:
        """Give the path that a name means; no name means the single file in scope.

        A name that may not be edited as it stands can mean a known path: one that ends like it (`short`), or also one that it
        ends like (`alike`: right where the edit only fits the file that is meant). Raises OutsideScope, and Unusable when nothing
        is named.
        """
        if name is None:
            if self._only is None:
                raise Unusable(
                    "an edit does not say which file it is for; write FILE: and its path on the line above it"
                )
            name = self._only
        path = _clean(name)
        if path is None:
            raise OutsideScope([name])
        if path not in self._known and not (guess == "short" and self._may_edit(path)):
            path = self._known_as(path, guess) or path
        if not self._may_edit(path):
            raise OutsideScope([path])
        self._known.add(path)
        return path

    def _known_as(self, path: str, guess: Guess) -> str | None:
        if guess == "exact":
            return None
        found = [known for known in self._known if known.endswith(f"/{path}")]
        if guess == "alike":
            found += [known for known in self._known if path.endswith(f"/{known}")]
        return found[0] if len(found) == 1 and _clean(found[0]) == found[0] and self._may_edit(found[0]) else None


def _clean(name: str) -> str | None:
    """Give a relative path of plain parts, or None for anything else."""
    name = name.replace("\\", "/")
    if not name or len(name) > _LONGEST or name.startswith("/") or name.endswith("/") or _DRIVE.match(name):
        return None
    if any(unicodedata.category(char) in {"Cc", "Cs", "Cf", "Zl", "Zp"} for char in name):
        return None
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if not parts or any(not _plain(part) for part in parts):
        return None
    return "/".join(parts)


def _plain(part: str) -> bool:
    if part == ".." or len(part.encode()) > _LONGEST_PART or part != part.strip():
        return False
    folded = unicodedata.normalize("NFKC", part).casefold().rstrip(". ")
    return folded not in {".git", "git~1", ""} and not folded.startswith((".git:", "git~1:"))
