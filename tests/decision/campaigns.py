"""Campaigns in memory: every run is a number that the test gives, everything else is the real thing, records included."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.builders import Tape, spec

from autoexp.campaign.evidence import evidence_for
from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import CampaignState
from autoexp.decision import MeasureMore, decide
from autoexp.engine.sampling import calibrated
from autoexp.engine.segments import CALIBRATION_SAMPLES
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision
from autoexp.spec.model import Spec

Values = float | Mapping[str, float]
Runs = Callable[[Side, int], Values]
"""What the i-th run of a side gives."""
Scores = Callable[[Side, int], Mapping[str, float]]
MOST = 500


@dataclass(frozen=True)
class Judged:
    """What became of one candidate: the ruling, and the sides in the order asked for, as "cic"."""

    decision: Decision
    sides: str
    candidate: tuple[Values, ...]
    incumbent: tuple[Values, ...]

    @property
    def kept(self) -> bool:
        return self.decision.verdict is Verdict.KEEP


@dataclass
class Played:
    """A campaign that begins with a baseline and judges one candidate after the other."""

    contract: Spec = field(default_factory=spec)
    baseline: Sequence[Values] = ()
    items: Sequence[Mapping[str, float]] = ()
    tape: Tape = field(default_factory=Tape)
    state: CampaignState = field(default_factory=CampaignState)

    def __post_init__(self) -> None:
        rows = [value if isinstance(value, Mapping) else {"x": value} for value in self.baseline]
        found = calibrated(self.contract, [Sample(side=Side.BASELINE, i=0, values=dict(row)) for row in rows])
        declared = self.contract.measurement.deterministic
        deterministic = found.deterministic if declared == "auto" else declared
        self.tape.open(self.contract, values=rows, items=self.items, deterministic=deterministic)
        self._read()

    def judge(self, runs: Runs, *, scores: Scores | None = None, added: int = 1, removed: int = 1) -> Judged:
        """Run the rule on a candidate until it decides, and write down what it decided."""
        taken: dict[Side, list[Values]] = {Side.CANDIDATE: [], Side.INCUMBENT: []}
        sides = ""
        self.tape.intent()
        self.tape.propose(added=added, removed=removed)
        self._read()
        while isinstance(answer := decide(evidence_for(self.state, self.contract)), MeasureMore):
            side, i = answer.side, len(taken[answer.side])
            taken[side].append(runs(side, i))
            self.tape.sample(taken[side][-1], side=side, i=i, items=dict(scores(side, i)) if scores else {})
            sides += side.value[0]
            assert len(sides) <= MOST, "it does not end"
            self._read()
        opened = self.state.open
        self.tape.end(Outcome.MEASURED, answer, measure(opened.of_side(Side.CANDIDATE)))
        self._read()
        return Judged(answer, sides, *(tuple(values) for values in taken.values()))

    def _read(self) -> None:
        self.state = fold_all(self.tape.records[self.state.events :], self.state)


@dataclass
class Machine:
    """A machine on which a run of the incumbent takes about `level`, give or take `noise` (sd of the logarithm)."""

    noise: float
    seed: int = 0
    level: float = 10.0
    stream: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.stream = random.Random(f"{self.seed} {self.noise}")

    def run(self, gain: float = 0.0) -> float:
        """Run the incumbent, or a candidate that takes this share less of its time."""
        return self.level * (1 - gain) * math.exp(self.stream.gauss(0, self.noise))

    def baseline(self) -> list[float]:
        return [self.run() for _ in range(CALIBRATION_SAMPLES)]

    def candidate(self, gain: float) -> Runs:
        """Give the runs of a candidate beside those of the incumbent."""
        return lambda side, _: self.run(gain if side is Side.CANDIDATE else 0.0)


def path(noise: float, seed: str, *, gain: float = 0.0, level: float = 10.0) -> Runs:
    """Give runs that are the same whenever they are asked for: the i-th of a side, whatever came between."""

    def runs(side: Side, i: int) -> float:
        luck = random.Random(f"{seed} {side.value} {i}").gauss(0, noise)
        return level * (1 - (gain if side is Side.CANDIDATE else 0.0)) * math.exp(luck)

    return runs


def first(runs: Runs, count: int = CALIBRATION_SAMPLES) -> Iterator[Values]:
    """Give runs of the incumbent that no experiment will see, for a baseline."""
    return (runs(Side.INCUMBENT, -1 - i) for i in range(count))
