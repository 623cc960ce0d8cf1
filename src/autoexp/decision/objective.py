"""What an objective asks of a change: which number has to get better, which may not get worse, which condition is a must."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autoexp.spec.criteria import COLUMN, Criterion
from autoexp.spec.expression import Condition, ExpressionError, condition, parse
from autoexp.spec.model import Spec
from autoexp.spec.objective import (
    GatedObjective,
    GeomeanObjective,
    LexicographicObjective,
    ParetoObjective,
    WeightedObjective,
)

__all__ = ["Criterion", "Route", "gate", "headline", "meets", "routes", "with_objective"]


@dataclass(frozen=True, slots=True)
class Route:
    """One way to be kept: `improve` gets better, and none of `hold` gets worse."""

    improve: Criterion
    hold: tuple[Criterion, ...] = ()


def headline(spec: Spec) -> Criterion:
    """Give what is shown as `metric`: the primary, the computed value, or the first metric of several."""
    return spec.criteria[0]


def routes(spec: Spec, incumbent: Mapping[str, float]) -> tuple[Route, ...]:
    """Give the ways in which a change of this incumbent may be kept, in the order in which they are tried."""
    several = spec.criteria
    match spec.objective:
        case ParetoObjective():
            return tuple(Route(one, tuple(other for other in several if other != one)) for one in several)
        case LexicographicObjective():
            return tuple(Route(one, several[:i]) for i, one in enumerate(several))
        case GatedObjective():
            first, then = several
            return (Route(then if gate(spec, incumbent) else first),)
        case _:
            return (Route(several[0]),)


def gate(spec: Spec, incumbent: Mapping[str, float]) -> Condition | None:
    """Give the condition that a change must meet: that of a gated objective, once the incumbent meets it."""
    if not isinstance(spec.objective, GatedObjective):
        return None
    until = condition(spec.objective.until)
    return until if meets(until, incumbent) else None


def meets(must: Condition, values: Mapping[str, float]) -> bool:
    """Tell whether a condition holds; one that has no value for these numbers does not."""
    try:
        return must.holds(values)
    except ExpressionError:
        return False


def with_objective(spec: Spec, values: Mapping[str, float]) -> dict[str, float]:
    """Add the computed value of the objective to what one sample measured.

    Raises ExpressionError when it has no finite value, or when a metric that the objective names was not measured.
    """
    found = dict(values)
    match spec.objective:
        case WeightedObjective(expression=text):
            found[COLUMN] = parse(text).evaluate(values)
        case GeomeanObjective(metrics=names):
            found[COLUMN] = _geomean(spec, names, values)
        case GatedObjective(until=text):
            condition(text).holds(values)
    missing = [criterion.name for criterion in spec.criteria if criterion.name not in found]
    if missing:
        raise ExpressionError(f"{missing[0]} was not measured, and the objective is decided on it")
    return found


def _geomean(spec: Spec, names: tuple[str, ...], values: Mapping[str, float]) -> float:
    """Give the geometric mean. Where directions differ, that of a higher-is-better metric is turned over."""
    mixed = headline(spec).direction
    shown = ", ".join(f"{name} = {values[name]:g}" if name in values else f"{name} unknown" for name in names)
    try:
        powers = [math.log(values[name]) * (1 if spec.metrics[name].direction == mixed else -1) for name in names]
        return math.exp(math.fsum(powers) / len(powers))
    except (KeyError, ArithmeticError, ValueError):
        raise ExpressionError(f"the geometric mean needs a positive value of each metric ({shown})") from None
