"""Edits as JSON: lists of old and new text, whole files, and calls of editing tools, under the names that models know them by."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from autoexp.proposers.model.protocol.edits import Delete, Edit, Substitute, Write
from autoexp.proposers.model.protocol.errors import Unusable

_FILE = ("file", "path", "file_path", "filename", "filepath", "file_name", "target_file", "target")
_OLD = ("old", "old_string", "old_str", "old_text", "oldText", "oldString", "search", "find", "original", "before")
_NEW = (
    "new",
    "new_string",
    "new_str",
    "new_text",
    "newText",
    "newString",
    "replace",
    "replacement",
    "after",
    "updated",
)
_TEXT = ("content", "contents", "text", "code", "new_content", "file_text")
_DIFF = ("diff", "patch", "unified_diff")
_LISTS = (
    "edits",
    "changes",
    "files",
    "operations",
    "modifications",
    "replacements",
    "tool_calls",
    "proposals",
    "edit",
    "change",
)
_CALLS = ("arguments", "input", "parameters", "args", "function")
_DELETIONS = {"delete", "remove", "delete_file"}
_ADDITIONS = ("insert", "append", "prepend")
_PLACE = re.compile(
    r"(?:^|_)lines?(?:$|_)|^line|Lines?|range|^(?:start|end|at|after|before|position|offset|anchor|index|insert\w*|function|class|method|symbol)$"
)
_DEEPEST = 8
_Scan = Callable[[str, str | None], list[Edit]]


def load(text: str) -> Any:
    """Read a JSON value. Raises ValueError; line ends may stand in strings as they are."""
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def load_first(text: str) -> tuple[Any, int]:
    """Read the JSON value that a text begins with, and tell where it ends. Raises ValueError."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def edits_of(value: Any, *, scan: _Scan, name: str | None = None, depth: int = 0) -> list[Edit]:
    """Give the edits that a JSON value holds; none when it is something else. `scan` reads diffs and patches in strings.

    Raises Unusable when a value that should be text is none.
    """
    if depth > _DEEPEST:
        return []
    if isinstance(value, list):
        return [edit for item in value for edit in edits_of(item, scan=scan, name=name, depth=depth + 1)]
    if not isinstance(value, dict):
        return []
    name = _text(value, _FILE, name)
    one = _one(value, name)
    if one is not None:
        return [one]
    if any(key in value for key in _DIFF) and (diff := _text(value, _DIFF)):
        return scan(diff, name)
    return _inner(value, scan, name, depth)


def _one(value: Mapping[str, Any], name: str | None) -> Edit | None:
    """Give the edit that an object itself is."""
    action = next((value[key] for key in ("action", "op", "operation", "command", "type") if key in value), "")
    action = action.lower() if isinstance(action, str) else ""
    deletes = value.get("delete") is True or action in _DELETIONS
    if any(key in value for key in _OLD) and (deletes or any(key in value for key in _NEW)):
        everywhere = value.get("replace_all") is True or value.get("all") is True
        return Substitute(name, _text(value, _OLD) or "", _text(value, _NEW) or "", everywhere=everywhere)
    text = _text(value, _TEXT) if any(key in value for key in _TEXT) else None
    if deletes or (name is not None and text is not None):
        _refuse_place(value, action, name, text if deletes else None)
        return Delete(name) if deletes else Write(name, text or "")
    return None


def _refuse_place(value: Mapping[str, Any], action: str, name: str | None, taken: str | None) -> None:
    """An object that names a place in a file, by lines or by what stands there, is not about the whole file."""
    place = next((key for key in value if value[key] is not None and _PLACE.search(key)), None)
    place = place or (action if action.startswith(_ADDITIONS) else None) or (taken and "text")
    if place:
        raise Unusable(
            f"the JSON of the answer changes a part of {name or 'a file'} by {place!r}, which cannot be followed for sure; "
            "give the text that is replaced as `old` and what replaces it as `new`"
        )


def _inner(value: Mapping[str, Any], scan: _Scan, name: str | None, depth: int) -> list[Edit]:
    edits: list[Edit] = []
    for key in (*_LISTS, *_CALLS):
        inner = value.get(key)
        if isinstance(inner, str) and inner.strip():
            edits += _from_string(inner, scan, name, depth)
        elif key == "files" and isinstance(inner, dict) and all(isinstance(text, str) for text in inner.values()):
            edits += [Write(str(path), text) for path, text in inner.items()]
        elif inner:
            edits += edits_of(inner, scan=scan, name=name, depth=depth + 1)
    return edits


def _from_string(text: str, scan: _Scan, name: str | None, depth: int) -> list[Edit]:
    """Read arguments that are JSON in a string, or a patch."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return edits_of(load(text), scan=scan, name=name, depth=depth + 1)
        except ValueError:
            return []
    return scan(text, name)


def _text(value: Mapping[str, Any], keys: tuple[str, ...], otherwise: str | None = None) -> str | None:
    key = next((key for key in keys if key in value), None)
    if key is None:
        return otherwise
    text = value[key]
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in text)
    if text is None:
        return otherwise
    if not isinstance(text, str):
        if keys is _FILE:
            return otherwise
        raise Unusable(f"the value of {key!r} in the JSON answer is not text")
    return text
