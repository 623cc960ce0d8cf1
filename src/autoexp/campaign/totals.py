"""What a status counts over all experiments, folded one by one, so that nobody goes through all of them to tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoexp.campaign.amounts import cost_of, plus, tokens_of
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.grouping import kind_of
from autoexp.campaign.replacing import replace
from autoexp.experiment.outcome import CRASHES, UNDECIDED

DISCOUNT = 0.98


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


@dataclass(frozen=True, slots=True)
class Pace:
    """What the decided experiments of one segment came to, the last ones weighing most: keeps, discards, gain of a keep, samples."""

    segment: int = -1
    experiments: int = 0
    kept: float = 0.0
    discarded: float = 0.0
    gain: float = 0.0
    samples: float = 0.0


@dataclass(frozen=True, slots=True)
class Totals:
    """What a status counts. `statuses` leaves checkpoint tests out; `confirmed` and `refuted` count these.

    `kinds` are those of ideas, by name; `taken_out` and `waiting`, for a person, are numbers of experiments; `pace` is that of the last segment.
    """

    statuses: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    taken_out: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    confirmed: int = 0
    refuted: int = 0
    pace: Pace = Pace()


def totalled(known: Totals, one: Experiment, *, first: Experiment | None) -> Totals:
    """Add a closed experiment. `first` is the one whose change it measures again: it has its kind."""
    kinds, statuses = known.kinds, known.statuses
    if not one.tests:
        name = kind_of(first or one)
        kinds = {**kinds, name: _and(kinds.get(name, Kind(name)), one)}
        statuses = {**statuses, one.status: statuses.get(one.status, 0) + 1}
    return Totals(
        statuses=statuses,
        kinds=kinds,
        taken_out=(*known.taken_out, one.n) if one.taken_out else known.taken_out,
        waiting=(*known.waiting, one.n) if one.needs_review else known.waiting,
        confirmed=known.confirmed + one.confirmed,
        refuted=known.refuted + one.refuted,
        pace=_paced(known.pace, one),
    )


def gain_of(experiment: Experiment) -> float:
    """Give what an experiment added to the gain of the campaign: taking out adds nothing."""
    if not experiment.kept or experiment.decision is None or experiment.directive.takes_out:
        return 0.0
    return experiment.decision.effect or 0.0


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


def _paced(pace: Pace, one: Experiment) -> Pace:
    if one.segment != pace.segment:
        pace = Pace(one.segment)
    if one.outcome in UNDECIDED or one.tests or one.directive.takes_out:
        return pace
    kept = DISCOUNT * pace.kept + one.kept
    discarded = DISCOUNT * pace.discarded + (not one.kept)
    return replace(
        pace,
        experiments=pace.experiments + 1,
        kept=kept,
        discarded=discarded,
        gain=pace.gain + ((gain_of(one) - pace.gain) / kept if one.kept else 0.0),
        samples=pace.samples + (len(one.samples) - pace.samples) / (kept + discarded),
    )
