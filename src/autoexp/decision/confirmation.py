"""The honest number: what fresh pairs of the best so far and the untouched baseline say about the gain."""

import math
import sys
from collections.abc import Sequence

from autoexp.decision.scale import Scale
from autoexp.decision.student import two_sided
from autoexp.experiment.confirmation import Interval
from autoexp.experiment.measurement import summarise
from autoexp.spec.criteria import Criterion

TRIMMED = 0.2
"""The share of the pairs that is left out at either end."""
LEVEL = 0.95


def confirmed(
    best: Sequence[float], baseline: Sequence[float], criterion: Criterion, *, level: float = LEVEL
) -> Interval | None:
    """Give the gain of the best over the baseline, pair by pair, with its interval; None where the baseline's 0 gives no fraction.

    The i-th values are a pair. The gain is the trimmed mean of the logarithms of the ratios, with Yuen's t interval; on a linear scale, and
    where a value is 0 or less, that of the differences, as a part of the baseline's mean. Where all pairs say the same, or there is only
    one, the interval is a point. Raises ValueError for no pairs, and for sides of different length.
    """
    if not best or len(best) != len(baseline):
        msg = f"a confirmation takes pairs, not {len(best)} values of the best and {len(baseline)} of the baseline"
        raise ValueError(msg)
    scale = pair_scale(criterion, [*best, *baseline], baseline=summarise(baseline).mean)
    if scale is None:
        return None
    leads = [scale.gain(ours) - scale.gain(theirs) for ours, theirs in zip(best, baseline, strict=True)]
    middle, half = _yuen(leads, level)
    gain, low, high = (as_fraction(lead, scale) for lead in (middle, middle - half, middle + half))
    return Interval(gain=gain, low=low, high=high, level=level, pairs=len(leads))


def pair_scale(criterion: Criterion, values: Sequence[float], *, baseline: float) -> Scale | None:
    """Give the scale on which pairs are compared; None where there is no fraction of the baseline."""
    log = criterion.scale != "linear" and baseline > 0 and all(value > 0 for value in values)
    if log:
        return Scale(criterion.lower_is_better, log=True)
    size = max(map(abs, values), default=0.0)
    if abs(baseline) <= size / sys.float_info.max:
        return None
    return Scale(criterion.lower_is_better, log=False, unit=abs(baseline))


def as_fraction(lead: float, scale: Scale) -> float:
    """Give a lead over the baseline on the gain scale as a fraction of it, positive = better."""
    if not scale.log:
        return lead
    return -math.expm1(-lead) if scale.lower_is_better else math.expm1(min(lead, 700.0))


def as_lead(fraction: float, scale: Scale) -> float:
    """Give what `as_fraction` makes this fraction of. Raises ValueError for one that would leave nothing, or less, of the baseline."""
    if not scale.log:
        return fraction
    return -math.log1p(-fraction) if scale.lower_is_better else math.log1p(fraction)


def _yuen(leads: Sequence[float], level: float) -> tuple[float, float]:
    """Give the trimmed mean and half the width of its interval (Tukey & McLaughlin 1963, Yuen 1974)."""
    ordered, count = sorted(leads), len(leads)
    cut = int(TRIMMED * count)
    inner = ordered[cut : count - cut]
    middle = summarise(inner).mean
    if ordered[0] == ordered[-1] or count == 1:
        return middle, 0.0
    winsorised = summarise([inner[0]] * cut + inner + [inner[-1]] * cut)
    if winsorised.sd > 0:
        error, df = winsorised.sd * math.sqrt(count) / len(inner), len(inner) - 1
    else:  # most pairs agree, and those that do not are no less true
        error, df = summarise(ordered).sd / math.sqrt(count), count - 1
    return middle, two_sided(level, float(df)) * error
