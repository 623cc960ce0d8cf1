"""The words for a value that a model of keys refuses, and the key that was probably meant."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from autoexp.spec.document import Location, dotted

_EXPECTED = {
    "string_type": "text is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "finite_number": "a finite number is expected",
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
    "model_type": "a mapping of keys is expected",
    "dict_type": "a mapping of keys is expected",
    "model_attributes_type": "a mapping of keys is expected",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def text_of(detail: ErrorDetails, place: Location, root: type[BaseModel], *, prefix: Location = ()) -> tuple[str, str]:
    """Give what is wrong at a place below `root`, whose own place in the file is `prefix`, and a likely fix."""
    match detail["type"]:
        case "extra_forbidden":
            return "unknown key", suggestion(place, detail["loc"], root)
        case "missing" | "union_tag_not_found":
            return "a required key is missing", f"add {dotted((*prefix, *place))}"
        case "too_short":
            return "it is empty, and something is expected", ""
        case "union_tag_invalid" | "literal_error":
            return _choice(detail)
        case _:
            return _value(detail), ""


def _choice(detail: ErrorDetails) -> tuple[str, str]:
    context = detail["ctx"]
    if detail["type"] == "union_tag_invalid":
        known = [tag.strip("'") for tag in context["expected_tags"].split(", ")]
        return f"{context['tag']!r} is none of {', '.join(known)}", _nearest(context["tag"], known)
    known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
    return f"{context['expected']} is expected, not {_shown(detail['input'])}", _nearest(detail["input"], known)


def _value(detail: ErrorDetails) -> str:
    kind, given = detail["type"], detail["input"]
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {_shown(given)}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"it must be {words} {detail['ctx'][key]}, and is {_shown(given)}"
    return detail["msg"].removeprefix("Value error, ")


def _nearest(given: Any, known: list[str]) -> str:
    near = difflib.get_close_matches(str(given), known, n=1)
    return f"did you mean {near[0]}?" if near else ""


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value}"[:_SHOWN]
        case str():
            return f"'{value[:_SHOWN]}'"
        case Mapping():
            return "a mapping"
        case _:
            return "a list"


_SHOWN = 40


def suggestion(place: Location, tried: Location, root: type[BaseModel]) -> str:
    """Give the key that was probably meant at a place below `root`, else all that are known there."""
    names = sorted(_known_names(place[:-1], tried, root))
    near = difflib.get_close_matches(str(place[-1]), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known keys here: {', '.join(names)}" if names else ""


def _known_names(parent: Location, tried: Location, root: type[BaseModel]) -> set[str]:
    model: Any = root
    named = False  # below `metrics` stands a name that is no field
    for part in parent:
        if named or isinstance(part, int):
            named = False
            continue
        field = next((f for name, f in model.model_fields.items() if part == (f.alias or name)), None)
        model = _model_within(field.annotation, tried) if field else None
        if model is None:
            return set()
        named = parent[0] == "metrics" and part == "metrics"
    return set() if named else {field.alias or name for name, field in model.model_fields.items()}


def _model_within(annotation: Any, tried: Location) -> type[BaseModel] | None:
    """Give the model that an annotation holds; of several kinds the one that was tried."""
    models = list(_models(annotation))
    fitting = [model for model in models if "kind" in model.model_fields and _kind(model) in tried]
    return next(iter(fitting or models), None)


def _kind(model: type[BaseModel]) -> object:
    return next(iter(get_args(model.model_fields["kind"].annotation)), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
