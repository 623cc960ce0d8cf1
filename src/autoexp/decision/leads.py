"""Leads of one tree over another in pairs of runs: where they lie, and the evidence that they lie above a line."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autoexp.decision.evidence import log_mixture
from autoexp.decision.sequential.lessons import quantum
from autoexp.decision.sequential.machine import FLAT, centre, spread
from autoexp.experiment.measurement import summarise

LEAST_SD = 0.0005
"""The smallest standard deviation of a lead that is believed; 0.0005 is about 0.05 %."""
SIZES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
WEIGHTS = (0.02, 0.03, 0.05, 0.10, 0.15, 0.35, 0.15, 0.10, 0.05)
"""Distances beyond a line that the evidence weighs up, in multiples of the one that matters, and how much each weighs."""
LEAST_SHARE = 0.25
"""The smallest distance that evidence is sought about, in standard deviations of a lead."""
_SHARED, _FEW = 0.25, 5
"""The square of the correlation of two arms' leads, and leads of which the extremes say more than the middle."""
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Scatter:
    """How leads scatter about their own centre: the `variance` of one, known with `df` degrees of freedom, and the odds of an odd one."""

    variance: float
    df: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Lead:
    """Where the leads of one arm lie: their `mean` without odd ones, and its standard `error` with `df` degrees of freedom."""

    mean: float
    error: float
    df: float


@lru_cache(maxsize=256)  # asked after every round, about all rounds so far
def scatter_of(arms: tuple[tuple[float, ...], ...], *, known: tuple[float, ...] = (), step: float = 0.0) -> Scatter:
    """Learn from all arms together how leads scatter; `known` are residuals of leads from elsewhere, `step` is that of the values."""
    residuals, lost = list(known), 0
    for leads in arms:
        if len(leads) > 1:
            middle = summarise(_inner(leads)).mean
            unbiased = math.sqrt(len(leads) / (len(leads) - 1))
            residuals += [(lead - middle) * unbiased for lead in leads]
            lost += 1
    variance, df, spikes = spread(residuals)
    if residuals:
        df *= 1 - lost / len(residuals)
    rounds = max(map(len, arms), default=0)
    alike = _SHARED + (1 - _SHARED) / max(len(arms), 1)  # all arms have the runs of the best in common
    df = max(1.0, min(df, (rounds - 1) / alike + len(known)))
    return Scatter(max(variance, step * step / 6, LEAST_SD**2), df, FLAT * spikes / (1 - spikes))


def step_of(sides: Iterable[Sequence[float]]) -> float:
    """Give the step in which the values of each side come, or 0 when none come in steps."""
    return min((step for side in sides if (step := quantum(side)) > 0), default=0.0)


def size_of(matters: float, scatter: Scatter) -> float:
    """Give the distance about which evidence is sought: the one that matters, or in much noise one that may be seen at all."""
    return max(matters, LEAST_SHARE * math.sqrt(scatter.variance))


def _inner(leads: Sequence[float]) -> Sequence[float]:
    return sorted(leads)[1:-1] if len(leads) >= _FEW else leads  # the middle one of three would scatter too little


def lead_of(leads: Sequence[float], scatter: Scatter) -> Lead:
    """Give where the leads lie, odd ones weighted down."""
    mean, worth = centre(leads, scatter.variance, scatter.kappa)
    return Lead(mean, math.sqrt(scatter.variance / worth), scatter.df)


def above(leads: Sequence[float], line: float, scatter: Scatter, *, size: float) -> float:
    """Give the logarithm of the evidence that leads lie above a line, and would do so without the luckiest of them."""
    without_luckiest = sorted(leads)[:-1] or leads
    return min(log_above(lead_of(some, scatter), line, size=size) for some in (leads, without_luckiest))


def log_above(lead: Lead, line: float, *, size: float) -> float:
    """Give the logarithm of the evidence that the lead lies above a line, weighed over distances about `size`.

    A distance beyond all that are weighed says at least as much as the last of them (with few degrees of freedom a
    mixture falls again behind its effects).
    """
    effects = [size * multiple for multiple in SIZES]
    distance = lead.mean - line
    places = [distance, *(effect for effect in effects if effect < distance)]
    return max(log_mixture(place, lead.error**2, df=lead.df, effects=effects, weights=WEIGHTS) for place in places)


@lru_cache(maxsize=256)
def range_of(lead: Lead, log_bar: float, *, size: float) -> tuple[float, float]:
    """Give the lines that the evidence speaks against neither from above nor from below."""
    reach = _reach(lead, log_bar, size=size)
    return lead.mean - reach, lead.mean + reach


def _reach(lead: Lead, log_bar: float, *, size: float) -> float:
    low, high = 0.0, lead.error
    while log_above(lead, lead.mean - high, size=size) < log_bar:
        low, high = high, 2 * high
        if high > 1e9 * lead.error:
            return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if log_above(lead, lead.mean - middle, size=size) < log_bar:
            low = middle
        else:
            high = middle
    return high
