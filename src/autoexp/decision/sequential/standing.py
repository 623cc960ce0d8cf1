"""Where the incumbent stands right now: history and fresh runs together, and the doubt whether the machine has moved."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.decision.sequential.machine import FLAT, Machine, centre

FAR = 5.0
"""How far a jump of the machine's speed goes, in standard deviations of a run."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution that is the truth with a chance."""

    chance: float
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What the incumbent would score in a noise-free run now: one normal if nothing moved, another if the machine did."""

    still: Normal
    moved: Normal

    @property
    def mean(self) -> float:
        """Give the mean of both."""
        return self.still.chance * self.still.mean + self.moved.chance * self.moved.mean

    @property
    def variance(self) -> float:
        """Give the variance of both together."""
        mean = self.mean
        return math.fsum(part.chance * (part.variance + (part.mean - mean) ** 2) for part in (self.still, self.moved))


def standing(incumbent: Sequence[float], known: Machine, variance: float) -> Standing:
    """Weigh fresh runs of the incumbent against history. `variance` is that of one run.

    Each of the two stories gets the probability that it gives to the fresh runs (Laplace's approximation at its own mean),
    so a single odd run is a spike or a jump, and the next run tells.
    """
    near = variance / known.runs + known.drift
    parts = [
        _story(incumbent, known, variance, chance, prior)
        for chance, prior in ((1 - known.moved, near), (known.moved, near + FAR**2 * variance))
    ]
    top = max(log for log, _, _ in parts)
    total = math.fsum(math.exp(log - top) for log, _, _ in parts)
    still, moved = (Normal(math.exp(log - top) / total, mean, spread) for log, mean, spread in parts)
    return Standing(still, moved)


def _story(
    incumbent: Sequence[float], known: Machine, variance: float, chance: float, prior: float
) -> tuple[float, float, float]:
    """Give the logarithm of a story's weight, and the mean and variance of the incumbent's score in it."""
    mean, fresh = centre(incumbent, variance, known.kappa, (known.centre, prior))
    spread = 1 / (1 / prior + fresh / variance)
    log = math.log(max(chance, 1e-300)) + 0.5 * math.log(spread / prior) - (mean - known.centre) ** 2 / (2 * prior)
    for value in incumbent:
        square = (value - mean) ** 2 / variance
        log += math.log((1 - known.spikes) * math.exp(-square / 2) + known.spikes * FLAT)
    return log, mean, spread
