"""What a contract's rule can see: the smallest gain that it finds, and what an experiment will take, before the first is run."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from autoexp.decision.case import NOISY_MIN_EFFECT
from autoexp.decision.confirmation import as_fraction
from autoexp.decision.methods import settings_of
from autoexp.decision.scale import Scale
from autoexp.decision.sequential.ledger import Ledger
from autoexp.decision.sequential.rule import Question, log_bar
from autoexp.decision.sequential.ruling import LEAST_EFFECT, LEAST_NOISE, LEAST_SHARE
from autoexp.decision.sequential.settings import PRESETS
from autoexp.spec.model import Spec
from autoexp.spec.sections import BatchMethod

POWER = 0.8
"""How often the smallest gain is found."""
_QUANTILE = 0.8416
"""POWER of a normal distribution lies below so many standard deviations."""
_LUCKIEST = 2.2
"""How much too good the stored run of a best so far is that one run decides on, in standard deviations: it won against some forty."""

Curve = Sequence[tuple[float, float, float]]

_CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "standard": (
            (0.4, 0.35, 1.3),
            (1, 1.00, 1.8),
            (2, 1.24, 2.3),
            (4, 1.31, 3.1),
            (10, 1.15, 4.2),
            (20, 1.36, 3.2),
        ),
        "patient": ((0.4, 0.15, 2.8), (1, 0.78, 3.1), (2, 1.15, 3.8), (4, 1.30, 4.2), (10, 1.14, 5.8), (20, 1.14, 5.8)),
        "thorough": ((0.4, 0.10, 3.5), (1, 0.24, 4.2), (4, 0.57, 9.0), (10, 0.66, 16.0)),
        "eager": ((0.4, 0.50, 1.4), (1, 1.06, 1.9), (4, 1.57, 2.7), (10, 1.59, 2.7)),
        "thrifty": ((0.4, 6.20, 1.2), (1, 10.7, 1.2), (4, 15.5, 1.2)),
        "one-shot": ((0.4, 5.30, 1.1), (1, 5.70, 1.1), (4, 6.40, 1.1)),
    }
)
"""By preset: the sd of a run over the smallest effect that matters, by how many sd the gain that is found lies above that effect, and runs.

Figures of benchmarks/decisions/resolving.py.
"""
_BATCH: Curve = (
    (2, 2.11, 0.166),
    (3, 1.92, 0.107),
    (4, 1.80, 0.074),
    (5, 1.72, 0.052),
    (8, 1.58, 0.020),
    (15, 1.42, 0.0035),
    (30, 1.30, 0.0001),
)
"""Pairs, the gain that is found with POWER in sd of a run, and the chance that a change without one is kept."""
_RATE, _SPENT = 0.10, 24
"""The share of false keeps that the figures are for, and the runs that a gain just large enough takes."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The smallest true gain that a keep finds with this `power`, as a fraction of the incumbent, and what an experiment takes.

    `effect` is None where the noise is not known. `samples` are the runs of an average experiment, both sides together, `most`
    those of the longest. `luck` is how often a change that does nothing is kept, at most.
    """

    effect: float | None
    power: float
    samples: float
    most: int
    luck: float


def resolution(spec: Spec, *, noise: float | None, deterministic: bool, quantum: float | None = None) -> Resolution:
    """Give what the contract's rule can see at this noise, the sd of one run as a fraction of its mean (None: it is not known).

    `quantum` is the step in which values come, as a fraction of their mean. For an objective of several metrics it is about the first.
    """
    asked = spec.criteria[0].min_effect
    step = quantum or 0.0
    method = spec.decision.method
    if deterministic:
        declared = spec.measurement.deterministic is True
        return Resolution(max(asked or 0.0, step), POWER, samples=1.0, most=1 if declared else 2, luck=0.0)
    wanted = NOISY_MIN_EFFECT if asked is None else asked
    sd = None if noise is None else math.hypot(noise, step / math.sqrt(12))
    if method == "single":
        found = _single(wanted, sd)
    elif isinstance(method, BatchMethod):
        found = _batch(method.batch.k, wanted, sd)
    else:
        found = _sequential(spec, wanted, sd)
    if found.effect is None or spec.criteria[0].scale == "linear":
        return found
    scale = Scale(spec.criteria[0].lower_is_better, log=True)
    return replace(found, effect=as_fraction(found.effect, scale))


def _single(wanted: float, sd: float | None) -> Resolution:
    effect = None if sd is None else wanted + (_LUCKIEST if sd > wanted else _QUANTILE) * sd
    luck = 0.5 if sd is None else math.erfc(wanted / (2 * sd)) / 2 if sd > 0 else 0.0
    return Resolution(effect, POWER, samples=1.0, most=1, luck=luck)


def _batch(k: int, wanted: float, sd: float | None) -> Resolution:
    """K pairs: the mean must win by the larger spread, and by the smallest effect."""
    spread, luck = _at(_BATCH, float(k))
    effect = None if sd is None else max(spread * sd, wanted + _QUANTILE * sd * math.sqrt(2 / k))
    return Resolution(effect, POWER, samples=2.0 * k, most=2 * k, luck=luck)


def _sequential(spec: Spec, wanted: float, sd: float | None) -> Resolution:
    """Run by run: the preset's figures, made larger where the contract asks for more evidence or allows for fewer runs than these had."""
    settings, usual = settings_of(spec), PRESETS[spec.decision.preset]
    rate, horizon = spec.decision.false_keep_rate, spec.budget.experiments
    bar = log_bar(Ledger(), Question(0.0, 0.0, rate=rate, horizon=horizon), settings)
    luck = math.exp(-bar)
    curve = _CURVES[spec.decision.preset]
    if sd is None:
        return Resolution(None, POWER, samples=min(_at(curve, 4.0)[1], settings.cap), most=settings.cap, luck=luck)
    if spec.measurement.seeds is not None:  # a pair has the noise of two runs, and history says nothing
        sd *= math.sqrt(2)
    smallest = max(wanted, LEAST_EFFECT, LEAST_SHARE * sd)
    sd = max(sd, LEAST_NOISE * smallest)
    above, runs = _at(curve, sd / smallest)
    above *= math.sqrt(bar / log_bar(Ledger(), Question(0.0, 0.0, rate=_RATE), usual))
    above *= max(1.0, math.sqrt(_SPENT / settings.cap)) if usual.cap >= _SPENT else 1.0
    return Resolution(smallest + above * sd, POWER, samples=min(runs, settings.cap), most=settings.cap, luck=luck)


def _at(curve: Curve, x: float) -> tuple[float, float]:
    """Give a curve's two figures at x: between its points by the logarithm of x, beyond them those of the last."""
    place = bisect_left([point[0] for point in curve], x)
    if place in {0, len(curve)}:
        _, one, other = curve[min(place, len(curve) - 1)]
        return one, other
    (low, *below), (high, *at) = curve[place - 1], curve[place]
    part = math.log(x / low) / math.log(high / low)
    one, other = (a + part * (b - a) for a, b in zip(below, at, strict=True))
    return one, other
