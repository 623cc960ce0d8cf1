"""Whom to ask for the next change, and why: pure functions of the brief. The same journal gives the same answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Brief
from autoexp.proposers.choosing.draws import by_gain_per_cost, by_weight
from autoexp.proposers.choosing.turns import turn_of_validator

By = Literal["weights", "cost-aware"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the contract says about choosing: the members' weights by name, and how to choose."""

    weights: dict[str, float]
    by: By = "weights"
    explore: str = ""
    validate: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Give the members' names in the order of the contract."""
        return tuple(self.weights)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to ask, in turn, until one proposes; `spent` said that they have nothing left, and are asked when all others say so too.

    `tasks` holds what a member is asked to do beyond what the brief says anyway.
    """

    order: tuple[str, ...]
    why: str
    spent: tuple[str, ...] = ()
    tasks: dict[str, str] = field(default_factory=dict)


def choose(brief: Brief, policy: Policy) -> Choice:
    """Choose who proposes. A change is mended by whoever made it, and what is paid for is tried first."""
    if brief.repair is not None:
        maker = brief.repair.proposer
        return Choice((maker,) if maker in policy.weights else (), "mends its own change")
    order, why, tasks = _ordinary(brief, policy)
    owner = brief.offers[0].proposer if brief.offers else ""
    if owner in policy.weights:
        order, why, tasks = _first(owner, order), "its answer holds hypotheses that are paid for", {}
    return replace(_in_reach(brief, order, why), tasks=tasks)


def _ordinary(brief: Brief, policy: Policy) -> tuple[tuple[str, ...], str, dict[str, str]]:
    if policy.explore and policy.validate:
        turn = turn_of_validator(brief, explore=policy.explore, validate=policy.validate)
        pair = (policy.validate, policy.explore) if turn else (policy.explore, policy.validate)
        order = (*pair, *(name for name in policy.names if name not in pair))
        tasks = {policy.validate: turn.task} if turn and turn.task else {}
        return order, turn.why if turn else "explores", tasks
    if policy.by == "cost-aware":
        return *by_gain_per_cost(brief, policy.names), {}
    return by_weight(brief, policy.weights), "drawn by weight", {}


def _first(name: str, order: Sequence[str]) -> tuple[str, ...]:
    return (name, *(other for other in order if other != name))


def _in_reach(brief: Brief, order: Sequence[str], why: str) -> Choice:
    """Put those that rest behind the others, and those that have nothing left behind all."""
    tallies = {name: brief.tallies.get(name, Tally()) for name in order}
    spent = tuple(name for name in order if tallies[name].nothing_left)
    awake = [name for name in order if name not in spent and tallies[name].rests_until <= brief.position]
    resting = [name for name in order if name not in spent and name not in awake]
    reach = (*awake, *resting)
    if reach and reach[0] != order[0]:
        reason = "has nothing left" if order[0] in spent else "could not serve lately"
        why = f"in place of {order[0]}, which {reason} ({why})"
    return Choice(reach, why, spent)
