"""Student's t distribution: how far the mean of a few numbers may lie off."""

import math
from functools import lru_cache

_LEAST = 1e-300
_CLOSE = 1e-15
_STEPS = 10_000


def chance_below(t: float, df: float) -> float:
    """Give the probability of a value below `t`."""
    square = t * t
    tail = _incomplete_beta(df / (df + square), square / (df + square), df / 2, 0.5) / 2
    return tail if t < 0 else 1 - tail


@lru_cache(maxsize=256)
def two_sided(level: float, df: float) -> float:
    """Give how far from 0 the middle part of this probability reaches. Raises ValueError for a level that is not between 0 and 1."""
    if not 0 < level < 1:
        msg = f"a level lies between 0 and 1, not at {level:g}"
        raise ValueError(msg)
    wanted, low, high = (1 + level) / 2, 0.0, 1.0
    while chance_below(high, df) < wanted:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if chance_below(middle, df) < wanted:
            low = middle
        else:
            high = middle
    return high


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b); `rest` is 1 - x, which x alone may not tell."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Give the continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz algorithm."""
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            c, d = _off_zero(1 + term / c), 1 / _off_zero(1 + term * d)
            value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > _LEAST else _LEAST
