"""Scales: where a value stands on an axis, and which round numbers are written beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from sys import float_info

LARGE_SPAN = 20.0
_FENCE = 3.0
_READABLE = 0.25


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of values, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Give the place of a value between 0 and 1; beyond the range it stands at the end."""
        low, high, at = (self._flat(x) for x in (self.low, self.high, value))
        return min(1.0, max(0.0, (at / 2 - low / 2) / (high / 2 - low / 2)))

    def holds(self, value: float) -> bool:
        """Tell whether a value lies in the range."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 7) -> list[float]:
        """Give round values within the range, in order; about as many as `most`."""
        if self.log:
            return self._log_ticks()
        half = self.high / 2 - self.low / 2
        step = round_step(2 * (half / most))
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [tick for i in range(first, last + 1) if math.isfinite(tick := _clean(i * step))]

    def _log_ticks(self) -> list[float]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        stride = max(1, len(exponents) // 6)
        leads = (1, 2, 5) if len(exponents) <= 4 else (1,)
        found = [float(f"{lead}e{exponent}") for exponent in exponents[::stride] for lead in leads]
        return [tick for tick in found if self.holds(tick)]

    def _flat(self, value: float) -> float:
        return math.log10(max(value, math.ulp(0.0))) if self.log else value


def fit(line: Sequence[float], others: Sequence[float], *, may_log: bool = True) -> Scale:
    """Give the scale on which the staircase is readable.

    The line's values are always in the range. Others far outside of where most of the values lie are left out of it,
    so that one wild value does not flatten the rest. Logarithmic only when every value is positive and the span large.
    """
    known = [value for value in (*line, *others) if math.isfinite(value)]
    if not known:
        return Scale(0.0, 1.0)
    inside = _focus(line, known)
    if may_log and min(known) > 0 and max(inside) / min(inside) >= LARGE_SPAN:
        flat = _focus([math.log10(value) for value in line], [math.log10(value) for value in known])
        low, high = _padded(min(flat), max(flat))
        return Scale(min(10 ** max(low, -307), *inside), max(10 ** min(high, 308), *inside), log=True)
    return Scale(*_padded(min(inside), max(inside)))


def round_step(rough: float) -> float:
    """Give the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough)) or rough
    return next((lead * power for lead in (1, 2, 5) if lead * power >= rough * 0.999), 10 * power)


def _focus(line: Sequence[float], known: list[float]) -> list[float]:
    """Give all values while the line fills a good part of them, else those within wide fences around the quartiles."""
    if line and max(line) / 2 - min(line) / 2 >= _READABLE * (max(known) / 2 - min(known) / 2):
        return known
    ordered = sorted(known)
    first, third = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    reach = _FENCE * (third / 2 - first / 2) * 2
    if line:
        reach = max(reach, (max(line) / 2 - min(line) / 2) * 2)
        first, third = min(first, *line), max(third, *line)
    if reach == 0:
        reach = abs(third)
    return [*line, *(value for value in ordered if first - reach <= value <= third + reach)]


def _padded(low: float, high: float) -> tuple[float, float]:
    """Leave air around the values; equal values get a range around them."""
    half = high / 2 - low / 2
    size = max(abs(low), abs(high))
    pad = half * 0.12 if half > size * 1e-9 else (size * 0.05 or 1.0)
    return max(low - pad, -float_info.max), min(high + pad, float_info.max)


def _clean(value: float) -> float:
    return float(f"{value:.15g}")
