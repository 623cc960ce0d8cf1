"""Lines that stand for text left out: a file with one of them is only a part of a file."""

import re
from collections.abc import Collection, Iterable

_COMMENT = r"(?:#|//|--|;+|%|/\*|<!--|\*|\{/\*|\"\"\"|REM\b)"
_DOTS = r"(?:\.{3}|…)"
_LEFT_OUT = (
    r"(?:existing|rest|remain\w*|unchanged|same|previous|omitted|other|original|code|keep|kept|as before|no changes?|truncated|"
    r"implementation|methods?|functions?|above|below|here)"
)
_WHOLE = (
    r"(?:(?:the )?rest (?:of\b.{0,60})?(?:is |are |remains? |stays? )?(?:the )?(?:unchanged|same|as before)"
    r"|(?:the )?rest of (?:the |your |this )?(?:code|file|function|class|module|methods?|script|implementation)\b.{0,40}"
    r"|(?:existing|previous|original|other|remaining) (?:code|methods?|functions?|imports?|implementation|content)"
    r"(?: (?:here|unchanged|remains?\b.{0,20}|stays?\b.{0,20}|goes here|above|below))?"
    r"|unchanged(?: (?:code|from\b.{0,30}|below|above))?|no changes?(?: (?:here|below|above|needed))?|same as before"
    r"|(?:code |lines? )?(?:omitted|truncated)(?: for brevity)?|keep (?:the )?(?:rest|existing|everything else)\b.{0,40})"
)
_ELISION = re.compile(
    rf"^\s*(?:{_COMMENT}\s*)?[\[(<]?\s*{_DOTS}\s*[\[(]?(?=.{{0,80}}\b{_LEFT_OUT}\b).{{0,120}}$"
    rf"|^\s*{_COMMENT}\s*[\[(]?\s*.{{0,80}}\b{_LEFT_OUT}\b.{{0,40}}{_DOTS}\s*[\])]?\s*(?:\*/|-->)?\s*$"
    rf"|^\s*{_COMMENT}\s*[\[(]?{_WHOLE}[\])]?\s*\.?\s*(?:\*/|-->)?\s*$"
    rf"|^\s*{_COMMENT}\s*{_DOTS}\s*(?:\*/|-->)?\s*$"
    rf"|^{_DOTS}\s*$",
    re.IGNORECASE,
)
_LONGEST = 200


def elision(lines: Iterable[str], known: Collection[str]) -> str | None:
    """Give the first line that stands for text left out, if there is one that is not among the `known` lines (stripped)."""
    for line in lines:
        if len(line) <= _LONGEST and _ELISION.match(line) and line.strip() not in known:
            return line.strip()
    return None
