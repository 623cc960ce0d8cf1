"""What is odd about the numbers of a candidate, beside what its runs cost. Every rule errs on the side of silence.

A run takes W seconds and C seconds of CPU; its metric m covers a part of that, k times, and k and the rest are unknown. So
nothing is concluded from shares, only from what holds for any k >= 1: a time that is measured at least once per run and gets
shorter by d makes the run shorter by at least d, in wall clock or, where several cores were at work, in CPU.

- Faked clock: the metric says it saved d, and the run saved less than half of it in wall and in CPU, noise granted. Only where
  d is at least a fifth of the run: a latency of some ms below a load of ten seconds proves nothing, and neither does a number
  that is larger than the run itself (an extrapolation, a unit read wrong).
- CPU far from wall: programs that compute in parallel, or stop doing so, change CPU per wall by the number of cores, and that is
  honest. What is not: a run that waits for most of its time now, where it computed before (somebody else does the work), and one
  that burns several times the CPU without getting shorter.
- Left early: when all but m stays, the run cannot shrink by a larger factor than m. Leaving out work of the harness's own can.
"""

import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoexp.experiment.measurement import Sample, summarise
from autoexp.experiment.outcome import Outcome
from autoexp.spec.criteria import Criterion
from autoexp.spec.metric import MEASURED_BY_AUTOEXP
from autoexp.spec.model import Spec

TOO_GOOD = 5.0
"""A metric that gets better by a larger factor in one step is odd."""

ENOUGH_CPU_S = 0.2
"""Runs with less CPU are not judged by it: their account is kept in ticks of up to 10 ms."""

ENOUGH_WALL_S = 0.1
"""Shorter runs are mostly the start of their programs."""

ENOUGH_RUNS = 3
"""Fewer runs may all have waited for a cold disk: then CPU has to tell the same."""

SHARE_OF_RUN = 0.2
"""A saving that is claimed counts when it is at least this part of the run."""

SAVED_AT_LEAST = 0.5
"""The part of a claimed saving that the run has to show."""

CPU_PER_WALL = 3.0
"""CPU per wall that differs by a larger factor is far."""

WAITS = 0.5
"""CPU per wall below which a run waits for most of its time."""

LEFT_EARLY, LEFT_EARLY_OF_OTHERS = 2.0, 3.0
"""A run that shrinks by such a factor more than a time got better was left early; other metrics say less about time."""

LEAST_NOISE = 0.05
STEADY = 2.0
"""A counter whose values lie within this factor varies little."""

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "msec": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "seconds": 1.0,
}
_ENDING = re.compile(r"(?:^|_)(ns|us|µs|μs|ms|msec|s|sec|seconds)$")
_HONEST_AT_ZERO = re.compile(
    r"(?:^|[\W_\d])(?:err(?:or)?s?|fail(?:s|ed|ures?)?|faults?|miss(?:es|ed|ing)?|mismatch(?:es)?|warn(?:ings?|s)?|wrong|invalid"
    r"|violations?|timeouts?|retr(?:y|ies)|drop(?:s|ped)?|leak(?:s|ed)?|wait(?:s|ing)?|idle|stall(?:s|ed)?|swap(?:s|ped)?|skip(?:s|ped)?"
    r"|reject(?:s|ed|ions?)?|conflicts?|bugs?|crash(?:es)?|dead\w*|lost|aborts?|evict(?:s|ed|ions?)?|spill(?:s|ed)?|overflows?"
    r"|contention|penalty|regressions?|smells?|todos?|clones?|dup(?:e|licate)?s?|alloc(?:s|ations?)?|locks?|throttled)(?:$|[\W_\d])"
)


def odd_figures(spec: Spec, candidate: Sequence[Sample], incumbent: Sequence[Sample]) -> Iterator[str]:
    """Say which figures of the candidate's samples do not go with those of the incumbent's, one reason each."""
    new, old = _measured(candidate), _measured(incumbent)
    if not new or not old:
        return
    for criterion in spec.criteria:
        yield from _too_good(criterion, new, old)
    cost = _Cost.of(new, old)
    yield from _faked_clock(spec, new, old, cost)
    yield from _cpu_far_from_wall(cost)
    yield from _left_early(spec.criteria, new, old, cost)
    yield from _idle_counters(spec, new, old)


@dataclass(frozen=True, slots=True)
class _Side:
    """A figure over the samples of one side: its middle, and how sure that is."""

    middle: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "_Side":
        middle = statistics.median(values)
        sd = summarise(values).sd if len(values) > 1 else 2 * LEAST_NOISE * abs(middle)
        return cls(middle, max(sd, LEAST_NOISE * abs(middle)) / math.sqrt(len(values)))


@dataclass(frozen=True, slots=True)
class _Cost:
    """What runs of the two sides cost, in seconds."""

    wall: _Side
    cpu: _Side
    wall_before: _Side
    cpu_before: _Side

    @classmethod
    def of(cls, new: Sequence[Sample], old: Sequence[Sample]) -> "_Cost":
        return cls(
            wall=_Side.of([sample.usage.wall_s for sample in new]),
            cpu=_Side.of([sample.usage.cpu_s for sample in new]),
            wall_before=_Side.of([sample.usage.wall_s for sample in old]),
            cpu_before=_Side.of([sample.usage.cpu_s for sample in old]),
        )


def _measured(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.outcome is Outcome.MEASURED]


def _values(samples: Sequence[Sample], name: str) -> list[float]:
    return [sample.values[name] for sample in samples if name in sample.values]


def _too_good(criterion: Criterion, new: Sequence[Sample], old: Sequence[Sample]) -> Iterator[str]:
    """On a linear scale ratios say nothing."""
    means = _means(criterion.name, new, old)
    if means is None or criterion.scale == "linear":
        return
    value, before = means
    if criterion.lower_is_better and value <= 0 < before:
        yield f"{criterion.name} fell from {before:g} to {value:g}"
    elif min(value, before) > 0 and (factor := _factor(criterion, value, before)) > TOO_GOOD:
        yield f"{criterion.name} is {factor:.3g} times better in one step: {value:g} after {before:g}"


def _means(name: str, new: Sequence[Sample], old: Sequence[Sample]) -> tuple[float, float] | None:
    values, before = _values(new, name), _values(old, name)
    return (summarise(values).mean, summarise(before).mean) if values and before else None


def _factor(criterion: Criterion, value: float, before: float) -> float:
    return before / value if criterion.lower_is_better else value / before


def _faked_clock(spec: Spec, new: Sequence[Sample], old: Sequence[Sample], cost: _Cost) -> Iterator[str]:
    if cost.wall_before.middle < ENOUGH_WALL_S:
        return
    for criterion in spec.criteria:
        unit = seconds_per_unit(criterion)
        means = _means(criterion.name, new, old)
        if unit is None or means is None or criterion.name in MEASURED_BY_AUTOEXP or not criterion.lower_is_better:
            continue
        claimed = (means[1] - means[0]) * unit
        longest = max(cost.wall_before.middle, cost.cpu_before.middle)
        if claimed < SHARE_OF_RUN * longest or means[1] * unit > longest * (1 + LEAST_NOISE):
            continue
        sides = [(cost.wall_before, cost.wall)]
        if cost.cpu_before.middle > ENOUGH_CPU_S:
            sides.append((cost.cpu_before, cost.cpu))
        if all(_saves_less(SAVED_AT_LEAST * claimed, *pair) for pair in sides):
            yield (
                f"{criterion.name} says that {claimed:.3g} s were saved, and the whole run took {cost.wall.middle:.3g} s after"
                f" {cost.wall_before.middle:.3g} s (CPU {cost.cpu.middle:.3g} s after {cost.cpu_before.middle:.3g} s)"
            )


def _saves_less(seconds: float, before: _Side, after: _Side) -> bool:
    return before.middle - after.middle + 3 * math.hypot(before.error, after.error) < seconds


def seconds_per_unit(criterion: Criterion) -> float | None:
    """Give how many seconds a metric's unit has, from the unit or from the end of its name; None when it is no time."""
    if criterion.unit:
        return _SECONDS.get(criterion.unit.strip().lower())
    ending = _ENDING.search(criterion.name)
    return _SECONDS[ending[1]] if ending else None


def _cpu_far_from_wall(cost: _Cost) -> Iterator[str]:
    if cost.cpu_before.middle <= ENOUGH_CPU_S or min(cost.wall.middle, cost.wall_before.middle) < ENOUGH_WALL_S:
        return
    share, before = cost.cpu.middle / cost.wall.middle, cost.cpu_before.middle / cost.wall_before.middle
    told = f"{share:.2g} s of CPU for a second of wall clock after {before:.2g} s"
    if share * CPU_PER_WALL < before and share < WAITS:
        yield f"the run waits where it computed before: {told}"
    elif share > CPU_PER_WALL * before and cost.wall.middle > (1 - 2 * LEAST_NOISE) * cost.wall_before.middle:
        yield f"the run computes much more without getting shorter: {told}"


def _left_early(
    criteria: Sequence[Criterion], new: Sequence[Sample], old: Sequence[Sample], cost: _Cost
) -> Iterator[str]:
    """Compare how the run shrank with the largest gain of all that is decided on."""
    if cost.wall_before.middle <= ENOUGH_WALL_S or cost.wall.middle <= 0:
        return
    shrank = cost.wall_before.middle / cost.wall.middle
    if cost.cpu.middle > 0 and (cost.cpu_before.middle > ENOUGH_CPU_S or len(old) < ENOUGH_RUNS):
        shrank = min(shrank, cost.cpu_before.middle / cost.cpu.middle)
    gains = [(1.0, criteria[0], False)]
    for criterion in criteria:
        means = _means(criterion.name, new, old)
        timed = seconds_per_unit(criterion) is not None
        if means is not None and min(means) > 0:
            gains.append((_factor(criterion, *means), criterion, timed))
        elif criterion.name in MEASURED_BY_AUTOEXP:
            return
    gain, criterion, timed = max(gains, key=lambda one: one[0])
    if shrank > gain * (LEFT_EARLY if timed else LEFT_EARLY_OF_OTHERS):
        better = f"{criterion.name} got {gain:.3g} times better" if gain > 1 else f"{criterion.name} got no better"
        yield (
            f"the run ended early: {cost.wall.middle:.3g} s after {cost.wall_before.middle:.3g} s"
            f" (CPU {cost.cpu.middle:.3g} s after {cost.cpu_before.middle:.3g} s), and {better}"
        )


def _idle_counters(spec: Spec, new: Sequence[Sample], old: Sequence[Sample]) -> Iterator[str]:
    """Counters of work that are 0 now. Counts of failures, waits and the like are welcome there."""
    decided = {criterion.name for criterion in spec.criteria}
    for name, metric in spec.metrics.items():
        if (
            metric.role == "primary"
            or name in decided
            or name in MEASURED_BY_AUTOEXP
            or _HONEST_AT_ZERO.search(name.lower())
        ):
            continue
        values, before = _values(new, name), _values(old, name)
        if values and before and not any(values) and min(before) > 0 and max(before) <= STEADY * min(before):
            yield f"{name} fell to 0 from {summarise(before).mean:g}: was the work done?"
