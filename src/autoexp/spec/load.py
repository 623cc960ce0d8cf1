"""Text of autoexp.yaml to a Spec, with every mistake at once and the line of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap

from autoexp.errors import ContractError, Problem
from autoexp.spec.agreement import written_in_vain, wrong_primaries
from autoexp.spec.document import Location, dotted, line_of, place_of, plain, read, walk
from autoexp.spec.faults import FaultsError
from autoexp.spec.model import Spec
from autoexp.spec.partial import sound
from autoexp.spec.unbuilt import unbuilt
from autoexp.spec.wording import text_of

__all__ = ["Location", "Reading", "line_of", "load", "place_of", "read_as_far_as_possible"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A contract as far as it can be read.

    `spec` is None where something is wrong; then `sound` holds the keys that are right (see `partial.sound`), and `missing` the names of the
    required keys that are not.
    """

    spec: Spec | None
    problems: tuple[Problem, ...] = ()
    sound: Spec | None = None
    missing: frozenset[str] = frozenset()


def load(text: str, *, file: str = "autoexp.yaml") -> Spec:
    """Read a contract. Raises ContractError with all mistakes, each with its line and a likely fix."""
    reading = read_as_far_as_possible(text, file=file)
    if reading.spec is None:
        raise ContractError(reading.problems)
    return reading.spec


def read_as_far_as_possible(text: str, *, file: str = "autoexp.yaml") -> Reading:
    """Read a contract with its mistakes. Raises ContractError where not a single key can be read."""
    document, problems = read(text, file)
    values, faulty = plain(document, file)
    problems += faulty
    waiting = {place: reason for place, value in walk(values) if (reason := unbuilt(place, value)) is not None}
    for place, (message, fix) in waiting.items():
        problems.append(Problem(file, line_of(document, place), dotted(place), message, fix))
    for fault in written_in_vain(values):
        problems.append(Problem(file, line_of(document, fault.place), dotted(fault.place), fault.message, fault.fix))
    known = {problem.key for problem in problems}
    known |= {key.rpartition(".")[0] for key in known}  # what a refused key leaves behind is no second mistake
    spec = None
    try:
        spec = Spec.model_validate(_without(values, set(waiting)), by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False)
        details += _compared(details, _without(values, set(waiting)))
        found = [*_problems(details, document, file), *_faults(details, document, file)]
        found += _primaries(details, values, document, file)
        problems += [problem for problem in found if problem.key not in known]
    if not problems:
        return Reading(spec)
    places: list[Location] = [tuple(problem.key.split(".")) for problem in problems if problem.key]
    return Reading(None, tuple(problems), *sound(values, places))


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
        text = text_of(detail, place, Spec)
        if text not in texts.setdefault(place, []):
            texts[place].append(text)
    for place, several in texts.items():
        deeper = any(len(other) > len(place) and other[: len(place)] == place for other in texts)
        if deeper and len(place) > 0 and _is_mapping(document, place):
            continue  # the form that fits best says more, below
        messages, fixes = zip(*several, strict=True)
        fix = next((fix for fix in fixes if fix), "")
        yield Problem(file, line_of(document, place), dotted(place), "; or ".join(messages), fix)


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
    misspelt = any(role not in ("primary", "guard", "secondary") for role in roles.values())
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
