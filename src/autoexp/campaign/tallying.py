"""The record of each proposer, folded from the experiments: the facts that choosing among proposers goes by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autoexp.campaign.amounts import cost_of, plus, requests_of, tokens_of
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.replacing import replace
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome

UNAVAILABLE, NOTHING_LEFT = "unavailable", "nothing_left"
"""Keys of a proposal's `asi` in which a proposer that chooses tells whom it asked first: those that could not serve, each with the
reason, and those that had nothing left."""

LONGEST_REST = 16
MOST_NAMES = 64
"""A program may name any number of others that could not serve; so many are remembered."""
_NO_TRY = frozenset({Outcome.INTERRUPTED, Outcome.INFRA_ERROR})


@dataclass(frozen=True, slots=True)
class Tally:
    """The record of one proposer.

    `attempts` are its experiments but those that a person or the machine ended; `errors` those in which no proposal came of it. `standing` are
    its confirmed keeps: not provisional, not taken out; `gain` is theirs, as a fraction of the baseline. Costs are of whole experiments, runs
    included; `unknown_costs` and `unknown_tokens` count the experiments for which nobody told. One that could not serve, or failed again,
    rests until the campaign has made `rests_until` attempts. `nothing_left` tells that it said so, and was not heard of since.
    """

    experiments: int = 0
    attempts: int = 0
    decided: int = 0
    kept: int = 0
    standing: int = 0
    gain: float = 0.0
    cost_usd: float | None = None
    unknown_costs: int = 0
    tokens: int | None = None
    unknown_tokens: int = 0
    requests: int | None = None
    crashes: int = 0
    errors: int = 0
    errors_in_row: int = 0
    away_in_row: int = 0
    rests_until: int = 0
    nothing_left: bool = False


@dataclass(frozen=True, slots=True)
class Tallies:
    """The record of each proposer by its name, in the order of their first experiments; nameless ones share the name ""."""

    by_name: Mapping[str, Tally] = field(default_factory=dict)
    attempts: int = 0


def tallied(known: Tallies, experiment: Experiment, *, gain: float, first: Experiment | None) -> Tallies:
    """Add an experiment that is no checkpoint test. `gain` is what it added to that of the campaign, were it kept.

    `first` is the experiment whose change this one measures again. Of several changes together none is credited to anybody.
    """
    if experiment.directive.members:
        return known
    found = dict(known.by_name)
    if experiment.directive.of is not None:
        name = _proposer_of(first) if first is not None and _is_own(first) else ""
        found[name] = _measured(found.get(name, Tally()), experiment, gain)
        return replace(known, by_name=found)
    name = _proposer_of(experiment)
    tried = experiment.outcome not in _NO_TRY
    attempts = known.attempts + tried
    tally = _costed(_measured(found.get(name, Tally()), experiment, gain), experiment)
    found[name] = _tried(tally, experiment, attempts) if tried else tally
    if tried:
        _note_absent(found, experiment, attempts)
    return Tallies(found, attempts)


def _is_own(first: Experiment) -> bool:
    return not first.tests and not first.directive.by_person


def _proposer_of(experiment: Experiment) -> str:
    """Give the name of who proposed. A change is mended by whoever made it."""
    return next((proposal.proposer for proposal in experiment.proposals), "")


def _measured(tally: Tally, experiment: Experiment, gain: float) -> Tally:
    """Count what the measurement made of a change, also when a person had it measured again."""
    decided = experiment.outcome is not None and experiment.outcome not in UNDECIDED
    standing = experiment.kept and not experiment.provisional
    return replace(
        tally,
        decided=tally.decided + decided,
        kept=tally.kept + experiment.kept,
        standing=tally.standing + standing,
        gain=tally.gain + (gain if standing else 0.0),
        crashes=tally.crashes + (experiment.outcome in CRASHES),
    )


def _costed(tally: Tally, experiment: Experiment) -> Tally:
    """Add what an experiment cost. One that a single unknown part belongs to is unknown, and adds nothing.

    The change of an interrupted one is no other experiment of its proposer when it is measured again: that only adds to what it cost.
    """
    said, first = experiment.paid, experiment.directive.again is None
    cost = cost_of(experiment) if (said or not first) and all(one.cost_usd is not None for one in said) else None
    tokens = tokens_of(experiment).total if said and all(one.tokens.total is not None for one in said) else None
    return replace(
        tally,
        experiments=tally.experiments + first,
        cost_usd=plus(tally.cost_usd, cost),
        unknown_costs=tally.unknown_costs + (first and cost is None),
        tokens=plus(tally.tokens, tokens),
        unknown_tokens=tally.unknown_tokens + (first and tokens is None),
        requests=plus(tally.requests, requests_of(experiment)),
    )


def _tried(tally: Tally, experiment: Experiment, attempts: int) -> Tally:
    """Count a try. The first error in a row may be chance; from the second on it rests, longer each time."""
    failed = experiment.outcome is Outcome.PROPOSER_ERROR
    row = tally.errors_in_row + 1 if failed else 0
    return replace(
        tally,
        attempts=tally.attempts + 1,
        errors=tally.errors + failed,
        errors_in_row=row,
        away_in_row=0,
        rests_until=attempts + _rest(row - 1),
        nothing_left=False,
    )


def _note_absent(found: dict[str, Tally], experiment: Experiment, attempts: int) -> None:
    """Take down who was asked before the one that proposed, and could not serve or had nothing left."""
    for other in _known(found, _names_in(experiment, UNAVAILABLE)):
        tally = found.get(other, Tally())
        row = tally.away_in_row + 1
        found[other] = replace(tally, away_in_row=row, rests_until=attempts + _rest(row))
    for other in _known(found, _names_in(experiment, NOTHING_LEFT)):
        found[other] = replace(found.get(other, Tally()), nothing_left=True)


def _known(found: Mapping[str, Tally], names: set[str]) -> Iterable[str]:
    """Give names in order, new ones as far as there is room."""
    for name in sorted(names):
        if name in found or len(found) < MOST_NAMES:
            yield name


def _names_in(experiment: Experiment, key: str) -> set[str]:
    """Give the names that its proposals hold at a key of their `asi`, the proposer's own aside."""
    told = (proposal.asi.get(key) for proposal in experiment.proposals)
    names = {name for one in told if isinstance(one, list | dict) for name in one if isinstance(name, str)}
    return names - {_proposer_of(experiment)}


def _rest(row: int) -> int:
    """Give how many attempts of others a proposer sits out after `row` failures to serve."""
    return 0 if row <= 0 else min(2 ** min(row - 1, 10), LONGEST_REST)
