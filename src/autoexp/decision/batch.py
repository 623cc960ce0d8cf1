"""K interleaved pairs decide: keep if the mean improves by more than one standard deviation."""

from collections.abc import Mapping, Sequence

from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric, compare
from autoexp.decision.words import share
from autoexp.experiment.measurement import Side, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision


def rule(
    candidate: Sequence[Mapping[str, float]],
    incumbent: Sequence[Mapping[str, float]],
    metric: Metric,
    *,
    k: int,
    keep_equal: bool,
) -> Decision | MeasureMore:
    """Ask for samples in the order C I, I C, C I, ... until each side has k, then compare the means.

    The spread is the larger of the two sample standard deviations (n-1). An improvement that is large enough but
    within the spread is inconclusive.
    """
    if len(candidate) < k or len(incumbent) < k:
        return MeasureMore(_next_side(len(candidate), len(incumbent)))
    ours = summarise(row[metric.name] for row in candidate)
    theirs = summarise(row[metric.name] for row in incumbent)
    effect = compare(ours.mean, theirs.mean, metric)
    spread = max(ours.sd, theirs.sd)
    verdict, why = _ruling(effect.absolute, spread, large=effect.reaches(metric), keep_equal=keep_equal)
    evidence = {"spread": spread, "improvement": effect.absolute}
    if effect.relative is not None:
        evidence["relative"] = effect.relative
    reason = f"{why}: {share(effect, metric)}, {ours.count} + {theirs.count} runs, spread {spread:.3g} {metric.unit}".rstrip()
    return Decision(
        verdict=verdict, effect=effect.of_baseline, evidence=evidence, method=f"batch {k}", reasons=(reason,)
    )


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
