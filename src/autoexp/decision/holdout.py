"""Does the holdout show the gain that the samples claim? A rule on the values of both sides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoexp.decision.case import Evidence, metric_of
from autoexp.decision.effect import compare
from autoexp.experiment.measurement import summarise
from autoexp.experiment.records import Decision
from autoexp.spec.criteria import Criterion
from autoexp.spec.decision import HOLDOUT_SHARE

SLACK = 0.02
"""So much less than the claimed gain is no contradiction, where noise does not allow for more."""

Row = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the holdout says: gains on the gain scale, None where there is no ratio, and why in words.

    `relative` is the gain as a fraction of the incumbent's value.
    """

    passed: bool
    claimed: float | None
    needed: float | None
    gain: float | None
    words: str
    relative: float | None = None


def claim(decision: Decision, evidence: Evidence) -> float | None:
    """Give what a would-be keep says to be better by, as a fraction of the incumbent, in the number that is shown as `metric`.

    It is 0 for one that is kept as no worse, or for another number; None where the incumbent's value of 0 gives no fraction.
    """
    shown = evidence.spec.criteria[0]
    if decision.metric not in {"", shown.name}:
        return 0.0
    relative = decision.evidence.get("relative")
    if relative is None:
        ours = summarise(row[shown.name] for row in evidence.candidate).mean
        fresh = [row[shown.name] for row in evidence.incumbent]
        theirs = summarise(fresh).mean if fresh else evidence.stored[shown.name]
        relative = compare(ours, theirs, metric_of(shown, evidence)).relative
        if relative is None:
            return None if ours != theirs else 0.0
    return max(relative, 0.0)


def judge(
    candidate: Sequence[Row],
    incumbent: Sequence[Row],
    *,
    criterion: Criterion,
    claimed: float | None,
    noise: float | None,
    share: float = HOLDOUT_SHARE,
    called: tuple[str, str] = ("candidate", "best so far"),
) -> Ruling:
    """Hold the claimed fraction to the values of both sides, one value a run, in pairs; of more than two runs a slow spell does not count.

    At least `share` of the claimed gain must show, as a logarithm of the ratio (on a linear scale: as a fraction). A gain of a few
    percent need only not be contradicted: what shows may be 2 %, or two standard errors of the metric's `noise`, less.
    `called` is what the words call the two sides.
    """
    names = {name for row in (*candidate, *incumbent) for name in row}
    if len(names) != 1:
        words = f"the two sides printed different metrics: {', '.join(sorted(names))}"
        return Ruling(passed=False, claimed=None, needed=None, gain=None, words=words)
    ours, theirs = (_median([value for row in side for value in row.values()]) for side in (candidate, incumbent))
    lower = criterion.lower_is_better
    better = theirs - ours if lower else ours - theirs
    if theirs == 0 or claimed is None:  # no fraction: what is better is better
        passed = better > 0 or (better == 0 and (lower or claimed == 0))
        return Ruling(passed=passed, claimed=claimed, needed=None, gain=None, words=_words(ours, theirs, called))
    relative = min(max(better / abs(theirs), -1e9), 1e9)
    if criterion.scale != "linear" and min(ours, theirs) > 0 and not (lower and claimed >= 1):
        claimed = _logarithm(claimed, lower=lower)
        gain = math.log(theirs) - math.log(ours) if lower else math.log(ours) - math.log(theirs)
    else:
        gain = relative
    slack = max(SLACK, 2 * (noise or 0.0) * math.sqrt(2 / min(len(candidate), len(incumbent))))
    needed = min(share * claimed, claimed - slack)
    runs = f" (medians of {len(candidate)} runs)" if len(candidate) > 1 else ""
    words = f"{_words(ours, theirs, called)}{runs}, a gain of {gain:.4g}, and {needed:.4g} were needed"
    return Ruling(passed=gain >= needed, claimed=claimed, needed=needed, gain=gain, words=words, relative=relative)


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return summarise(ordered[len(values) - half - 1 : half + 1]).mean


def _logarithm(fraction: float, *, lower: bool) -> float:
    return -math.log1p(-fraction) if lower else math.log1p(fraction)


def _words(ours: float, theirs: float, called: tuple[str, str]) -> str:
    return f"{called[0]} {ours:.6g}, {called[1]} {theirs:.6g}"
