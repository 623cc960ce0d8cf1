"""Why an answer cannot be used, in words that a model can act on."""

from collections.abc import Iterable

_MOST_NAMED = 10
_LONGEST = 200


class Unusable(Exception):  # noqa: N818  read as a sentence
    """An answer, or an edit of it, cannot be used; `reason` says why and what to write instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutsideScope(Unusable):
    """An answer would touch `paths` that may not be edited."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        shown = ", ".join(shown_text(path, _LONGEST) for path in self.paths[:_MOST_NAMED])
        more = f" and {len(self.paths) - _MOST_NAMED} more" if len(self.paths) > _MOST_NAMED else ""
        super().__init__(f"the answer would change what may not be edited: {shown}{more}; edit only the files in scope")


def shown_text(text: str, longest: int) -> str:
    """Give text as one printable, quoted line of bounded length."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return repr(cut)
