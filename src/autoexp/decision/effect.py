"""How much better a value is: relative to the incumbent for judging, as a fraction of the baseline for showing."""

import math
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """The metric decided on. `min_effect` is a fraction of the incumbent's value; `gain` what was kept before."""

    name: str
    lower_is_better: bool
    linear: bool
    min_effect: float
    baseline: float | None
    gain: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of the metric; positive = better.

    `absolute` in units of the metric, `relative` a fraction of the incumbent (None if the incumbent is 0),
    `of_baseline` a fraction of the baseline (None if the baseline is 0 or unknown). A fraction too large for a number is
    None as well.
    """

    absolute: float
    relative: float | None
    of_baseline: float | None

    def reaches(self, metric: Metric) -> bool:
        """Tell whether the change is an improvement of at least the smallest effect asked for."""
        if self.absolute <= 0:
            return False
        return self.relative is None or self.relative >= metric.min_effect


def compare(candidate: float, incumbent: float, metric: Metric) -> Effect:
    """Compare two means.

    On a ratio scale (both positive, scale not linear) the fraction of the baseline is chained: the kept gains of
    earlier comparisons times this one. Each link was measured side by side, so a drift of the machine cancels out.
    """
    absolute = incumbent - candidate if metric.lower_is_better else candidate - incumbent
    absolute = min(max(absolute, -sys.float_info.max), sys.float_info.max)
    relative = _share(absolute, incumbent)
    return Effect(absolute, relative, _of_baseline(absolute, relative, candidate, incumbent, metric))


def _of_baseline(
    absolute: float, relative: float | None, candidate: float, incumbent: float, metric: Metric
) -> float | None:
    if metric.baseline is None:
        return None
    level = 1 - metric.gain if metric.lower_is_better else 1 + metric.gain
    if relative is not None and not metric.linear and min(candidate, incumbent, metric.baseline, level) > 0:
        chained = relative * level
        return chained if math.isfinite(chained) else None
    return _share(absolute, metric.baseline)


def _share(part: float, whole: float) -> float | None:
    share = part / abs(whole) if whole else math.inf
    return share if math.isfinite(share) else None
