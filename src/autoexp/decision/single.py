"""One run decides: for metrics that give the same number for the same tree, or because the contract says so."""

from collections.abc import Mapping, Sequence

from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric, compare
from autoexp.decision.words import share
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision


def rule(
    candidate: Sequence[Mapping[str, float]],
    stored: Mapping[str, float],
    metric: Metric,
    *,
    run_twice: bool,
    keep_equal: bool,
) -> Decision | MeasureMore:
    """Keep when the value is better by the smallest effect asked for; `run_twice` repeats a would-be keep."""
    effect = compare(candidate[0][metric.name], stored[metric.name], metric)
    keep = effect.reaches(metric) or (keep_equal and effect.absolute == 0)
    if keep and run_twice and len(candidate) < 2:  # noqa: PLR2004
        return MeasureMore(Side.CANDIDATE)
    text = share(effect, metric)
    if keep:
        reason = f"kept: {text}, {len(candidate)} run{'s' * (len(candidate) > 1)}"
    else:
        reason = f"discarded: {text}" + (", below the smallest effect asked for" if effect.absolute > 0 else "")
    return Decision(
        verdict=Verdict.KEEP if keep else Verdict.DISCARD,
        effect=effect.of_baseline,
        evidence={"relative": effect.relative} if effect.relative is not None else {},
        method="single",
        reasons=(reason,),
    )
