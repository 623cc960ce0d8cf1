"""What an experiment used: dollars, tokens and requests, added up so that unknown stays unknown and is not 0."""

from collections.abc import Iterable
from typing import Literal, TypeVar

from autoexp.campaign.experiments import Experiment
from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import UNDECIDED, Outcome
from autoexp.experiment.records import Proposal, Tokens

Kind = Literal["cost_usd", "tokens", "requests"]
KINDS: tuple[Kind, ...] = ("cost_usd", "tokens", "requests")
T = TypeVar("T", int, float)


def used_by(experiment: Experiment, kind: Kind) -> float | None:
    """Give what one experiment used, as far as anybody said."""
    if kind == "cost_usd":
        return cost_of(experiment)
    return tokens_of(experiment).total if kind == "tokens" else requests_of(experiment)


def cost_of(experiment: Experiment) -> float | None:
    """Add what proposer and harness reported; None when nobody reported a cost."""
    total: float | None = None
    for proposal in experiment.paid:
        total = plus(total, proposal.cost_usd)
    for one in experiment.tries:
        total = plus(total, cost_of_runs(one.samples))
    total = plus(total, cost_of_runs((*experiment.void, *experiment.samples)))
    return plus(total, cost_of_runs(experiment.holdout.samples)) if experiment.holdout else total


def tokens_of(experiment: Experiment) -> Tokens:
    """Add the tokens of all that was proposed; None where nobody counted."""
    return together(proposal.tokens for proposal in experiment.paid)


def requests_of(experiment: Experiment) -> int | None:
    """Add the answers of models that an experiment took; None where nobody counted."""
    total: int | None = None
    for proposal in experiment.paid:
        total = plus(total, proposal.requests)
    return total


def cost_of_runs(samples: Iterable[Sample]) -> float | None:
    """Add what the runs reported as their cost; None when none did."""
    total: float | None = None
    for sample in samples:
        total = plus(total, sample.cost_usd)
    return total


def untold(experiment: Experiment, kind: Kind) -> bool:
    """Tell whether a closed experiment used what nobody told: a proposer that asks nobody uses nothing."""
    free = experiment.reserved.requests == 0
    silent = any(_silent(proposal, kind, free=free) for proposal in experiment.paid)
    return silent or (unanswered(experiment) and not free)


def _silent(proposal: Proposal, kind: Kind, *, free: bool) -> bool:
    if proposal.requests == 0 or (free and proposal.requests is None):
        return False
    told = proposal.tokens.total if kind == "tokens" else getattr(proposal, kind)
    return told is None


def unanswered(experiment: Experiment) -> bool:
    """Tell whether a proposer was asked, and the experiment ended before it said what that used."""
    if experiment.tests or experiment.directive.by_person or experiment.outcome not in UNDECIDED:
        return False
    asked = experiment.directive.again is None and not experiment.proposals
    return asked or (experiment.mending and experiment.outcome is Outcome.INTERRUPTED)


def together(used: Iterable[Tokens]) -> Tokens:
    """Add tokens kind by kind; None where nobody counted."""
    found = [tokens for tokens in used if tokens != NOTHING]
    if len(found) < 2:  # noqa: PLR2004  nothing is to be added
        return found[0] if found else NOTHING
    totals: dict[str, int | None] = dict.fromkeys(Tokens.model_fields)
    for tokens in found:
        totals = {name: plus(total, getattr(tokens, name)) for name, total in totals.items()}
    return Tokens(**totals)


NOTHING = Tokens()


def plus(total: T | None, more: T | None) -> T | None:
    """Add what is known; None is unknown, not 0."""
    if more is None:
        return total
    return more if total is None else total + more
