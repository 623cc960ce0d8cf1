"""Guards: numbers that must stay in bounds, whatever the gain. Exact numbers break a bound by lying beyond it, noisy ones by evidence."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autoexp.decision.beyond import log_beyond
from autoexp.experiment.measurement import Summary, summarise
from autoexp.experiment.records import GuardResult
from autoexp.spec.metric import GUARD_KINDS, IncumbentBound, MetricSection, Nearness

ODDS = 20.0
"""Evidence against a guard from which on it is broken."""

SMALLEST_SHARE = 0.005
SMALLEST_SD = 0.25
"""The smallest excess that evidence is sought for: the larger of this share of the limit and of the sd of one sample."""

_CLOSE = 1e-12
_MOST_ODDS = 1e6


@dataclass(frozen=True, slots=True)
class Sides:
    """The samples that guards look at, summed up by metric.

    `candidate` and `incumbent` hold those of this experiment; `stored` is the incumbent when it was kept, for metrics that
    it has no samples of now, and `baseline` the segment's baseline.
    """

    candidate: Mapping[str, Summary]
    incumbent: Mapping[str, Summary] = field(default_factory=dict)
    stored: Mapping[str, Summary] = field(default_factory=dict)
    baseline: Mapping[str, Summary] = field(default_factory=dict)

    def of(self, side: Literal["incumbent", "baseline"], name: str) -> Summary | None:
        """Give what a bound may refer to."""
        if side == "baseline":
            return self.baseline.get(name)
        return self.incumbent.get(name) or self.stored.get(name)


def summed(rows: Sequence[Mapping[str, float]]) -> dict[str, Summary]:
    """Sum up each metric of some rows, where a row has it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: summarise(row[name] for row in rows if name in row) for name in names}


def first_broken(metrics: Mapping[str, MetricSection], sides: Sides) -> GuardResult | None:
    """Give the first guard that the candidate breaks, or None. A guard without a value is broken.

    A metric that never differed within a side is exact: beyond the limit is broken. A noisy one is broken when the
    evidence that its mean lies beyond the limit reaches ODDS.
    """
    return next((answer.result for answer in _answers(metrics, sides) if answer.broken), None)


def strained(metrics: Mapping[str, MetricSection], sides: Sides) -> tuple[GuardResult, ...]:
    """Give the noisy guards whose mean lies beyond the limit without enough evidence; a keep should not hide them.

    A noisy mean is never just what `equals` asks for: that guard counts only when the odds speak against it.
    """
    return tuple(answer.result for answer in _answers(metrics, sides) if answer.strained)


def broken_words(result: GuardResult) -> str:
    """Say which guard broke, its bound and the value."""
    evidence = f" (evidence {_odds(result.odds)})" if result.odds is not None else ""
    return f"{result.metric} broke its guard: {_measured(result)}{evidence}"


def strained_words(result: GuardResult) -> str:
    """Say which guard the mean lies beyond, and how little that means."""
    evidence = f"evidence {_odds(result.odds or 0)}, {_odds(ODDS)} would break it"
    return f"{result.metric} may break its guard: {_measured(result)} ({evidence})"


@dataclass(frozen=True, slots=True)
class _Answer:
    result: GuardResult
    broken: bool
    strained: bool = False


@dataclass(frozen=True, slots=True)
class _Edge:
    """One end of a bound. The limit is `times` the reference, which was measured itself, or a plain number without one."""

    side: Literal["above", "below", "off"]
    limit: float
    reference: Summary | None = None
    times: float = 1.0

    def excess(self, value: float) -> float:
        """Tell how far a value lies on the wrong side; what is mere rounding does not count."""
        over = min(max(value - self.limit, -sys.float_info.max), sys.float_info.max)
        if abs(over) <= _CLOSE * max(abs(value), abs(self.limit)):
            return 0.0
        return {"above": over, "below": -over, "off": abs(over)}[self.side]


def _answers(metrics: Mapping[str, MetricSection], sides: Sides) -> Iterator[_Answer]:
    for name, metric in metrics.items():
        if metric.role == "guard":
            for kind in GUARD_KINDS:
                if getattr(metric, kind) is not None:
                    yield _answer(name, kind, metric, sides)


def _answer(name: str, kind: str, metric: MetricSection, sides: Sides) -> _Answer:
    """Judge one bound of a guard; of two ends, only one can be passed."""
    bound, edges = _bound(name, kind, metric, sides)
    ours = sides.candidate.get(name)
    result = GuardResult(metric=name, bound=bound, value=ours.mean if ours else None)
    if ours is None or not edges:
        return _Answer(result, broken=True)
    edge = max(edges, key=lambda edge: edge.excess(ours.mean))
    excess = edge.excess(ours.mean)
    if excess <= 0:
        return _Answer(result, broken=False)
    sd, df = _noise(name, sides)
    if sd == 0:
        return _Answer(result, broken=True)
    log_e = _log_e(edge, excess, ours, sd=sd, df=df)
    broken = log_e >= math.log(ODDS)
    result = result.model_copy(update={"odds": _within_reason(log_e)})
    return _Answer(result, broken=broken, strained=not broken and (edge.side != "off" or log_e > 0))


def _bound(name: str, kind: str, metric: MetricSection, sides: Sides) -> tuple[str, Sequence[_Edge]]:
    """Give a bound in words and its ends; without ends nobody knows the limit."""
    if kind == "within":
        edges = _range(name, metric, sides)
        shown = f"[{edges[0].limit:g}, {edges[1].limit:g}]" if edges else "unknown"
    else:
        edges = _limit(name, kind, metric, sides)
        shown = f"{edges[0].limit:g}" if edges else "unknown"
    return f"{kind} {shown}", edges


def _range(name: str, metric: MetricSection, sides: Sides) -> Sequence[_Edge]:
    if not isinstance(metric.within, Nearness):
        low, high = metric.within or (-math.inf, math.inf)
        return _Edge("below", low), _Edge("above", high)
    middle = sides.of(metric.within.of, name)
    if middle is None:
        return ()
    by = math.copysign(metric.within.by, middle.mean)
    return (
        _Edge("below", middle.mean * (1 - by), middle, 1 - by),
        _Edge("above", middle.mean * (1 + by), middle, 1 + by),
    )


def _limit(name: str, kind: str, metric: MetricSection, sides: Sides) -> Sequence[_Edge]:
    side: Literal["above", "below", "off"] = "off" if kind == "equals" else "below" if kind == "at_least" else "above"
    bound = getattr(metric, kind)
    if isinstance(bound, float):
        return (_Edge(side, bound),)
    times = bound.times if isinstance(bound, IncumbentBound) else 1.0
    reference = sides.of(bound.of if isinstance(bound, IncumbentBound) else bound, name)
    return () if reference is None else (_Edge(side, reference.mean * times, reference, times),)


def _noise(name: str, sides: Sides) -> tuple[float, int]:
    """Give the sd of one sample, from the scatter within each side, and its degrees of freedom."""
    baseline, stored = sides.baseline.get(name), sides.stored.get(name)
    earlier = sides.incumbent.get(name) or (stored if stored != baseline else None)
    known = [summary for summary in (baseline, earlier, sides.candidate.get(name)) if summary is not None]
    df = sum(summary.count - 1 for summary in known)
    spread = math.hypot(*(summary.sd * math.sqrt(summary.count - 1) for summary in known))
    return (spread / math.sqrt(df) if df else 0.0), df


def _log_e(edge: _Edge, excess: float, ours: Summary, *, sd: float, df: int) -> float:
    theirs = edge.times * edge.times / edge.reference.count if edge.reference else 0.0
    error = sd * math.sqrt(1 / ours.count + theirs)
    smallest = max(SMALLEST_SHARE * abs(edge.limit), SMALLEST_SD * sd)
    log_e = log_beyond(excess, error, df=df, smallest=smallest)
    return log_e - math.log(2) if edge.side == "off" else log_e  # half of it for each side


def _within_reason(log_e: float) -> float:
    return min(max(math.exp(min(log_e, 2 * math.log(_MOST_ODDS))), 1 / _MOST_ODDS), _MOST_ODDS)


def _measured(result: GuardResult) -> str:
    return f"{result.bound}, measured {'nothing' if result.value is None else f'{result.value:g}'}"


def _odds(odds: float) -> str:
    if odds >= _MOST_ODDS:
        return f"over {_MOST_ODDS:,.0f}:1"
    return f"{odds:,.0f}:1" if odds >= ODDS else f"{odds:.1f}:1"
