"""Seeded draws among members. Each member has a randomness of its own, so that another one in the contract changes nothing of it."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Brief, derived_seed

TRIES_FIRST = 3
LEAST = 1e-9
"""Below this, in dollars or tokens, everybody is free, and costs tell nothing."""
FREE = 0.01
"""What a member that costs nothing is taken to cost, as a share of the dearest: more would make it the only one for ever."""


def by_weight(brief: Brief, weights: Mapping[str, float]) -> tuple[str, ...]:
    """Draw an order in which each member comes first as often as its share of the weights says, and so on among the rest.

    Each waits for an exponential time at the rate of its weight, and the first to be done is drawn.
    """
    times = {name: _chance(brief, name).expovariate(weight) for name, weight in weights.items()}
    return tuple(sorted(weights, key=lambda name: times[name]))


def by_gain_per_cost(brief: Brief, order: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Order members by a draw of what the next experiment of each brings for its cost; say by which cost.

    Thompson sampling with cost in the denominator, after Xia, Li, Qin, Yu and Liu, "Thompson sampling for budgeted multi-armed
    bandits" (2015): the chance that an attempt becomes a keep that stands is Beta(1 + standing keeps, 1 + attempts that came to nothing); keeps that
    wait for their test count on neither side. A draw of it, times the mean gain of such keeps (to which the mean of all members'
    keeps is added as one keep), divided by the mean cost of an experiment. Each member is asked three times first, in turn.
    """
    tallies = {name: brief.tallies.get(name, Tally()) for name in order}
    tried = {name: tally for name, tally in tallies.items() if tally.attempts >= TRIES_FIRST}
    unit, costs = _costs(tried)
    pooled = _pooled_gain(tried.values())
    worth = {name: _draw(brief, name, tally, pooled) / costs[name] for name, tally in tried.items()}
    new = sorted(tallies.keys() - tried.keys(), key=lambda name: (tallies[name].attempts, order.index(name)))
    why = f"has one of its first {TRIES_FIRST} experiments" if new else f"drawn by confirmed gain per {unit}"
    return (*new, *sorted(tried, key=lambda name: -worth[name])), why


def _draw(brief: Brief, name: str, tally: Tally, pooled: float) -> float:
    chance = _chance(brief, name).betavariate(1 + tally.standing, 1 + max(0, tally.attempts - tally.kept))
    return chance * max(0.0, tally.gain + pooled) / (tally.standing + 1)


def _pooled_gain(tallies: Iterable[Tally]) -> float:
    """Give the mean gain of all keeps that stand; any positive number when there is none yet, for then only the chances differ."""
    found = list(tallies)
    keeps = sum(tally.standing for tally in found)
    mean = sum(tally.gain for tally in found) / keeps if keeps else 0.0
    return mean if mean > 0 else 1.0


def _costs(tallies: Mapping[str, Tally]) -> tuple[str, dict[str, float]]:
    """Give the cost of an experiment of each member: in dollars, else in tokens, else 1, by what is known of all of them."""
    dollars = {name: _mean(tally.cost_usd, tally, tally.unknown_costs) for name, tally in tallies.items()}
    tokens = {name: _mean(tally.tokens, tally, tally.unknown_tokens) for name, tally in tallies.items()}
    for unit, means in (("dollar", dollars), ("token (a cost in dollars is unknown)", tokens)):
        known = {name: mean for name, mean in means.items() if mean is not None}
        dearest = max(known.values(), default=0.0)
        if len(known) == len(tallies) and dearest > LEAST:
            return unit, {name: max(mean, FREE * dearest) for name, mean in known.items()}
    return "experiment (costs are unknown)", dict.fromkeys(tallies, 1.0)


def _mean(total: float | None, tally: Tally, unknown: int) -> float | None:
    """Give the mean over the experiments for which it is known; None when it is not for most of them."""
    known = tally.experiments - unknown
    return None if total is None or known < max(1, unknown) else total / known


def _chance(brief: Brief, name: str) -> Random:
    return Random(derived_seed(brief.seed, "choose", brief.position, name))  # noqa: S311  a seeded draw, no secret
