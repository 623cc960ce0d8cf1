"""Text of autoexp.yaml to a Spec, with every mistake at once and the line of each."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap

from autoexp.errors import ContractError, Problem
from autoexp.spec.agreement import written_in_vain, wrong_primaries
from autoexp.spec.document import Location, dotted, line_of, parse, place_of, plain, walk
from autoexp.spec.faults import FaultsError
from autoexp.spec.model import Spec
from autoexp.spec.unbuilt import unbuilt

__all__ = ["Location", "line_of", "load", "place_of"]


def load(text: str, *, file: str = "autoexp.yaml") -> Spec:
    """Read a contract. Raises ContractError with all mistakes, each with its line and a likely fix."""
    document = parse(text, file)
    values, problems = plain(document, file)
    waiting = {place: reason for place, value in walk(values) if (reason := unbuilt(place, value)) is not None}
    for place, (message, fix) in waiting.items():
        problems.append(Problem(file, line_of(document, place), dotted(place), message, fix))
    for fault in written_in_vain(values):
        problems.append(Problem(file, line_of(document, fault.place), dotted(fault.place), fault.message, fault.fix))
    known = {problem.key for problem in problems}
    known |= {key.rpartition(".")[0] for key in known}  # what a refused key leaves behind is no second mistake
    try:
        spec = Spec.model_validate(_without(values, set(waiting)), by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False)
        details += _compared(details, _without(values, set(waiting)))
        found = [*_problems(details, document, file), *_faults(details, document, file)]
        found += _primaries(details, values, document, file)
        problems += [problem for problem in found if problem.key not in known]
    if problems:
        raise ContractError(problems)
    return spec


def _without(node: Any, places: set[Location], prefix: Location = ()) -> Any:
    if not isinstance(node, dict):
        return node
    return {k: _without(v, places, (*prefix, k)) for k, v in node.items() if (*prefix, k) not in places}


def _compared(details: Sequence[ErrorDetails], values: Mapping[str, Any]) -> list[ErrorDetails]:
    """Compare the objective with the metrics here if a mistake elsewhere kept the model from it."""
    faulty = {detail["loc"][0] for detail in details if detail["loc"]}
    if not faulty or faulty & {"metrics", "objective"}:
        return []
    right = {key: values[key] for key in ("metrics", "objective", "harness") if key in values and key not in faulty}
    try:
        Spec.model_validate(
            {"scope": {"edit": "a"}, "harness": {"measure": "m"}, **right}, by_alias=True, by_name=False
        )
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _faults(details: Sequence[ErrorDetails], document: CommentedMap, file: str) -> Iterator[Problem]:
    """Give the problems of checks that look at several keys."""
    texts: dict[Location, list[tuple[str, str]]] = {}
    for detail in details:
        if isinstance(error := _error(detail), FaultsError):
            for fault in error.faults:
                texts.setdefault((*detail["loc"], *fault.place), []).append((fault.message, fault.fix))
    for place, several in texts.items():
        messages, fixes = zip(*several, strict=True)
        fix = next((fix for fix in fixes if fix), "")
        yield Problem(file, line_of(document, place), dotted(place), "; ".join(messages), fix)


def _error(detail: ErrorDetails) -> object:
    return detail.get("ctx", {}).get("error")


def _problems(details: Sequence[ErrorDetails], document: CommentedMap, file: str) -> Iterator[Problem]:
    """Give a problem for each place; where a union tried several forms, their texts are joined."""
    texts: dict[Location, list[tuple[str, str]]] = {}
    for detail in details:
        if isinstance(_error(detail), FaultsError):
            continue
        place = _written(detail, document)
        text = _text(detail, place)
        if text not in texts.setdefault(place, []):
            texts[place].append(text)
    for place, several in texts.items():
        deeper = any(len(other) > len(place) and other[: len(place)] == place for other in texts)
        if deeper and len(place) > 0 and _is_mapping(document, place):
            continue  # the form that fits best says more, below
        messages, fixes = zip(*several, strict=True)
        fix = next((fix for fix in fixes if fix), "")
        yield Problem(file, line_of(document, place), dotted(place), "; or ".join(messages), fix)


def _text(detail: ErrorDetails, place: Location) -> tuple[str, str]:
    match detail["type"]:
        case "extra_forbidden":
            return "unknown key", _suggestion(place, detail["loc"])
        case "missing" | "union_tag_not_found":
            return "a required key is missing", f"add {dotted(place)}"
        case "model_type" | "dict_type":
            return "a mapping of keys is expected", ""
        case "union_tag_invalid":
            known = [tag.strip("'") for tag in detail["ctx"]["expected_tags"].split(", ")]
            near = difflib.get_close_matches(detail["ctx"]["tag"], known, n=1)
            message = f"{detail['ctx']['tag']!r} is none of {', '.join(known)}"
            return message, f"did you mean {near[0]}?" if near else ""
        case _:
            return detail["msg"].removeprefix("Value error, "), ""


def _primaries(
    details: Sequence[ErrorDetails], values: Mapping[str, Any], document: CommentedMap, file: str
) -> Iterator[Problem]:
    """Count the primary metrics here if another mistake below `metrics` kept the model from it."""
    metrics = values.get("metrics")
    if not isinstance(metrics, dict) or not any(len(d["loc"]) > 1 and d["loc"][0] == "metrics" for d in details):
        return
    objective = values.get("objective")
    kind = objective.get("kind") if isinstance(objective, dict) else None
    roles = {name: section.get("role") for name, section in metrics.items() if isinstance(section, dict)}
    misspelt = any(role not in {"primary", "guard", "secondary"} for role in roles.values())
    message = wrong_primaries([name for name, role in roles.items() if role == "primary"], str(kind or "primary"))
    if message and not misspelt:
        yield Problem(file, line_of(document, ("metrics",)), "metrics", message)


def _written(detail: ErrorDetails, document: Any) -> Location:
    """Drop what pydantic adds for members of a union, so that the place is a place in the file."""
    kept: list[str | int] = []
    node, found = document, False
    for part in detail["loc"]:
        found = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if found:
            kept.append(part)
            node = node[part]
    if detail["type"] == "missing" and not found:
        kept.append(detail["loc"][-1])
    if detail["type"].startswith("union_tag"):
        kept.append(detail["ctx"]["discriminator"].strip("'"))
    return tuple(kept)


def _is_mapping(document: Any, place: Location) -> bool:
    for part in place:
        document = document[part]
    return isinstance(document, dict)


def _suggestion(place: Location, tried: Location) -> str:
    names = sorted(_known_names(place[:-1], tried))
    near = difflib.get_close_matches(str(place[-1]), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known keys here: {', '.join(names)}" if names else ""


def _known_names(parent: Location, tried: Location) -> set[str]:
    model: Any = Spec
    named = False  # below `metrics` stands a name that is no field
    for part in parent:
        if named:
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
