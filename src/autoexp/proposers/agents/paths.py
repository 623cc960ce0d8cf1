"""Dotted paths into JSON that a program printed: `usage.input_tokens`, `messages.*.usage.input`, `choices.-1.text`."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

_INDEX = re.compile(r"-?\d{1,9}")


def _well_formed(path: str) -> str:
    if not path or any(not step.strip() for step in path.split(".")):
        raise ValueError(
            f"{path!r} is no path: names with dots between them are expected, * for every one, such as messages.*.usage.input"
        )
    return path


Dotted = Annotated[str, AfterValidator(_well_formed)]


def found(value: Any, path: str) -> list[Any]:
    """Give every value at a path; none when nothing is there. A step is a key, the place in a list, or `*` for all that is in either."""
    values = [value]
    for step in path.split("."):
        values = [inner for one in values for inner in _at(one, step)]
    return values


def first(value: Any, path: str) -> Any:
    """Give the first value at a path, None when nothing is there."""
    return next(iter(found(value, path)), None)


def _at(value: Any, step: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if step in value:
            yield value[step]
        elif step == "*":
            yield from value.values()
    elif isinstance(value, list):
        if step == "*":
            yield from value
        elif _INDEX.fullmatch(step) and -len(value) <= int(step) < len(value):
            yield value[int(step)]
