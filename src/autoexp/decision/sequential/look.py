"""What the runs so far say about a candidate: the estimate, and the evidence that it is real."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.decision.evidence import EFFECTS
from autoexp.decision.sequential.machine import Machine, centre, ordinary
from autoexp.decision.sequential.standing import standing

_CLEAR = 6.0
"""Standard errors from which on a lead is clear."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The effects that count as improvements, and how much each weighs."""

    effects: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """The candidate's lead `mu` over the incumbent with its `variance`, and the logarithm of the evidence for it.

    `theirs` is where the incumbent stands, and `level` the variance of that; `stories` are the leads if the machine stood still
    and if it moved: chance, lead, variance. `one` is the variance of one run with `df` degrees of freedom; the candidate's
    runs are worth `runs` ordinary ones.
    """

    mu: float
    variance: float
    log_e: float
    theirs: float
    stories: tuple[tuple[float, float, float], ...]
    runs: float
    level: float
    one: float
    df: float

    @property
    def sd(self) -> float:
        """Give the standard error of the lead."""
        return math.sqrt(self.variance)

    def shifted(self, by: float, sizes: Sizes) -> float:
        """Give the logarithm of the evidence that the lead is greater than `-by`."""
        return log_evidence([(chance, mu + by, variance) for chance, mu, variance in self.stories], self.df, sizes)


def look(candidate: Sequence[float], incumbent: Sequence[float], known: Machine, sizes: Sizes) -> Look:
    """Compare the runs of both sides, at least one of the candidate's."""
    one, df = _moderated((candidate, incumbent), known)
    ours, runs = centre(candidate, one, known.kappa)
    where = standing(incumbent, known, one)
    stories = tuple((part.chance, ours - part.mean, part.variance + one / runs) for part in (where.still, where.moved))
    level = where.variance
    return Look(
        mu=ours - where.mean,
        variance=level + one / runs,
        log_e=log_evidence(stories, df, sizes),
        theirs=where.mean,
        stories=stories,
        runs=runs,
        level=level,
        one=one,
        df=df,
    )


def log_evidence(stories: Sequence[tuple[float, float, float]], df: float, sizes: Sizes) -> float:
    """Give the logarithm of the likelihood ratio of "one of these effects" against "no effect", over both stories.

    With one story alone this is `evidence.log_mixture`. A lead that a jump of the machine explains as well is no evidence. With
    few degrees of freedom the mixture falls between and beyond its effects; a clear lead beyond an effect says at least as
    much as a lead at that effect.
    """
    log_e = _mixture(stories, df, sizes)
    _, lead, variance = max(stories)
    if lead > _CLEAR * math.sqrt(variance):
        passed = [effect for effect in sizes.effects if effect < lead]
        by = lead - passed[-1] if passed else 0.0
        log_e = max(log_e, _mixture([(chance, mu - by, spread) for chance, mu, spread in stories], df, sizes))
    return log_e


def _mixture(stories: Sequence[tuple[float, float, float]], df: float, sizes: Sizes) -> float:
    none = log_likelihood(stories, df, 0.0)
    logs = [log_likelihood(stories, df, effect) - none for effect in sizes.effects]
    top = max(logs)
    return top + math.log(math.fsum(w * math.exp(log - top) for w, log in zip(sizes.weights, logs, strict=True)))


def log_likelihood(stories: Sequence[tuple[float, float, float]], df: float, effect: float) -> float:
    """Give the logarithm of the density of the leads if this is the effect (Student's t with `df`), but for a constant."""
    half, best, rest = (df + 1) / 2, -math.inf, -math.inf
    for chance, mu, variance in stories:
        if chance > 0:
            log = math.log(chance) - 0.5 * math.log(variance) - half * math.log1p((mu - effect) ** 2 / variance / df)
            best, rest = (log, best) if log > best else (best, max(log, rest))
    return best + math.log1p(math.exp(rest - best))


def responsibilities(seen: Look, sizes: Sizes) -> tuple[float, ...]:
    """Give the probability of each effect, if there is one."""
    logs = [log_likelihood(seen.stories, seen.df, effect) for effect in sizes.effects]
    top = max(logs)
    raw = [weight * math.exp(log - top) for weight, log in zip(sizes.weights, logs, strict=True)]
    total = math.fsum(raw)
    return tuple(part / total for part in raw)


def sizes_of(smallest: float, counts: Sequence[float]) -> Sizes:
    """Give the effects in multiples of the smallest one, weighted as they were met."""
    total = math.fsum(counts)
    return Sizes(tuple(smallest * effect for effect in EFFECTS), tuple(count / total for count in counts))


def _moderated(sides: Sequence[Sequence[float]], known: Machine) -> tuple[float, float]:
    """Blend the campaign's variance of one run with the scatter of this experiment, odd runs aside."""
    count, squares = 0.0, 0.0
    for side in sides:
        if len(side) > 1:
            middle, _ = centre(side, known.variance, known.kappa)
            distances = [(value - middle) ** 2 for value in side]
            weights = [ordinary(square / known.variance, known.kappa) for square in distances]
            count += max(0.0, math.fsum(weights) - 1)
            squares += math.fsum(w * square for w, square in zip(weights, distances, strict=True))
    return (known.df * known.variance + squares) / (known.df + count), known.df + count
