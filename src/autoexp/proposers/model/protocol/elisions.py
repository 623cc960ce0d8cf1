"""Lines that stand for text left out: a file with one of them is only a part of a file."""

import re
from collections.abc import Collection, Iterable

_COMMENT = r"(?:#|//|--|;+|%|/\*|<!--|\*|\{/\*|\"\"\"|REM\b)"
_DOTS = r"(?:\.{3}|…)"
_LEFT_OUT = (
    r"(?:existing|rest|remain\w*|unchanged|same|previous|omitted|other|original|code|keep|kept|as before|no changes?|truncated|"
    r"implementation|methods?|functions?|above|below|here)"
)
_SURE = r"(?:existing (?:code|content|imports?|methods?|functions?|implementation)|unchanged|omitted|rest of|remaining|same as|as before)"
_THINGS = r"(?:code|file|function|class|module|methods?|functions?|script|implementation|imports?|content|logic|body)"
_STAYS = r"(?: (?:(?:is|are|remains?|stays?|kept) )?(?:the same|unchanged|as before|as is|as it (?:is|was)|as they (?:are|were)|here|above|below|omitted|goes here))"
_WHOLE = (
    rf"(?:(?:the )?rest(?: of (?:the |your |this )?{_THINGS}{_STAYS}?|{_STAYS})"
    rf"|(?:all )?(?:the |your )?(?:existing|previous|original|other|remaining) {_THINGS}{_STAYS}?"
    rf"|unchanged(?: {_THINGS}|{_STAYS})?|no changes?(?: (?:here|below|above|needed))?(?: this (?:line|point))?|(?:the )?same (?:{_THINGS} )?as before"
    rf"|(?:{_THINGS} |lines? )?(?:omitted|truncated)(?: for brevity)?"
    rf"|keep (?:the )?(?:rest|existing {_THINGS}|everything else){_STAYS}?)"
)
_ELISION = re.compile(
    rf"^\s*(?:{_COMMENT}\s*[\[(<]?\s*{_DOTS}|[\[(<]?{_DOTS}\s)\s*[\[(]?(?=.{{0,80}}\b{_LEFT_OUT}\b).{{0,120}}$"
    rf"|^\s*{_COMMENT}\s*[\[(]?\s*.{{0,80}}\b{_SURE}\b.{{0,40}}{_DOTS}\s*[\])]?\s*(?:\*/|-->)?\s*$"
    rf"|^\s*{_COMMENT}\s*[\[(<]?{_WHOLE}[\])>]?\s*\.?\s*(?:\*/|-->)?\s*$"
    rf"|^\s*{_COMMENT}\s*[\[(<]?\s*{_DOTS}\s*[\])>]?\s*(?:\*/|-->)?\s*$"
    rf"|^\s*{_COMMENT}\s*{_DOTS}\s*[\[(]?lines? \d.{{0,80}}$"
    rf"|^\s*{_COMMENT}\W{{0,8}}(?:snip(?:ped)?|etc|unchanged(?: (?:below|above|here))?)\W{{0,8}}$"
    rf"|^\s*pass\s+#\W{{0,8}}(?:existing|same|unchanged|original|previous|rest|as before)\b.{{0,80}}$"
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
