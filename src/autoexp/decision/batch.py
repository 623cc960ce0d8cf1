"""K interleaved pairs decide: keep if the mean improves by more than one standard deviation."""

import math
from collections.abc import Mapping, Sequence

from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric, compare
from autoexp.decision.words import share
from autoexp.experiment.measurement import Side, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

LUCK = 3.0
"""Standard deviations of luck that the pairs to come are not believed to have."""

LEAST_NOISE = 0.03
"""Three baseline samples may agree by chance; the noise of one sample is taken to be at least this."""


def rule(
    candidate: Sequence[Mapping[str, float]],
    incumbent: Sequence[Mapping[str, float]],
    metric: Metric,
    *,
    k: int,
    keep_equal: bool,
    noise: float | None = None,
) -> Decision | MeasureMore:
    """Ask for samples in the order C I, I C, C I, ... until each side has k, then compare the means.

    The spread is the larger of the two sample standard deviations (n-1). An improvement that is large enough but
    within the spread is inconclusive. `noise`, the sd of one sample as a fraction of its mean, lets a candidate that
    can hardly be kept any more end after fewer pairs; a keep always takes all k.
    """
    pairs = min(len(candidate), len(incumbent))
    if pairs < k and (
        pairs < max(len(candidate), len(incumbent)) or not _is_hopeless(candidate, incumbent, metric, k, noise)
    ):
        return MeasureMore(_next_side(len(candidate), len(incumbent)))
    ours = summarise(row[metric.name] for row in candidate)
    theirs = summarise(row[metric.name] for row in incumbent)
    effect = compare(ours.mean, theirs.mean, metric)
    spread = max(ours.sd, theirs.sd)
    verdict, why = _ruling(effect.absolute, spread, large=effect.reaches(metric), keep_equal=keep_equal)
    if pairs < k:
        why += f" after {pairs} of {k} pairs"
    evidence = {"spread": spread, "improvement": effect.absolute}
    if effect.relative is not None:
        evidence["relative"] = effect.relative
    reason = f"{why}: {share(effect, metric)}, {ours.count} + {theirs.count} runs, spread {spread:.3g} {metric.unit}".rstrip()
    return Decision(
        verdict=verdict, effect=effect.of_baseline, evidence=evidence, method=f"batch {k}", reasons=(reason,)
    )


def _is_hopeless(
    candidate: Sequence[Mapping[str, float]],
    incumbent: Sequence[Mapping[str, float]],
    metric: Metric,
    k: int,
    noise: float | None,
) -> bool:
    """Tell whether even a change of the smallest effect would need more than LUCK in the pairs to come.

    With p pairs of mean m, the other k - p must make up p (min_effect - m); their sum has a standard deviation of
    noise * sqrt(2 (k - p)). All of it is relative to the incumbent.
    """
    pairs = len(candidate)
    if pairs == 0 or noise is None:
        return False
    ours = summarise(row[metric.name] for row in candidate)
    theirs = summarise(row[metric.name] for row in incumbent)
    relative = compare(ours.mean, theirs.mean, metric).relative
    luck = LUCK * max(noise, LEAST_NOISE) * math.sqrt(2 * (k - pairs))
    return relative is not None and pairs * (metric.min_effect - relative) > luck


def _ruling(improvement: float, spread: float, *, large: bool, keep_equal: bool) -> tuple[Verdict, str]:
    if keep_equal and improvement == 0:
        return Verdict.KEEP, "kept (equal)"
    if large and improvement > spread:
        return Verdict.KEEP, "kept"
    if large:
        return Verdict.INCONCLUSIVE, "inconclusive, the gain lies within one standard deviation"
    if improvement > 0:
        return Verdict.DISCARD, "discarded, below the smallest effect asked for"
    return Verdict.DISCARD, "discarded"


def _next_side(candidates: int, incumbents: int) -> Side:
    pair, second = divmod(candidates + incumbents, 2)
    candidate_first = pair % 2 == 0
    if second:
        return Side.CANDIDATE if candidates <= incumbents else Side.INCUMBENT
    return Side.CANDIDATE if candidate_first else Side.INCUMBENT
