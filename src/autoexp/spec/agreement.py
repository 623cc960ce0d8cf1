"""Whether the sections of a contract agree with each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from autoexp.spec.decision import SEQUENTIAL_ONLY
from autoexp.spec.faults import Fault


def written_in_vain(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Give the keys of a contract, as written, that the method named beside them does not read."""
    method = _at(values, "decision", "method")
    name = next(iter(method), None) if isinstance(method, dict) else method
    if not isinstance(name, str) or name not in {"single", "batch"}:
        return
    vain = [place for place in SEQUENTIAL_ONLY if _at(values, *place) is not None]
    if vain:
        keys = " and ".join(".".join(place) for place in vain)
        fix = f"leave out decision.method, or {keys}"
        yield Fault(vain[0], f"{keys} belong{'s' * (len(vain) == 1)} to the sequential method, not to {name}", fix)


def _at(values: Mapping[str, Any], section: str, key: str) -> Any:
    found = values.get(section)
    return found.get(key) if isinstance(found, dict) else None
