"""How many times better "it improves" explains the numbers than "it does nothing": a mixture e-value."""

import math
from collections.abc import Sequence

EFFECTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Effects that a mixture weighs up, in multiples of the smallest effect that matters."""


def log_mixture(
    mu: float, variance: float, *, df: float, effects: Sequence[float], weights: Sequence[float] | None = None
) -> float:
    """Give the logarithm of E, the mixture likelihood ratio of "the mean is one of `effects`" against "it is 0".

    `mu` is the estimated mean and `variance` its variance, learned with `df` degrees of freedom, so the tails are those of
    Student's t: E = sum_k w_k [(1 + z^2/df) / (1 + (z - e_k/s)^2/df)]^((df+1)/2) with s^2 = variance and z = mu/s.
    `weights` add up to 1; without them all effects weigh the same. When variance and effects are fixed beforehand, the
    probability that E ever reaches 1/a is at most a if there is no effect (Ville's inequality).
    """
    sd = math.sqrt(variance)
    z, half = mu / sd, (df + 1) / 2
    none = math.log1p(z * z / df)
    terms = [half * (none - math.log1p((z - effect / sd) ** 2 / df)) for effect in effects]
    if weights is None:
        top = max(terms)
        return top + math.log(math.fsum(math.exp(term - top) for term in terms) / len(terms))
    top = max(term for term, weight in zip(terms, weights, strict=True) if weight > 0)
    return top + math.log(
        math.fsum(weight * math.exp(term - top) for term, weight in zip(terms, weights, strict=True) if weight > 0)
    )
