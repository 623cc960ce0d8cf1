"""What both interfaces share: JSON that is an object, and text that may come in parts."""

import json
from collections.abc import Mapping
from typing import Any

from autoexp.proposers.model.client.failures import Unreadable


def parsed(text: str | bytes) -> Mapping[str, Any]:
    """Read one JSON object. Raises Unreadable."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(f"the answer is not JSON: {_start(text)}") from None
    if not isinstance(value, dict):
        raise Unreadable(f"the answer is JSON, but no object: {_start(text)}")
    return value


def text_of(content: Any) -> str:
    """Give the text of a content: nothing, a string, or a list of parts of which those that are text count. Raises Unreadable."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content.encode("utf-8", "replace").decode()
    if isinstance(content, list):
        return "".join(_part(part) for part in content)
    raise Unreadable("the answer's content is neither text nor a list of parts")


def _part(part: Any) -> str:
    if isinstance(part, str):
        return text_of(part)
    if isinstance(part, dict) and part.get("type") in {"text", "output_text", "refusal"}:
        return text_of(part.get("text", part.get("refusal")))
    return ""


def _start(text: str | bytes) -> str:
    return ascii(text[:80])
