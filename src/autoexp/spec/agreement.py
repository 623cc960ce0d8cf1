"""Whether the sections of a contract agree with each other."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autoexp.spec.criteria import COLUMN, criteria
from autoexp.spec.decision import SEQUENTIAL_ONLY
from autoexp.spec.expression import condition, parse
from autoexp.spec.faults import Fault
from autoexp.spec.metric import MetricSection
from autoexp.spec.objective import (
    GatedObjective,
    GeomeanObjective,
    LexicographicObjective,
    ObjectiveSection,
    ParetoObjective,
    PrimaryObjective,
    WeightedObjective,
)

Metrics = Mapping[str, MetricSection]

NOT_COMPARABLE = "diff_lines belongs to a change; the best so far has none to compare with"
_TEXTS = frozenset({"expression", "until"})


def written_in_vain(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Give the keys of a contract, as written, that the method named beside them does not read, or nobody where there is no holdout."""
    if _at(values, "decision", "holdout_share") is not None and _at(values, "harness", "holdout") is None:
        fix = "write harness.holdout as well, or leave it out"
        yield Fault(
            ("decision", "holdout_share"), "this contract has no holdout that could show a share of a gain", fix
        )
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


def wrong_primaries(primaries: Sequence[str], kind: str = "primary") -> str:
    """Say what is wrong with the metrics whose role is primary; empty when they fit the kind of objective."""
    if kind != "primary":
        no = f"the objective is {kind}, so no metric is primary: {' and '.join(primaries)} may be secondary or a guard"
        return no if primaries else ""
    if len(primaries) == 1:
        return ""
    return f"exactly one metric needs role: primary (found {' and '.join(primaries) or 'none'})"


def objective_faults(objective: ObjectiveSection, metrics: Metrics, *, form: object) -> Iterator[Fault]:
    """Give what is wrong between the objective, the metrics declared, and the form in which they are printed."""
    primaries = [name for name, metric in metrics.items() if metric.role == "primary"]
    if message := wrong_primaries(primaries, objective.kind):
        yield Fault(("metrics",), message)
    if "diff_lines" in primaries:
        yield Fault(("metrics",), NOT_COMPARABLE)
    if form == "number" and objective.kind != "primary":
        fix = "print a line `METRIC name=value` for each, and leave harness.metrics out"
        yield Fault(
            ("harness", "metrics"), f"one number is the primary metric, and the objective is {objective.kind}", fix
        )
    yield from _names(objective, metrics)
    yield from _directions(objective, metrics)
    yield from _smallest_effects(objective, metrics)


def _names(objective: ObjectiveSection, metrics: Metrics) -> Iterator[Fault]:
    for key, names in _named(objective).items():
        place = ("objective", key)
        for name in sorted(set(names) - set(metrics)):
            yield Fault(place, f"{name} is not declared under metrics", _nearest(name, metrics, quoted=key in _TEXTS))
        if "diff_lines" in names:
            yield Fault(place, NOT_COMPARABLE)
        if key == "metrics" and (len(set(names)) < 2 or len(set(names)) < len(names)):  # noqa: PLR2004
            yield Fault(place, "two or more metrics are expected, each of them once")
    if isinstance(objective, GatedObjective) and objective.metric == objective.then:
        yield Fault(("objective", "then"), f"another metric than {objective.metric} is expected")
    if isinstance(objective, WeightedObjective | GeomeanObjective) and COLUMN in metrics:
        yield Fault(
            ("metrics", COLUMN), "this name is taken by the value of the objective", "give the metric another name"
        )


def _directions(objective: ObjectiveSection, metrics: Metrics) -> Iterator[Fault]:
    directed = {name for key, names in _named(objective).items() if key not in _TEXTS for name in names}
    for name, metric in metrics.items():
        if name in directed and metric.direction is None:
            yield Fault(("metrics", name), "it is part of the objective, so it needs a direction: lower or higher")


def _smallest_effects(objective: ObjectiveSection, metrics: Metrics) -> Iterator[Fault]:
    plain = {name: dict(metric) for name, metric in metrics.items()}
    deciding = {criterion.name for criterion in criteria(plain, dict(objective))}
    for name, metric in metrics.items():
        if metric.min_effect is not None and name not in deciding:
            own = "write objective.min_effect" if isinstance(objective, WeightedObjective | GeomeanObjective) else ""
            yield Fault(("metrics", name), "min_effect belongs to a metric that is decided on", own)


def _named(objective: ObjectiveSection) -> dict[str, tuple[str, ...]]:
    """Give the metrics that each key of an objective names."""
    match objective:
        case PrimaryObjective():
            return {}
        case WeightedObjective(expression=text):
            return {"expression": tuple(parse(text).names)}
        case GatedObjective(metric=metric, until=text, then=then):
            return {"metric": (metric,), "until": tuple(condition(text).names), "then": (then,)}
        case GeomeanObjective() | ParetoObjective() | LexicographicObjective():
            return {"metrics": objective.metrics}


def _nearest(name: str, metrics: Metrics, *, quoted: bool) -> str:
    near = next(iter(difflib.get_close_matches(name, metrics, n=1)), None)
    if near is None:
        return f"declare it under metrics; declared are {', '.join(metrics)}"
    return f"did you mean {near if near.isidentifier() or not quoted else f'`{near}` in backticks'}?"
