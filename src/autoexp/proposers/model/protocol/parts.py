"""Signs that a text given as a whole file is none: a part of it, a quote, a diff, or an edit that was not understood."""

import builtins
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autoexp.proposers.model.protocol.matching import places

_LEAST = 0.5
_HEAD = re.compile(r"\s{0,12}<{5,9}\s*(?:[A-Za-z].{0,99})?")
_TAIL = re.compile(r"\s{0,12}>{5,9}\s*(?:[A-Za-z].{0,99})?")
_NUMBER = re.compile(r"\s{0,8}(\d{1,6})(?:\s?[|\u2502:]|\t)")
_DEFINED = re.compile(
    r"(?:(?:export|default|pub(?:\(\w+\))?|static|async|inline|unsafe)\s+)*(?:def|class|function|func|fn|struct|enum|trait|interface)\s+(\w+)"
)
_WORD = re.compile(r"\w+")
_CALL = re.compile(r"(?<![\w.])(\w+)\(")
_BOUND = re.compile(r"\b(?:def|class|function)\s+(\w+)")
_ONE_NAMESPACE = (".py", ".pyi", ".js", ".mjs", ".jsx", ".ts", ".tsx")
_BUILTIN = frozenset(dir(builtins))
_COMMENT = re.compile(r"\s*(?:#|//|\*)")


def why_no_file(lines: Sequence[str], old: Sequence[str], path: str, *, asked: bool) -> str | None:
    """Give why lines cannot be the whole of a file that had the `old` ones; None when they can.

    `asked` tells that they came in a form that only whole files have; then only what cannot be meant is refused.
    """
    sure = _no_text(lines, old) or _dangling(lines, old, path)
    return sure or (None if asked or not old else _like_a_part(lines, old))


def numbered(lines: Sequence[str]) -> bool:
    """Tell whether each line begins with its number."""
    found = [_NUMBER.match(line[:40]) for line in lines if line.strip()]
    numbers = [int(one[1]) for one in found if one]
    return bool(found) and len(numbers) == len(found) and all(a < b for a, b in pairwise(numbers))


def _no_text(lines: Sequence[str], old: Sequence[str]) -> str | None:
    known = set(old)
    fresh = [line for line in lines if line not in known and len(line) < 200]  # noqa: PLR2004
    if any(map(_HEAD.fullmatch, fresh)) and any(map(_TAIL.fullmatch, fresh)):
        return "it holds marks of search/replace blocks that could not be read"
    there = {line.strip() for line in old if line.strip()}
    if not there.isdisjoint(_without_signs(lines)) and not any(line in known for line in lines if line.strip()):
        return "its lines begin with the signs of a diff"
    if numbered(lines) and not there.isdisjoint(_NUMBER.sub("", line, count=1).strip() for line in lines):
        return "its lines begin with line numbers"
    return None


def _without_signs(lines: Sequence[str]) -> set[str]:
    """Give what old lines a diff holds, if these are the lines of one."""
    signs = {line[0] for line in lines if line.strip()}
    if not {"+"} < signs <= {" ", "+", "-"}:
        return set()
    return {line[1:].strip() for line in lines if line[:1] in {" ", "-"}}


def _dangling(lines: Sequence[str], old: Sequence[str], path: str) -> str | None:
    """Tell of a function that is called still, was defined before, and is not mentioned in any other way."""
    if not path.lower().endswith(_ONE_NAMESPACE):
        return None
    code = "\n".join(line for line in lines if not _COMMENT.match(line))
    if "import *" in code:
        return None
    words, calls, there = Counter(_WORD.findall(code)), Counter(_CALL.findall(code)), set(_BOUND.findall(code))
    for name in _defined(old):
        if calls[name] and calls[name] == words[name] and name not in there | _BUILTIN:
            return f"it calls {name}(), which it does not hold any more"
    return None


def _like_a_part(lines: Sequence[str], old: Sequence[str]) -> str | None:
    if len(lines) < _LEAST * len(old):
        return f"it has {len(lines)} lines and the file has {len(old)}"
    if len(lines) < len(old) and places([line.rstrip() for line in old], [line.rstrip() for line in lines]):
        return "these lines stand in the file as they are"
    kept = set(_WORD.findall("\n".join(lines)))
    lost = next((name for name in _defined(old) if name not in kept), None)
    return f"{lost} of the file is not in it" if lost else None


def _defined(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if found := _DEFINED.match(line[:300]):
            yield found[1]
