"""What of a contract with mistakes can be read all the same, so that whoever looks further finds the rest of the mistakes at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from autoexp.spec.document import Location
from autoexp.spec.model import Spec

_READ = ("name", "scope", "harness", "proposer", "strategy", "executor", "sandbox", "check")
"""The sections that are compared with a repository and a machine."""
_REQUIRED = {("scope", "edit"): "-", ("harness", "measure"): ":"}
_METRICS = {"metric": {"role": "primary", "direction": "lower"}}
_TRIES = 4


def sound(values: Mapping[str, Any], faulty: Iterable[Location]) -> tuple[Spec | None, frozenset[str]]:
    """Give a spec of the keys that are right, and the names of those required keys that are not. Its metrics and its rules are not the contract's."""
    wanted = {name: values[name] for name in _READ if name in values}
    kept = _without(wanted, [place for place in faulty if place and place[0] in _READ])
    for _ in range(_TRIES):
        missing = _filled(kept)
        try:
            spec = Spec.model_validate({**kept, "metrics": _METRICS}, by_alias=True, by_name=False)
        except ValidationError as error:
            kept = _without(kept, [detail["loc"] for detail in error.errors(include_url=False)])
        else:
            return spec, missing
    return None, frozenset()


def _filled(kept: dict[str, Any]) -> frozenset[str]:
    """Put something where a required key is missing, and name those keys."""
    missing = set()
    for (section, key), value in _REQUIRED.items():
        if not isinstance(kept.get(section), dict):
            kept[section] = {}
        if key not in kept[section]:
            kept[section][key] = value
            missing.add(f"{section}.{key}")
    return frozenset(missing)


def _without(values: Mapping[str, Any], places: Iterable[Location]) -> dict[str, Any]:
    """Give a copy without some keys; of a place that does not stand there as it is, without the nearest key above it."""
    copy: dict[str, Any] = _copied(values)
    for place in places:
        node, above = copy, place[:-1]
        for part in above:
            inner = node.get(part) if isinstance(part, str) else None
            if not isinstance(inner, dict):
                node.pop(str(part), None)
                break
            node = inner
        else:
            node.pop(str(place[-1]), None)
    return copy


def _copied(node: Any) -> Any:
    return {key: _copied(value) for key, value in node.items()} if isinstance(node, dict) else node
