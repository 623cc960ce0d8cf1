"""One run decides: for metrics that give the same number for the same tree, or because the contract says so."""

from collections.abc import Mapping, Sequence
from typing import Literal

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
    equal: Literal["nothing", "same", "simpler"] = "nothing",
) -> Decision | MeasureMore:
    """Keep when the value is better by the smallest effect asked for; `run_twice` repeats a would-be keep.

    `equal` says what is kept although it is not better: what is the same, or what is no worse and has fewer lines.
    """
    effect = compare(candidate[0][metric.name], stored[metric.name], metric)
    gained = effect.reaches(metric)
    keep = gained or (effect.absolute >= 0 if equal == "simpler" else equal == "same" and effect.absolute == 0)
    if keep and run_twice and len(candidate) < 2:  # noqa: PLR2004
        return MeasureMore(Side.CANDIDATE)
    text = share(effect, metric)
    if keep:
        word = "kept, fewer lines and not worse" if equal == "simpler" and not gained else "kept"
        reason = f"{word}: {text}, {len(candidate)} run{'s' * (len(candidate) > 1)}"
    else:
        reason = f"discarded: {text}" + (", below the smallest effect asked for" if effect.absolute > 0 else "")
    return Decision(
        verdict=Verdict.KEEP if keep else Verdict.DISCARD,
        effect=effect.of_baseline,
        evidence={"relative": effect.relative} if effect.relative is not None else {},
        method="single",
        flags=("simpler",) if keep and not gained and equal == "simpler" else (),
        reasons=(reason,),
    )
