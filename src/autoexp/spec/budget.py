"""The budget of a contract: how much may be used up, and what ends a campaign earlier."""

from typing import Annotated

from pydantic import Field

from autoexp.spec.quantities import Count, Fraction, Seconds
from autoexp.spec.section import Section


class PlateauSection(Section):
    """The stretch of decided experiments that counts as a plateau when it gains less than `min_gain` of the baseline."""

    window: int = Field(10, ge=2)
    min_gain: Fraction = 0.001


class BudgetSection(Section):
    """When to stop; a key left out is no limit. `target` is a value of the primary metric."""

    experiments: Count | None = None
    cost_usd: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)] | None = None
    tokens: Count | None = None
    requests: Count | None = None
    wall_clock_s: Seconds | None = Field(None, alias="wall_clock")
    consecutive_crashes: Annotated[int, Field(ge=1)] | None = 3
    consecutive_discards: Annotated[int, Field(ge=1)] | None = None
    plateau: PlateauSection | None = None
    target: Annotated[float, Field(strict=True)] | None = None
