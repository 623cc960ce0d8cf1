"""Is one more run worth its price? What going on is expected to gain, per run."""

import math
from dataclasses import dataclass

from autoexp.decision.evidence import log_mixture
from autoexp.decision.sequential.look import Look, Sizes, log_likelihood
from autoexp.decision.sequential.machine import FLAT

HARM = (0.0, -1.0, -2.0, -4.0, -8.0, -16.0, -32.0)
HARM_WEIGHTS = (0.46, 0.14, 0.12, 0.10, 0.08, 0.06, 0.04)
"""What changes do that improve nothing, in multiples of the smallest effect, and how often."""
_HALVINGS = 9
_FAR = 12.0


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a keep takes and what is known beforehand.

    `bar` is the logarithm of the evidence and `wanted` the lead that a keep needs; a `share` of the changes improve, by
    `smallest` at least. `odd` is the chance that the candidate's runs so far are one odd run, which says nothing.
    """

    bar: float
    wanted: float
    smallest: float
    share: float
    odd: float = 0.0


def gain_per_run(seen: Look, sizes: Sizes, stakes: Stakes, *, left: int) -> float:
    """Give the expected gain of a run, for the best number of further runs up to `left`.

    The effects are weighed as the campaign has met them times what this candidate's runs say; for each, the chance is worked
    out that the estimate reaches the bar after 1, 2, 4, ... more runs (a knowledge gradient that looks several steps ahead;
    Frazier, Powell & Dayanik 2008).
    """
    if left <= 0:
        return 0.0
    effects, weights = _posterior(seen, sizes, stakes)
    ahead = variances(seen, left)
    best, runs = 0.0, 1
    while runs <= left:
        after = ahead[runs - 1]
        kept = after / seen.variance
        if kept < 1:
            need = threshold(after, stakes.bar, seen.df + runs, sizes, stakes.wanted)
            sd = math.sqrt(2 * after * (1 - kept))
            gain = 0.0
            for effect, weight in zip(effects, weights, strict=True):
                gain += weight * effect * math.erfc((need - kept * seen.mu - (1 - kept) * effect) / sd) / 2
            best = max(best, gain / runs)
        runs = left if runs < left < 2 * runs else 2 * runs
    return best


def hopeless(seen: Look, sizes: Sizes, stakes: Stakes, *, left: int) -> bool:
    """Tell whether even a lead one standard error greater than it looks would never reach the bar."""
    hope = seen.mu + seen.sd
    if hope < stakes.wanted or left <= 0:
        return True
    after, df, largest = variances(seen, left)[-1], seen.df + left, sizes.effects[-1]
    leads = (hope, largest) if hope > largest else (hope,)  # the mixture falls beyond its effects, hope does not
    return all(
        log_mixture(lead, after, df=df, effects=sizes.effects, weights=sizes.weights) < stakes.bar for lead in leads
    )


def variances(seen: Look, runs: int) -> list[float]:
    """Give the variance of the lead after each of the next runs, each on the side where it helps more."""
    ours, level, found = seen.runs, seen.level, []
    for _ in range(runs):
        fresh = refreshed(level, seen.one)
        if seen.one / (ours * (ours + 1)) >= level - fresh:
            ours += 1
        else:
            level = fresh
        found.append(seen.one / ours + level)
    return found


def refreshed(level: float, one: float) -> float:
    """Give the variance of the incumbent's standing after one more run of it."""
    return level * one / (level + one)


def threshold(variance: float, bar: float, df: float, sizes: Sizes, smallest: float) -> float:
    """Give the smallest lead that reaches the bar at this variance."""
    low, high = smallest, smallest + _FAR * math.sqrt(variance)
    if log_mixture(low, variance, df=df, effects=sizes.effects, weights=sizes.weights) >= bar:
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if log_mixture(middle, variance, df=df, effects=sizes.effects, weights=sizes.weights) >= bar:
            high = middle
        else:
            low = middle
    return high


def _posterior(seen: Look, sizes: Sizes, stakes: Stakes) -> tuple[list[float], list[float]]:
    """Give all effects, harm included, and the probability of each.

    A lead beyond the largest effect is taken for that effect: with few degrees of freedom it would say as little for any.
    """
    beyond = max(0.0, seen.mu - sizes.effects[-1])
    stories = [(chance, lead - beyond, variance) for chance, lead, variance in seen.stories]
    effects = [*sizes.effects, *(stakes.smallest * harm for harm in HARM)]
    before = [
        *(stakes.share * weight for weight in sizes.weights),
        *((1 - stakes.share) * weight for weight in HARM_WEIGHTS),
    ]
    logs = [log_likelihood(stories, seen.df, effect) for effect in effects]
    flat = math.log(stakes.odd * FLAT / math.sqrt(seen.one)) if stakes.odd > 0 else -math.inf
    top = max(*logs, flat)
    raw = [
        weight * ((1 - stakes.odd) * math.exp(log - top) + math.exp(flat - top))
        for weight, log in zip(before, logs, strict=True)
    ]
    total = math.fsum(raw)
    return effects, [part / total for part in raw]
