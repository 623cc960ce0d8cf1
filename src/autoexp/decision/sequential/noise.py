"""What a campaign knows about the noise of its machine. Values are on the gain scale: higher is better."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

POOL = 60
"""Runs of the incumbent that are remembered."""
RESIDUALS, SURPRISES = 200, 30
WIDTH = 20.0
"""Odd runs (spikes) are taken to lie anywhere in a range this many standard deviations wide."""
SPIKES, SPIKES_WEIGHT = 0.02, 25.0
"""The share of odd runs before any was seen, and how many runs that belief is worth."""
MOVES, MOVES_WEIGHT = 0.05, 10.0
"""The chance that the machine's speed moved for good since the last experiment, and how many experiments that is worth."""
FAR = 5.0
"""How far it moves then, in standard deviations of a run."""
_STEPS = 8
_NONE = 1e-9


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of one run, learned so far.

    `history` are runs of the incumbent, `residuals` distances of runs from their own side's mean, `surprises` how far the
    first fresh run of an experiment lay from history (squared, and how much of it noise explains, in variances of a run).
    From these: `variance` of one run with `df` degrees of freedom, `spikes` the share of odd runs, `drift` the variance of
    the machine's speed between history and now.
    """

    history: tuple[float, ...]
    residuals: tuple[float, ...]
    surprises: tuple[tuple[float, float, float], ...] = ()
    moves: float = MOVES * MOVES_WEIGHT
    stays: float = (1 - MOVES) * MOVES_WEIGHT
    age: int = 1
    quantum: float = 0.0
    variance: float = 0.0
    df: float = 2.0
    spikes: float = SPIKES
    drift: float = 0.0

    @property
    def moved(self) -> float:
        """Give the chance that the machine's speed has moved for good since history was last confirmed."""
        return 1 - (self.stays / (self.moves + self.stays)) ** self.age

    @property
    def kappa(self) -> float:
        """Give the odds of an odd run against an ordinary one at the centre of the ordinary ones."""
        return math.sqrt(2 * math.pi) / WIDTH * self.spikes / (1 - self.spikes)


def calibrated(values: Sequence[float]) -> Noise:
    """Begin with runs of the baseline, in the order taken; neighbours are compared, so drift counts little."""
    residuals = tuple(abs(b - a) / math.sqrt(2) for a, b in zip(values, values[1:], strict=False))
    return learned(Noise(history=tuple(values[-POOL:]), residuals=residuals, quantum=quantum(values)))


def learned(noise: Noise) -> Noise:
    """Work out what the remembered runs say."""
    variance, df, spikes = spread(noise.residuals)
    variance = max(variance, noise.quantum**2 / 12, _NONE**2)
    seen = noise.surprises
    drift = 2 * variance + math.fsum(w * (square - share * variance) for square, share, w in seen)
    drift /= 4 + math.fsum(w for _, _, w in seen)
    return replace(noise, variance=variance, df=df, spikes=spikes, drift=max(0.0, drift))


def spread(residuals: Sequence[float]) -> tuple[float, float, float]:
    """Give variance, degrees of freedom and the share of odd runs, by expectation-maximisation of a normal with spikes."""
    count = len(residuals)
    if count == 0:
        return 0.0, 2.0, SPIKES
    typical = (1.4826 * statistics.median(map(abs, residuals))) ** 2
    variance = typical if typical > 0 else math.fsum(r * r for r in residuals) / count
    spikes, weight = SPIKES, float(count)
    for _ in range(_STEPS if variance > 0 else 0):
        kappa = math.sqrt(2 * math.pi) / WIDTH * spikes / (1 - spikes)
        weights = [ordinary(r * r / variance, kappa) for r in residuals]
        weight = math.fsum(weights)
        variance = math.fsum(w * r * r for w, r in zip(weights, residuals, strict=True)) / max(weight, 1.0)
        spikes = (count - weight + SPIKES * SPIKES_WEIGHT) / (count + SPIKES_WEIGHT)
        if variance <= 0:
            break
    return variance, min(60.0, max(2.0, 0.9 * weight)), spikes


def ordinary(square: float, kappa: float) -> float:
    """Give the probability that a run is an ordinary one; `square` is its squared distance in variances."""
    return 1 / (1 + kappa * math.exp(min(square / 2, 700.0)))


def quantum(values: Sequence[float]) -> float:
    """Give the step in which values come, or 0 when no two agree."""
    steps = sorted(set(values))
    if len(steps) == len(values) or len(steps) < 2:  # noqa: PLR2004
        return 0.0
    return min(b - a for a, b in zip(steps, steps[1:], strict=False))


def centre(
    values: Sequence[float], variance: float, kappa: float, anchor: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Give the mean of runs with odd ones weighted down, and how many ordinary runs it is worth.

    `anchor` is what is known before: mean and variance.
    """
    if not values:
        return (anchor[0], 0.0) if anchor else (0.0, 0.0)
    if anchor is None and len(values) == 1:
        return values[0], 1.0
    before, worth = (anchor[0], variance / anchor[1]) if anchor else (0.0, 0.0)
    middle = statistics.median([*values, before] if anchor else values)
    weight = float(len(values))
    for _ in range(_STEPS // 2):
        weights = [ordinary((v - middle) ** 2 / variance, kappa) for v in values]
        weight = math.fsum(weights)
        total = weight + worth
        if total <= _NONE:
            return middle, _NONE
        middle = (math.fsum(w * v for w, v in zip(weights, values, strict=True)) + worth * before) / total
    return middle, max(weight, _NONE)
