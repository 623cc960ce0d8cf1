"""The gain scale: values of any metric as numbers where higher is better and 0.01 is about one percent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.experiment.measurement import summarise
from autoexp.spec.criteria import Criterion


@dataclass(frozen=True, slots=True)
class Scale:
    """How a metric's values lie on the gain scale: by logarithm, or in units of the baseline's magnitude."""

    lower_is_better: bool
    log: bool
    unit: float = 1.0

    def holds(self, values: Sequence[float]) -> bool:
        """Tell whether all values have a place on the scale; a ratio scale has none for 0 and less."""
        return not self.log or all(value > 0 for value in values)

    def gain(self, value: float) -> float:
        """Place a value on the scale."""
        place = math.log(value) if self.log else value / self.unit
        return -place if self.lower_is_better else place

    def value(self, gain: float) -> float:
        """Give the value at a place of the scale."""
        place = -gain if self.lower_is_better else gain
        return math.exp(min(place, 700.0)) if self.log else place * self.unit


def scale_of(criterion: Criterion, baseline: Sequence[float]) -> Scale:
    """Give the scale of a metric. `auto` is a ratio scale when all values of the baseline are greater than 0."""
    positive = all(value > 0 for value in baseline)
    log = positive and criterion.scale != "linear"
    size = summarise(map(abs, baseline)).mean if baseline else 1.0
    return Scale(criterion.lower_is_better, log=log, unit=1.0 if log or size == 0 else size)
