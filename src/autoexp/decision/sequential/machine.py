"""What a campaign remembers of its machine's noise, and what that says: normal runs, odd runs, drift and jumps."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

SPIKES, SPIKES_WEIGHT = 0.02, 25.0
"""The share of odd runs before any was seen, and how many runs that belief is worth."""
WIDTH = 20.0
"""Odd runs are taken to lie anywhere in a range this many standard deviations wide."""
FLAT = math.sqrt(2 * math.pi) / WIDTH
"""The density of an odd run, in units of the density of an ordinary one at its centre."""
MOVES, MOVES_WEIGHT = 0.05, 10.0
"""The chance that the machine's speed has jumped since the last experiment, and how many experiments that is worth."""
DRIFT, DRIFT_WEIGHT = 0.5, 4.0
"""The variance of the drift before any was seen, in variances of a run, and how many experiments that is worth."""
MOST_TOLD = 25.0
"""What a surprise of many runs counts for at most, against one of a single run."""
MOST_DF = 60.0
NO_RUNS = 1e-6
"""What a history that is not trusted is worth."""
_STEPS = 8
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Noise:
    """The memory: all that the campaign has seen of its machine, in a bounded form.

    `history` are runs of the incumbent, `residuals` distances of runs from the centre of their own side, `surprises` how
    far the fresh runs of an experiment lay from history: the square, how many variances of a run of it are noise, and
    the probability that no jump lay between. `moves` and `stays` count experiments with and without a jump, `age`
    experiments since fresh runs last confirmed the history. `quantum` is the step in which values come, if they do. A
    history that is not `trusted` says about where the incumbent stands, and no more.
    """

    history: tuple[float, ...]
    residuals: tuple[float, ...] = ()
    surprises: tuple[tuple[float, float, float], ...] = ()
    moves: float = MOVES * MOVES_WEIGHT
    stays: float = (1 - MOVES) * MOVES_WEIGHT
    age: int = 1
    quantum: float = 0.0
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Machine:
    """What the memory says.

    `variance` of an ordinary run, learned with `df` degrees of freedom; `spikes` the share of odd runs; `centre` of the
    history, which is worth `runs` ordinary runs; `drift` the variance of the speed between history and now, and `moved`
    the chance of a jump.
    """

    variance: float
    df: float
    spikes: float
    centre: float
    runs: float
    drift: float
    moved: float

    @property
    def kappa(self) -> float:
        """Give the odds of an odd run against an ordinary one, at the centre."""
        return FLAT * self.spikes / (1 - self.spikes)

    @property
    def restless(self) -> bool:
        """Tell whether history says less about the present than a single run."""
        return self.drift > self.variance


@lru_cache(maxsize=8)  # the memory changes from experiment to experiment, and is asked after every run
def machine(noise: Noise, *, least: float) -> Machine:
    """Work out what the memory says. `least` is the smallest standard deviation that is believed."""
    variance, df, spikes = spread(noise.residuals)
    variance = max(variance, noise.quantum**2 / 12, least**2)
    kappa = FLAT * spikes / (1 - spikes)
    middle, runs = centre(noise.history, variance, kappa)
    if not noise.trusted:
        return Machine(variance, df, spikes, centre=middle, runs=NO_RUNS, drift=0.0, moved=0.0)
    return Machine(
        variance=variance,
        df=df,
        spikes=spikes,
        centre=middle,
        runs=max(runs, 1.0),
        drift=variance * _drift([(square / variance, share, still) for square, share, still in noise.surprises]),
        moved=1 - (noise.stays / (noise.moves + noise.stays)) ** noise.age,
    )


def _drift(surprises: Sequence[tuple[float, float, float]]) -> float:
    """Give the variance of the drift, in variances of a run.

    A surprise says the more the less of it is noise, so each is weighed by the variance that it would have (Fisher's scoring,
    begun at what is believed beforehand); none counts for more than MOST_TOLD of the first kind, one run against one.
    """
    drift = DRIFT
    for _ in range(_STEPS // 2):
        weights = [still * min(MOST_TOLD, ((1 + DRIFT) / (share + drift)) ** 2) for _, share, still in surprises]
        excess = (w * (square - share) for w, (square, share, _) in zip(weights, surprises, strict=True))
        drift = max(0.0, (DRIFT * DRIFT_WEIGHT + math.fsum(excess)) / (DRIFT_WEIGHT + math.fsum(weights)))
    return drift


def spread(residuals: Sequence[float]) -> tuple[float, float, float]:
    """Give the variance of ordinary runs, its degrees of freedom and the share of odd runs.

    Expectation-maximisation of a normal with a flat contamination, begun at the median absolute deviation. Where most runs
    agree exactly, only those that do not tell how far they scatter.
    """
    if residuals and statistics.median(map(abs, residuals)) == 0:
        residuals = [residual for residual in residuals if residual]
    count = len(residuals)
    if count == 0:
        return 0.0, 2.0, SPIKES
    variance = (1.4826 * statistics.median(map(abs, residuals))) ** 2
    spikes, weight = SPIKES, float(count)
    for _ in range(_STEPS):
        if variance <= 0:
            break
        kappa = FLAT * spikes / (1 - spikes)
        weights = [ordinary(r * r / variance, kappa) for r in residuals]
        weight = math.fsum(weights)
        variance = math.fsum(w * r * r for w, r in zip(weights, residuals, strict=True)) / max(weight, 1.0)
        spikes = (count - weight + SPIKES * SPIKES_WEIGHT) / (count + SPIKES_WEIGHT)
    return max(variance, 0.0), min(MOST_DF, max(2.0, 0.9 * weight)), spikes


def ordinary(square: float, kappa: float) -> float:
    """Give the probability that a run is an ordinary one; `square` is its squared distance in variances."""
    return 1 / (1 + kappa * math.exp(min(square / 2, 700.0)))


def centre(
    values: Sequence[float], variance: float, kappa: float, anchor: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Give the mean of runs with odd ones weighted down, and how many ordinary runs they are worth.

    `anchor` is what is known beforehand: a mean and its variance.
    """
    if not values:
        return (anchor[0], 0.0) if anchor else (0.0, 0.0)
    if anchor is None and len(values) == 1:
        return values[0], 1.0
    before, worth = (anchor[0], variance / anchor[1]) if anchor else (0.0, 0.0)
    middle = statistics.median([*values, before] if anchor else values)
    weight = float(len(values))
    for _ in range(_STEPS // 2):
        weights = [ordinary((value - middle) ** 2 / variance, kappa) for value in values]
        weight = math.fsum(weights)
        total = weight + worth
        if total <= _LEAST:
            return middle, _LEAST
        middle = (math.fsum(w * v for w, v in zip(weights, values, strict=True)) + worth * before) / total
    return middle, max(weight, _LEAST)
