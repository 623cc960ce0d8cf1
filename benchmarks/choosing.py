"""Choosing among proposers, simulated: what the rules bring for their money. `python -m benchmarks.choosing [CAMPAIGNS]`.

Members are chances: an attempt becomes a keep that stands with `rate`, gains about 2 % of the baseline (exponential), and costs `cost` (plus
or minus a half). The choice is made by the code of autoexp itself, from tallies like those of a journal. Seeded: the same figures each time.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Brief
from autoexp.experiment.records import Directive
from autoexp.proposers.choosing.rules import Policy, choose

GAIN = 0.02


@dataclass(frozen=True)
class Kind:
    """A proposer by its chances."""

    rate: float
    cost: float


@dataclass(frozen=True)
class Case:
    """Members, and how many dollars a campaign may spend."""

    members: Mapping[str, Kind]
    budget: float


CASES = {
    "10x cheaper, half the keeps": Case({"cheap": Kind(0.10, 0.05), "strong": Kind(0.20, 0.50)}, 15.0),
    "10x cheaper, a twentieth of the keeps": Case({"cheap": Kind(0.01, 0.05), "strong": Kind(0.20, 0.50)}, 15.0),
    "both the same": Case({"one": Kind(0.15, 0.25), "other": Kind(0.15, 0.25)}, 15.0),
    "same price, a third of the keeps": Case({"weak": Kind(0.06, 0.25), "good": Kind(0.18, 0.25)}, 15.0),
    "four members, one good": Case(
        {"a": Kind(0.05, 0.25), "b": Kind(0.05, 0.25), "c": Kind(0.20, 0.25), "d": Kind(0.05, 0.25)}, 15.0
    ),
}


def policies(case: Case) -> dict[str, Policy]:
    """Give the rules that are compared: equal weights, the bandit, and each member alone."""
    equal = dict.fromkeys(case.members, 1.0)
    alone = {f"only {name}": Policy({name: 1.0}) for name in case.members}
    return {"weights": Policy(equal), "cost-aware": Policy(equal, by="cost-aware"), **alone}


def gain_per_dollar(case: Case, policy: Policy, *, seed: int) -> float:
    """Play one campaign until its money is spent."""
    random, spent, gained, position = Random(f"world {seed}"), 0.0, 0.0, 0
    brief = _brief(seed)
    tallies: dict[str, Tally] = {}
    while spent < case.budget:
        name = choose(replace(brief, position=position, tallies=tallies), policy).order[0]
        kind, old = case.members[name], tallies.get(name, Tally(cost_usd=0.0))
        kept = random.random() < kind.rate
        gain = random.expovariate(1 / GAIN) if kept else 0.0
        cost = kind.cost * random.uniform(0.5, 1.5)
        tallies[name] = replace(
            old,
            experiments=old.experiments + 1,
            attempts=old.attempts + 1,
            decided=old.decided + 1,
            kept=old.kept + kept,
            standing=old.standing + kept,
            gain=old.gain + gain,
            cost_usd=(old.cost_usd or 0.0) + cost,
        )
        spent, gained, position = spent + cost, gained + gain, position + 1
    return gained / spent


def mean_gain_per_dollar(case: Case, policy: Policy, *, campaigns: int) -> float:
    """Give the mean over campaigns, each with a seed of its own that all rules share."""
    return sum(gain_per_dollar(case, policy, seed=seed) for seed in range(campaigns)) / campaigns


def table(campaigns: int) -> str:
    """Give the figures as a Markdown table: gain per dollar, in percent of the baseline."""
    lines = ["| members | equal weights | cost-aware | the best one alone |", "|---|---|---|---|"]
    for name, case in CASES.items():
        found = {
            rule: mean_gain_per_dollar(case, policy, campaigns=campaigns) for rule, policy in policies(case).items()
        }
        best = max(value for rule, value in found.items() if rule.startswith("only "))
        cells = " | ".join(f"{value:.1%}" for value in (found["weights"], found["cost-aware"], best))
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _brief(seed: int) -> Brief:
    return Brief(
        tag="", goal="", program="", directive=Directive(), position=0, seed=seed, scope=(), metrics={}, primary="x",
        direction="lower", incumbent_commit="", incumbent={}, baseline={}, gain=0.0, experiments_total=0, kept=0,
    )  # fmt: skip


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
