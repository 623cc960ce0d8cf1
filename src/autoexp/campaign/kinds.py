"""Experiments by the kind of idea behind them: which kinds gained, and what they cost."""

from dataclasses import asdict, dataclass
from typing import Any

from autoexp.campaign.amounts import cost_of, plus, tokens_of
from autoexp.campaign.convergence import gain_of
from autoexp.campaign.grouping import LONGEST_KIND, OTHER, kind_of, normal
from autoexp.campaign.learning import numbered
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.experiment.outcome import CRASHES, UNDECIDED

__all__ = ["LONGEST_KIND", "OTHER", "Kind", "as_data", "kind_of", "kinds", "normal"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the experiments of one kind came to. `gain` is a fraction of the baseline; None where nobody counted."""

    kind: str
    experiments: int = 0
    kept: int = 0
    gain: float = 0.0
    cost_usd: float | None = None
    tokens: int | None = None
    crashes: int = 0


def kinds(state: CampaignState) -> tuple[Kind, ...]:
    """Give the kinds that were met, the one that gained most first.

    Only decided experiments are counted, as in the status; what the others cost counts all the same. Tests of keeps are left out.
    """
    found: dict[str, Kind] = {}
    for experiment in state.experiments:
        if experiment.tests:
            continue
        name = _kind_in(state, experiment)
        found[name] = _and(found.get(name, Kind(name)), experiment)
    met = (kind for kind in found.values() if kind.experiments or kind.cost_usd or kind.tokens)
    return tuple(sorted(met, key=lambda kind: (-kind.gain, -kind.kept, -kind.experiments, kind.kind)))


def as_data(state: CampaignState) -> list[dict[str, Any]]:
    """Give the kinds as plain data."""
    return [asdict(kind) for kind in kinds(state)]


def _kind_in(state: CampaignState, experiment: Experiment) -> str:
    """Give the kind; a change that is measured again has that of the first time."""
    first = numbered(state, experiment.directive.of) if experiment.directive.of is not None else None
    return kind_of(first or experiment)


def _and(kind: Kind, experiment: Experiment) -> Kind:
    decided = experiment.outcome not in UNDECIDED
    return Kind(
        kind=kind.kind,
        experiments=kind.experiments + decided,
        kept=kind.kept + experiment.kept,
        gain=kind.gain + gain_of(experiment),
        cost_usd=plus(kind.cost_usd, cost_of(experiment)),
        tokens=plus(kind.tokens, tokens_of(experiment).total),
        crashes=kind.crashes + (experiment.outcome in CRASHES),
    )
