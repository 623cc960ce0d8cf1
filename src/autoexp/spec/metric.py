"""Metrics of the contract: their names, roles, directions and bounds."""

import re
from typing import Literal

from pydantic import model_validator

from autoexp.spec.quantities import Fraction
from autoexp.spec.section import Section

METRIC_NAME = re.compile(r"[\w.@%µμ-]+")
MEASURED_BY_AUTOEXP = frozenset({"wall_s", "cpu_s", "peak_rss_mb", "diff_lines"})


class IncumbentBound(Section):
    """A bound relative to the incumbent: `{of: incumbent, times: 1.05}`."""

    of: Literal["incumbent", "baseline"]
    times: float = 1.0


Bound = float | Literal["baseline", "incumbent"] | IncumbentBound
GUARD_KINDS = ("equals", "at_least", "at_most")


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

    @model_validator(mode="after")
    def _fits_its_role(self) -> "MetricSection":
        faults = []
        bounds = [kind for kind in GUARD_KINDS if getattr(self, kind) is not None]
        if self.role == "primary" and self.direction is None:
            faults.append("a primary metric needs a direction: lower or higher")
        if self.role == "guard" and not bounds:
            faults.append("a guard needs a bound: equals, at_least or at_most")
        if self.role != "guard" and bounds:
            faults.append(f"{bounds[0]} is a bound, so the role must be guard")
        if self.role != "primary" and self.min_effect is not None:
            faults.append("min_effect belongs to the primary metric")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def relative(self) -> bool:
        """Tell whether a bound looks at the baseline or at the incumbent."""
        bounds = [getattr(self, kind) for kind in GUARD_KINDS]
        return any(bound is not None and not isinstance(bound, float) for bound in bounds)
