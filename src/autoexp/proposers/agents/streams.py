"""Reading what an agent prints: JSON objects a line, numbers and texts taken with care."""

import json
from collections.abc import Iterable
from typing import Any

from autoexp.experiment.records import Tokens

MOST = 10**12
"""No agent uses so many tokens or dollars for one change."""

Json = dict[str, Any]


def event_of(line: str) -> Json | None:
    """Give the JSON object that a line holds, None when it holds none."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
        if "\\u" in line:  # half a surrogate pair is JSON, but cannot be written as UTF-8
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def part(value: Any, *path: str) -> Json:
    """Give the object at a path inside of a value, an empty one when there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: Any) -> Iterable[Json]:
    """Give the objects of a list, nothing when it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Give a text, empty when it is none."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int:
    """Give a number of tokens or requests, 0 when it is none."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST
    return int(value) if known else 0


def usd(value: Any) -> float | None:
    """Give dollars, None when it is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < MOST else None  # not a number is neither


def plus(before: Tokens, more: Tokens) -> Tokens:
    """Add the tokens of one more answer."""
    pairs = {name: (getattr(before, name), getattr(more, name)) for name in Tokens.model_fields}
    return Tokens(**{name: None if a is None and b is None else (a or 0) + (b or 0) for name, (a, b) in pairs.items()})
