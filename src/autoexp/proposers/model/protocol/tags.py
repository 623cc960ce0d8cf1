"""Edits in XML-like tags: whole files, pieces of text with their replacement, and blocks or diffs in an element."""

import re
from collections.abc import Sequence

from autoexp.proposers.model.protocol import fences
from autoexp.proposers.model.protocol.edits import Delete, Edit, Substitute, Write
from autoexp.proposers.model.protocol.errors import Unusable

_TAGS = (
    "file|edit|change|replace|write|create|delete|edit_file|write_file|create_file|delete_file|write_to_file|replace_in_file|"
    "apply_diff|str_replace|search_replace|modify|update|new_file"
)
_OPENING = re.compile(rf"^\s{{0,12}}<({_TAGS})((?:\s+[^<>]{{0,600}})?)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(\w+)\s?=\s?(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'/]\S*))")
_PATH = r"path|file|file_path|filepath|filename|name|target|target_file"
_OLD = r"search|old|old_string|old_str|old_text|find|original"
_NEW = r"replace|new|new_string|new_str|new_text|replacement|updated"
_TEXT = r"content|contents|text|file_text|code"
_BODY = r"diff|patch"


def opens(line: str) -> bool:
    """Tell whether a line begins an element that may hold edits."""
    return bool(_OPENING.match(line[:800]))


def take(lines: Sequence[str], start: int) -> tuple[list[Edit] | tuple[str, str], int] | None:
    """Read the element that begins at `start`: its edits, or the name and the text in which to look for blocks and diffs.

    Gives None when it is an element of something else. Raises Unusable when it is not closed.
    """
    head = _OPENING.match(lines[start][:800])
    assert head  # noqa: S101  whoever calls has asked opens()
    tag, attributes = head[1], _attributes(head[2])
    name = next((attributes[key] for key in _PATH.split("|") if key in attributes), None)
    if head[2].rstrip().endswith("/"):
        return ([Delete(name)], start + 1) if name is not None and "delete" in tag.lower() else None
    end = _closing(lines, start, tag)
    if end is None:
        if name is None and not _names_a_file(lines, start):
            return None
        of = f" of {name}" if name else ""
        raise Unusable(f"the answer ends in the middle of an edit: <{tag}>{of} is never closed with </{tag}>")
    body = "\n".join(lines[start : end + 1])[head.end() :]
    body = body[: body.lower().rindex(f"</{tag.lower()}")]
    return _read(tag.lower(), name, attributes, body, end + 1)


def _read(
    tag: str, name: str | None, attributes: dict[str, str], body: str, after: int
) -> tuple[list[Edit] | tuple[str, str], int] | None:
    if "delete" in tag or "delete" in {attributes.get("action"), attributes.get("operation")}:
        inner = _children(body, _PATH)
        target = name if name is not None else (inner[0] if inner else body).strip()
        return [Delete(target)], after
    old, new = _children(body, _OLD), _children(body, _NEW)
    whole = _children(body, _TEXT) if not old else []
    if name is None:
        paths = _children(body[: body.find("<search")] if "<search" in body else body, _PATH)
        name = paths[0].strip() if paths else None
    if old and tag not in {"write", "write_file", "create", "create_file"}:
        if len(old) != len(new):
            raise Unusable(f"in <{tag}> there are {len(old)} texts to find and {len(new)} to put in their place")
        return [_substitute(name, *pair) for pair in zip(old, new, strict=True)], after
    if name is None:
        return None
    if whole:
        return [Write(name, _unwrapped(whole[0]))], after
    inner = _children(body, _BODY)
    return (name, inner[0] if inner else _cut(body)), after


def whole_file(name: str, body: str) -> Write:
    """Give the file that an element's content is."""
    return Write(name, _unwrapped(body))


def _substitute(name: str | None, old: str, new: str) -> Edit:
    return Substitute(name, old, new, escaped="&" in old and "<" not in old)


def _attributes(text: str) -> dict[str, str]:
    return {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(text)}


def _closing(lines: Sequence[str], start: int, tag: str) -> int | None:
    """Give the line that closes an element: one that says nothing else, or else one that ends with it."""
    mark = f"</{tag.lower()}>"
    alone = re.compile(rf"\s*</{tag}\s*>\s*", re.IGNORECASE)
    other: int | None = None
    reopened = re.compile(rf"\s{{0,12}}<{tag}[\s>]", re.IGNORECASE)
    for index in range(start, len(lines)):
        line = lines[index]
        if alone.fullmatch(line[:80]) and len(line) < 80:  # noqa: PLR2004
            return index
        if other is None and line.rstrip().lower().endswith(mark):
            other = index
        if index > start and other is not None and reopened.match(line):
            return other
    return other


def _names_a_file(lines: Sequence[str], start: int) -> bool:
    return any(re.match(rf"\s*<(?:{_PATH}|{_OLD})>", line) for line in lines[start : start + 4])


def _children(body: str, names: str) -> list[str]:
    """Give the contents of all elements of these names, in order."""
    found: list[str] = []
    place = 0
    opening = re.compile(rf"<({names})>", re.IGNORECASE)
    while head := opening.search(body, place):
        end = body.find(f"</{head[1]}>", head.end())
        if end < 0:
            raise Unusable(f"the answer ends in the middle of an edit: <{head[1]}> is never closed")
        found.append(_cut(body[head.end() : end]))
        place = end
    return found


def _cut(text: str) -> str:
    """Take the line ends off that only set tags apart."""
    if text.startswith("\n"):
        text = text[1:]
        lead, mark, rest = text.rpartition("\n")
        if mark and not rest.strip():
            text = lead + "\n"
    if text.startswith("<![CDATA[") and text.rstrip().endswith("]]>"):
        text = text.rstrip()[9:-3].removeprefix("\n")
    return text


def _unwrapped(text: str) -> str:
    """Take a file's text out of a fence that stands around all of it."""
    lines = _cut(text).strip("\n").split("\n")
    fence = fences.opening(lines[0])
    if fence and fences.end_of(lines, 0, fence) == len(lines) - 1:
        return "".join(f"{fence.strip(line)}\n" for line in lines[1:-1])
    return _cut(text)
