"""Guards: numbers that must stay in bounds, whatever the gain."""

from collections.abc import Mapping

from autoexp.experiment.records import GuardResult
from autoexp.spec.sections import GUARD_KINDS, Bound, IncumbentBound, MetricSection

_CLOSE = 1e-12


def first_broken(
    metrics: Mapping[str, MetricSection],
    values: Mapping[str, float],
    incumbent: Mapping[str, float],
    baseline: Mapping[str, float],
) -> GuardResult | None:
    """Give the first guard that the values break, or None. A guard without a value is broken."""
    for name, metric in metrics.items():
        if metric.role != "guard":
            continue
        value = values.get(name)
        for kind in GUARD_KINDS:
            bound: Bound | None = getattr(metric, kind)
            if bound is None:
                continue
            limit = _limit(bound, name, incumbent, baseline)
            if limit is None or value is None or not _holds(kind, value, limit):
                shown = "unknown" if limit is None else f"{limit:g}"
                return GuardResult(metric=name, bound=f"{kind} {shown}", value=value)
    return None


def _limit(bound: Bound, name: str, incumbent: Mapping[str, float], baseline: Mapping[str, float]) -> float | None:
    if isinstance(bound, IncumbentBound):
        value = (incumbent if bound.of == "incumbent" else baseline).get(name)
        return None if value is None else value * bound.times
    if bound == "baseline":
        return baseline.get(name)
    if bound == "incumbent":
        return incumbent.get(name)
    return float(bound)


def _holds(kind: str, value: float, limit: float) -> bool:
    slack = _CLOSE * max(abs(value), abs(limit))
    if kind == "equals":
        return abs(value - limit) <= slack
    return value >= limit - slack if kind == "at_least" else value <= limit + slack
