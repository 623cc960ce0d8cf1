"""What all closed experiments together amount to, folded one by one: of a size that does not grow with their number,
but for the kinds of ideas and the numbers of experiments that a status names.

Whoever needs it once per experiment reads it here and never goes through all experiments.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autoexp.campaign.amounts import KINDS, Kind, cost_of_runs, untold
from autoexp.campaign.endings import is_decided
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.patterns import Patterns, added
from autoexp.campaign.replacing import replace
from autoexp.campaign.tallying import Tallies, tallied
from autoexp.campaign.totals import Totals, totalled
from autoexp.experiment.outcome import UNDECIDED

EARLY = 8
"""So many decided experiments are remembered from the beginning, with those in between."""
MOST_EARLY = 50
RECENT = 200
"""So many experiments are remembered up to now."""
SETTLED = 20
"""So many experiments whose proposer has said something are remembered up to now."""
RUNS = 10


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the first `count` closed experiments amount to.

    What proposers read of it has lost what the holdouts showed. `experiments` counts those that are no tests. `runs` is what the runs of the last
    experiments cost that had any. `unknown` counts those of which nobody told what they used, `priced_by` the priced answers by who put the
    price on them, `standing` the keeps that are confirmed. `accepted` are to be measured again. `totals` are what a status counts.
    """

    count: int = 0
    experiments: int = 0
    early: tuple[Experiment, ...] = ()
    recent: tuple[Experiment, ...] = ()
    settled: tuple[Experiment, ...] = ()
    runs: tuple[float | None, ...] = ()
    patterns: Patterns = Patterns()
    tallies: Tallies = Tallies()
    unknown: Mapping[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    priced_by: Mapping[str, int] = field(default_factory=dict)
    standing: int = 0
    accepted: tuple[int, ...] = ()
    totals: Totals = Totals()

    @property
    def told(self) -> tuple[Experiment, ...]:
        """Give the first experiments and the last ones, in their order."""
        begun = self.recent[0].n if self.recent else 0
        return (*(one for one in self.early if one.n < begun), *self.recent)


def learned(known: Knowledge, one: Experiment, *, gain: float, first: Experiment | None) -> Knowledge:
    """Add a closed experiment.

    `gain` is what it adds to that of the campaign if it is kept, and `first` the experiment whose change it measures again.
    """
    told = replace(one, holdout=None) if one.holdout else one
    asked = not one.tests
    return Knowledge(
        count=known.count + 1,
        experiments=known.experiments + asked,
        early=_early(known, told),
        recent=(*known.recent, told)[-RECENT:],
        settled=(*known.settled, one)[-SETTLED:] if asked and one.proposals else known.settled,
        runs=(*known.runs, cost_of_runs(one.samples))[-RUNS:] if asked and one.samples else known.runs,
        patterns=added(known.patterns, told) if is_decided(one) else known.patterns,
        tallies=tallied(known.tallies, one, gain=gain, first=first) if asked else known.tallies,
        unknown={kind: known.unknown[kind] + untold(one, kind) for kind in KINDS},
        priced_by=_counted(known.priced_by, _sources(one)),
        standing=known.standing + (one.kept and not one.provisional),
        accepted=_accepted(known.accepted, one),
        totals=totalled(known.totals, one, first=first),
    )


def _early(known: Knowledge, one: Experiment) -> tuple[Experiment, ...]:
    if known.patterns.decided >= EARLY or (len(known.early) >= MOST_EARLY and not is_decided(one)):
        return known.early
    return (*known.early, one)


def _accepted(known: tuple[int, ...], one: Experiment) -> tuple[int, ...]:
    """Take an accepted experiment off that has a verdict now. An experiment without one is measured again."""
    if one.accepted:
        return (*known, one.n)
    of = one.directive.of if one.outcome not in UNDECIDED else None
    return tuple(n for n in known if n != of) if of in known else known


def _sources(one: Experiment) -> list[str]:
    return [
        proposal.cost_source or "proposer"
        for proposal in one.paid
        if proposal.cost_usd is not None and proposal.requests != 0
    ]


def _counted(counts: Mapping[str, int], names: Iterable[str]) -> Mapping[str, int]:
    for name in names:
        counts = {**counts, name: counts.get(name, 0) + 1}
    return counts
