"""A text or a list of texts, always read as a tuple."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def _strings(value: Any) -> Any:
    items = (value,) if isinstance(value, str) else value
    if isinstance(items, (list, tuple)) and any(isinstance(item, str) and not item.strip() for item in items):
        raise ValueError("an empty text stands where something is expected")
    return items


Strings = Annotated[tuple[str, ...], BeforeValidator(_strings, json_schema_input_type=str | tuple[str, ...])]
