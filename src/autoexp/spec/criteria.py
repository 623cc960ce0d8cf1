"""The numbers that a contract decides on, each with its direction. What is done with them lives in decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

COLUMN = "objective"
"""The value that an expression or a geometric mean adds to what was measured."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A number that is decided on. `min_effect` is None where the contract leaves it to the rule."""

    name: str
    lower_is_better: bool
    scale: Literal["log", "linear", "auto"] = "auto"
    min_effect: float | None = None
    unit: str = ""

    @property
    def direction(self) -> str:
        """Give the direction as a contract writes it."""
        return "lower" if self.lower_is_better else "higher"


def criteria(metrics: Mapping[str, Mapping[str, Any]], objective: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """Give what is decided on; the first is what is shown as `metric`. Reads plain data, as journals hold it."""
    match objective.get("kind", "primary"):
        case "weighted":
            return (_criterion(COLUMN, objective),)
        case "geomean":
            directions = {metrics.get(name, {}).get("direction") for name in objective["metrics"]}
            direction = "higher" if directions == {"higher"} else "lower"
            return (_criterion(COLUMN, {**objective, "direction": direction}),)
        case "pareto" | "lexicographic":
            names = tuple(objective["metrics"])
        case "gated":
            names = (objective["metric"], objective["then"])
        case _:
            names = tuple(name for name, metric in metrics.items() if metric.get("role") == "primary")
    return tuple(_criterion(name, metrics.get(name, {})) for name in names)


def in_words(metrics: Mapping[str, Mapping[str, Any]], objective: Mapping[str, Any]) -> str:
    """Say what an objective of several metrics asks for; empty when the primary metric says it all."""
    names = [f"{one.name} ({one.direction})" for one in criteria(metrics, objective)]
    match objective.get("kind", "primary"):
        case "weighted":
            return f"{COLUMN} = {objective['expression']}, {objective.get('direction', 'higher')} is better"
        case "geomean":
            members = [f"{name} ({metrics.get(name, {}).get('direction')})" for name in objective["metrics"]]
            return f"{names[0]} is the geometric mean of {', '.join(members)}"
        case "pareto":
            return f"better on one, and not worse on the others, of {', '.join(names)}"
        case "lexicographic":
            return f"{', then '.join(names)}; a gain counts where nothing before it gets worse"
        case "gated":
            return f"{names[0]} until {objective['until']}, from then on {names[1]} while that holds"
        case _:
            return ""


def _criterion(name: str, section: Mapping[str, Any]) -> Criterion:
    return Criterion(
        name=name,
        lower_is_better=section.get("direction") == "lower",
        scale=section.get("scale") or "auto",
        min_effect=section.get("min_effect"),
        unit=section.get("unit") or "",
    )
