"""The gain scale: values of any metric as numbers where higher is better and 0.01 is about one percent."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.experiment.measurement import summarise
from autoexp.spec.criteria import Criterion

_FARTHEST = 1e60
"""No place lies farther out, so that the squares of all places, and the products of these, are numbers."""


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
        place = math.log(value) if self.log else min(max(value / self.unit, -_FARTHEST), _FARTHEST)
        return -place if self.lower_is_better else place

    def value(self, gain: float) -> float:
        """Give the value at a place of the scale."""
        place = -gain if self.lower_is_better else gain
        if self.log:
            return math.exp(min(place, 700.0))
        return min(max(place * self.unit, -sys.float_info.max), sys.float_info.max)


def scale_of(criterion: Criterion, baseline: Sequence[float]) -> Scale:
    """Give the scale of a metric. `auto` is a ratio scale when all values of the baseline are greater than 0."""
    positive = all(value > 0 for value in baseline)
    log = positive and criterion.scale != "linear"
    size = summarise(map(abs, baseline)).mean if baseline else 1.0
    return Scale(criterion.lower_is_better, log=log, unit=1.0 if log or size == 0 else size)
