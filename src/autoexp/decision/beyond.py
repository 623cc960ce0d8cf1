"""Evidence that a mean lies above 0, for a few samples with a spread that is only roughly known."""

import math

from autoexp.decision.evidence import EFFECTS, log_mixture

_LARGEST = 1e100


def log_beyond(mean: float, error: float, *, df: float, smallest: float) -> float:
    """Give the logarithm of the e-value of "the mean is above 0", weighed over effects from `smallest` to 64 times it.

    `error` is the standard error of `mean`, learned with `df` degrees of freedom; neither it nor `smallest` may be 0. With
    few degrees of freedom the mixture falls again beyond its effects, as if a huge mean were nobody's; here a mean
    beyond an effect says at least as much as a mean at that effect.
    """
    effects = [_in(error, smallest * multiple) for multiple in EFFECTS]
    z = _in(error, mean)
    return max(log_mixture(x, 1.0, df=df, effects=effects) for x in (z, *(e for e in effects if e < z)))


def _in(error: float, value: float) -> float:
    """Give a value in units of `error`, as far as its square is a number."""
    return value / error if abs(value) < error * _LARGEST else math.copysign(_LARGEST, value)
