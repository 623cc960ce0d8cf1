"""Metrics of the contract: their names, roles, directions and bounds."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Tag, model_validator

from autoexp.spec.quantities import Fraction
from autoexp.spec.section import Section

METRIC_NAME = re.compile(r"[\w.@%µμ-]+")
MEASURED_BY_AUTOEXP = frozenset({"wall_s", "cpu_s", "peak_rss_mb", "diff_lines"})


class IncumbentBound(Section):
    """A bound relative to the incumbent: `{of: incumbent, times: 1.05}`."""

    of: Literal["incumbent", "baseline"]
    times: float = 1.0


Bound = float | Literal["baseline", "incumbent"] | IncumbentBound
GUARD_KINDS = ("equals", "at_least", "at_most", "within")


class Nearness(Section):
    """At most so far from a value as a share of it: `{of: baseline, by: 2%}`."""

    of: Literal["incumbent", "baseline"]
    by: Fraction


def _in_order(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] > interval[1]:
        raise ValueError(f"the low end comes first: [{interval[1]:g}, {interval[0]:g}]")
    return interval


def _form(value: Any) -> str | None:
    if isinstance(value, (dict, Nearness)):
        return "near"
    return "interval" if isinstance(value, (list, tuple)) and len(value) == 2 else None  # noqa: PLR2004


Range = Annotated[
    Annotated[Nearness, Tag("near")] | Annotated[tuple[float, float], AfterValidator(_in_order), Tag("interval")],
    Discriminator(_form, "range", "[low, high] or {of: baseline, by: 2%} is expected"),
]


class MetricSection(Section):
    """One metric: its role, direction and bounds."""

    role: Literal["primary", "guard", "secondary"]
    direction: Literal["lower", "higher"] | None = None
    unit: str = ""
    min_effect: Fraction | None = None
    scale: Literal["log", "linear", "auto"] = "auto"
    equals: Bound | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    within: Range | None = None

    @model_validator(mode="after")
    def _fits_its_role(self) -> "MetricSection":
        faults = []
        bounds = [kind for kind in GUARD_KINDS if getattr(self, kind) is not None]
        if self.role == "primary" and self.direction is None:
            faults.append("a primary metric needs a direction: lower or higher")
        if self.role == "guard" and not bounds:
            faults.append("a guard needs a bound: equals, at_least, at_most or within")
        if self.role != "guard" and bounds:
            faults.append(f"{bounds[0]} is a bound, so the role must be guard")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def relative(self) -> bool:
        """Tell whether a bound looks at the baseline or at the incumbent."""
        bounds = [getattr(self, kind) for kind in GUARD_KINDS]
        return any(bound is not None and not isinstance(bound, (float, tuple)) for bound in bounds)
