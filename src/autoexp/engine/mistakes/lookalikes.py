"""Names that look right and are not: seen through a link, in other letters, or in another form of the same characters."""

import unicodedata
from collections.abc import Callable, Mapping

from autoexp.workspaces.changes import LINK, Entry
from autoexp.workspaces.quoting import shown


def behind_link(place: str, entries: Mapping[str, Entry], target: Callable[[Entry], str]) -> str:
    """Say what to name where a path of a contract is a link, or leads through one; empty where none is in the way."""
    names = place.split("/")
    for count in range(1, len(names) + 1):
        link = "/".join(names[:count])
        entry = entries.get(link)
        if entry is not None and entry.mode == LINK:
            return f"{shown(link)} is a link to {shown(target(entry))}: name the files where they are"
    return ""


def same_but_for_form(place: str, entries: Mapping[str, Entry]) -> str:
    """Say which path differs in nothing but case or form; empty where none does."""
    for path in entries:
        if path != place and _folded(path) == _folded(place):
            if _composed(path) == _composed(place):
                return (
                    f"HEAD has {shown(path)} in another Unicode form of the same letters: copy it from `git ls-files`"
                )
            return f"did you mean {path}? Letters' case counts"
    return ""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(text).casefold()
