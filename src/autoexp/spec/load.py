"""Text of autoexp.yaml to a Spec, with every mistake at once and the line of each."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from autoexp.errors import ContractError, Problem
from autoexp.spec.model import Spec
from autoexp.spec.unbuilt import UNBUILT_VALUES, unbuilt_key

Location = tuple[str | int, ...]
_WHERE_SECTION_IS_NAMED = re.compile(r"^(metrics): (.*)$", re.DOTALL)


def load(text: str, *, file: str = "autoexp.yaml") -> Spec:
    """Read a contract. Raises ContractError with all mistakes, each with its line and a likely fix."""
    document = _parse(text, file)
    problems = list(_unbuilt_problems(document, file))
    pruned = _without(document, {problem.key for problem in problems})
    try:
        spec = Spec.model_validate(pruned)
    except ValidationError as error:
        problems += _merge(_problem(detail, document, file) for detail in error.errors(include_url=False))
        raise ContractError(problems) from None
    if problems:
        raise ContractError(problems)
    return spec


def _parse(text: str, file: str) -> CommentedMap:
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        document = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ContractError(
            [
                Problem(
                    file,
                    line,
                    "",
                    f"not YAML: {error.problem or error.context}",
                    "check the indentation and quotes on this line",
                )
            ]
        ) from None
    except YAMLError as error:
        raise ContractError([Problem(file, None, "", f"not YAML: {error}")]) from None
    if not isinstance(document, CommentedMap):
        raise ContractError(
            [Problem(file, 1, "", "a mapping of keys is expected", "run `autoexp init` to write an example")]
        )
    return document


def line_of(document: Any, location: Location) -> int | None:
    """Give the 1-based line of a key, or of its nearest parent that has one."""
    line, node = 1, document
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def _unbuilt_problems(document: CommentedMap, file: str) -> Iterator[Problem]:
    for location, value in _walk(document):
        key = ".".join(str(part) for part in location)
        part = unbuilt_key(key)
        wanted = UNBUILT_VALUES.get((key, value)) if isinstance(value, str) else None
        if part is not None:
            yield Problem(
                file, line_of(document, location), key, f"{part}: not built yet in this version", "remove the key"
            )
        elif wanted is not None:
            yield Problem(
                file,
                line_of(document, location),
                key,
                f"{value} is not built yet in this version: {wanted}",
                "choose another value",
            )


def _walk(node: Any, prefix: Location = ()) -> Iterator[tuple[Location, Any]]:
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            yield (*prefix, str(key)), value
            yield from _walk(value, (*prefix, str(key)))


def _without(node: Any, keys: set[str], prefix: str = "") -> Any:
    if isinstance(node, dict):
        return {k: _without(v, keys, f"{prefix}{k}.") for k, v in node.items() if f"{prefix}{k}" not in keys}
    if isinstance(node, list):
        return [_without(item, keys, prefix) for item in node]
    return node


def _problem(detail: ErrorDetails, document: CommentedMap, file: str) -> Problem:
    location = _written_location(detail["loc"], document)
    message, fix = detail["msg"].removeprefix("Value error, "), ""
    key = ".".join(str(part) for part in location)
    match detail["type"]:
        case "extra_forbidden":
            message, fix = "unknown key", _suggestion(location)
        case "missing":
            message, fix = "a required key is missing", f"add {key}"
        case _:
            if match := _WHERE_SECTION_IS_NAMED.match(message):
                key, message = match[1], match[2]
                location = (match[1],)
    return Problem(file, line_of(document, location), key, message, fix)


def _written_location(location: Location, document: Any) -> Location:
    """Drop what pydantic adds for union members, so that the place is a place in the file."""
    kept: list[str | int] = []
    node = document
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(node, dict):
            if part in node:
                kept.append(part)
                node = node[part]
            elif (
                last and isinstance(part, str) and not part.endswith(("Section", "Metrics", "Method", "Bound", "Side"))
            ):
                kept.append(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            kept.append(part)
            node = node[part]
    return tuple(kept)


def _suggestion(location: Location) -> str:
    names = sorted(_known_names(location[:-1]))
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known keys here: {', '.join(names)}" if names else ""


def _known_names(parent: Location) -> set[str]:
    model: Any = Spec
    for part in parent:
        fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        field = next((f for name, f in fields.items() if part in {name, f.alias}), None)
        if field is None:
            return set()
        model = _model_within(field.annotation)
        if model is None:
            return set()
        if part == "metrics" and parent[0] == "metrics":
            break
    return {field.alias or name for name, field in model.model_fields.items()}


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _model_within(argument)) is not None:
            return found
    return None


def _merge(problems: Iterator[Problem]) -> list[Problem]:
    """Join the several texts that a union gives for one place."""
    merged: dict[tuple[str, int | None], Problem] = {}
    for problem in problems:
        place = (problem.key, problem.line)
        before = merged.get(place)
        if before is None:
            merged[place] = problem
        elif problem.message not in before.message:
            merged[place] = Problem(
                before.file,
                before.line,
                before.key,
                f"{before.message}; or {problem.message}",
                before.fix or problem.fix,
            )
    return list(merged.values())


def place_of(text: str, location: Location) -> int | None:
    """Give the line of a key in a contract's text, or of its nearest parent; None when the text does not parse."""
    try:
        return line_of(YAML(typ="rt").load(text), location) if text else None
    except YAMLError:
        return None
