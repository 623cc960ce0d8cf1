"""The members that a chooser's contract names, each checked by its own plugin, every mistake at its own key."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from autoexp import plugins
from autoexp.errors import AutoexpError
from autoexp.spec.wording import text_of

GROUP = "autoexp.proposers"
LONGEST_NAME = 60
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One proposer to choose: its plugin with checked options, its name and weight (None: not written)."""

    name: str
    kind: str
    weight: float | None
    plugin: Any
    options: Any


def refused(*faults: tuple[Place, str]) -> ValidationError:
    """Give an error of several keys, each at its place below where it is raised."""
    return ValidationError.from_exception_data(
        "choose",
        [InitErrorDetails(type=_words(message), loc=place, input=None) for place, message in faults],
    )


def _words(message: str) -> PydanticCustomError:
    return PydanticCustomError("choose", "{message}", {"message": message})


def _member(value: Any) -> Member:
    """Check one entry of `among`. Raises ValidationError with all that is wrong with it."""
    if not isinstance(value, Mapping):
        raise refused(((), "a mapping with a kind is expected, for example {kind: command, command: ./propose.sh}"))
    own = {key: value[key] for key in ("name", "kind", "weight") if key in value}
    rest = {key: item for key, item in value.items() if key not in own}
    plugin, faults = _plugin(own.get("kind"))
    faults += _wrong(own)
    options: Any = rest
    if plugin is not None and (model := getattr(plugin, "Options", None)) is not None:
        try:
            options = model.model_validate(rest)
        except ValidationError as error:
            faults += _faults(error, model, own["kind"])
    if faults:
        raise refused(*faults)
    weight = own.get("weight")
    return Member(
        own.get("name") or _usual_name(own["kind"], rest),
        own["kind"],
        None if weight is None else float(weight),
        plugin,
        options,
    )


Among = Annotated[Member, PlainValidator(_member)]


def _plugin(kind: Any) -> tuple[Any, list[tuple[Place, str]]]:
    """Give the plugin of a kind, or what is wrong with it."""
    place: Place = ("kind",)
    if not isinstance(kind, str) or not kind:
        return None, [(place, "a kind is expected, as in proposer.kind")]
    try:
        plugin = plugins.find(GROUP, kind)
    except AutoexpError as error:
        return None, [(place, f"{error.what}{f' ({error.fix})' if error.fix else ''}")]
    if getattr(plugin, "chooses", False):
        return None, [(place, "one that chooses cannot be chosen: name its members here instead")]
    return plugin, []


def _wrong(own: Mapping[str, Any]) -> list[tuple[Place, str]]:
    faults: list[tuple[Place, str]] = []
    name, weight = own.get("name"), own.get("weight")
    if "name" in own and (not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME):
        faults.append((("name",), f"a name of 1 to {LONGEST_NAME} letters is expected"))
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if "weight" in own and not (number and math.isfinite(weight or 0) and (weight or 0) > 0):
        faults.append((("weight",), "a number above 0 is expected; leave a member out that is never to propose"))
    return faults


def _faults(error: ValidationError, model: Any, kind: str) -> Iterator[tuple[Place, str]]:
    """Say what a plugin refuses. Its keys are not those of the chooser, so that an unknown one is told here."""
    for detail in error.errors(include_url=False):
        message, _ = text_of(detail, tuple(detail["loc"]), model)
        if detail["type"] == "extra_forbidden":
            known = sorted({field.alias or name for name, field in model.model_fields.items()} | {"name", "weight"})
            message = f"unknown key; keys of {kind} here: {', '.join(known)}"
        yield detail["loc"], message


def _usual_name(kind: str, options: Mapping[str, Any]) -> str:
    """Name a member by its kind, and by its model if it has one."""
    model = options.get("model")
    return f"{kind}:{model}"[:LONGEST_NAME] if isinstance(model, str) and model else kind[:LONGEST_NAME]
