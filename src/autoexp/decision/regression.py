"""The test for non-regression: is the best so far without some of its keeps no worse?"""

import math
from dataclasses import dataclass

from autoexp.decision.ablation import LEAST, WORTH
from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence, metric_of
from autoexp.decision.confirmation import as_lead, pair_scale
from autoexp.decision.effect import Effect, compare
from autoexp.decision.guards import broken_words, first_broken, strained, strained_words
from autoexp.decision.leads import above, lead_of, log_above, scatter_of, size_of, step_of
from autoexp.decision.rule import missed, sides_of
from autoexp.decision.teaching import lessons
from autoexp.decision.words import odds, runs, share
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision
from autoexp.spec.criteria import Criterion
from autoexp.spec.metric import MetricSection
from autoexp.spec.model import Spec

ODDS = 10.0
"""Evidence against "worse by the margin" that is asked for, and evidence of "worse" that ends it."""
PAIRS = 100
"""Pairs of runs after which what has not shown to be no worse is left as it is."""
_KNOWN = 60


def no_worse(evidence: Evidence, *, margin: float = WORTH) -> Decision | MeasureMore:
    """Rule on a tree without some of the keeps: keep when it is shown to be worse by less than `margin`, where numbers repeat not at all.

    Runs come in pairs, whatever the contract's method. Every number that the contract decides on is held, guards as ever but for the one on
    changed lines, which is meant for single experiments. The ruling has no evidence that an error budget counts: nothing is claimed.
    """
    if not evidence.candidate:
        return MeasureMore(Side.CANDIDATE)
    guards, sides = _guards(evidence.spec), sides_of(evidence)
    broken = first_broken(guards, sides)
    if broken is not None:
        return Decision(verdict=Verdict.DISCARD, guard=broken, method="guard", reasons=(broken_words(broken),))
    lost = missed(evidence)
    if lost is not None and evidence.deterministic:
        return lost
    answer = _repeating(evidence) if evidence.deterministic else _by_pairs(evidence, margin=margin)
    if isinstance(answer, MeasureMore):
        return answer
    kept = answer.verdict is Verdict.KEEP
    if kept and lost is not None:
        return lost
    notes = tuple(strained_words(one) for one in strained(guards, sides)) if kept else ()
    return answer.model_copy(
        update={"reasons": (*answer.reasons, *notes), "lessons": lessons(answer, evidence, kept=kept)}
    )


def _guards(spec: Spec) -> dict[str, MetricSection]:
    return {name: metric for name, metric in spec.metrics.items() if (name, metric.role) != ("diff_lines", "guard")}


def _repeating(evidence: Evidence) -> Decision | MeasureMore:
    """Rule by one run, and by a second one where it is only inferred that numbers repeat."""
    effects = {
        one: compare(evidence.candidate[0][one.name], evidence.stored[one.name], metric_of(one, evidence))
        for one in evidence.spec.criteria
    }
    kept = all(effect.absolute >= 0 for effect in effects.values())
    if kept and evidence.is_inferred and len(evidence.candidate) == 1:
        return MeasureMore(Side.CANDIDATE)
    shown = next((one for one, effect in effects.items() if effect.absolute < 0), evidence.spec.criteria[0])
    words = share(effects[shown], metric_of(shown, evidence))
    reason = f"{_word(kept=kept)}: {words}, {runs(len(evidence.candidate))}"
    return _decision(shown, effects[shown], {}, reason, kept=kept)


@dataclass(frozen=True, slots=True)
class _Held:
    """What the pairs say about one number: the logarithms of the evidence for `fine` (worse by less than the margin) and `worse`."""

    criterion: Criterion
    effect: Effect
    fine: float
    worse: float
    lead: float
    error: float


def _by_pairs(evidence: Evidence, *, margin: float) -> Decision | MeasureMore:
    ours, theirs = len(evidence.candidate), len(evidence.incumbent)
    if ours != theirs or ours < LEAST:
        return MeasureMore(_next_side(ours, theirs))
    held = [_held(one, evidence, margin=margin) for one in evidence.spec.criteria]
    if None in held:
        reason = "inconclusive: the best so far is 0, and nothing is a fraction of that"
        return Decision(verdict=Verdict.INCONCLUSIVE, method="no worse", reasons=(reason,))
    found = [one for one in held if one is not None]
    weakest, worst = min(found, key=lambda one: one.fine), max(found, key=lambda one: one.worse)
    bar = math.log(ODDS)
    is_worse = worst.worse >= bar  # what is clearly worse is not kept because it is so by little
    kept = weakest.fine >= bar and not is_worse
    if not kept and not is_worse and ours < PAIRS:
        return MeasureMore(_next_side(ours, theirs))
    shown = worst if is_worse else weakest
    words = f"{share(shown.effect, metric_of(shown.criterion, evidence))}, {runs(ours + theirs)}"
    told = f"evidence {odds(shown.fine)} against a bar of {odds(bar)} that it is worse by less than {margin:.3g}"
    if not kept:
        told = f"evidence {odds(shown.worse)} that it is worse" if is_worse else f"{told}; no more runs are allowed"
    numbers = {"log_fine": shown.fine, "log_worse": shown.worse, "lead": shown.lead, "error": shown.error}
    return _decision(shown.criterion, shown.effect, numbers, f"{_word(kept=kept)}: {words}, {told}", kept=kept)


def _held(criterion: Criterion, evidence: Evidence, *, margin: float) -> _Held | None:
    """Hold one number against the best so far; None where there is no fraction of it."""
    ours = [row[criterion.name] for row in evidence.candidate]
    theirs = [row[criterion.name] for row in evidence.incumbent]
    scale = pair_scale(criterion, [*ours, *theirs], baseline=evidence.baseline.get(criterion.name, 0.0))
    if scale is None:
        return None
    places = [[scale.gain(value) for value in side] for side in (ours, theirs)]
    leads = tuple(a - b for a, b in zip(*places, strict=True))
    scatter = scatter_of((leads,), known=_known(criterion, evidence), step=step_of(places))
    line = as_lead(margin, scale)
    size = size_of(line, scatter)
    lead = lead_of(leads, scatter)
    level = math.fsum(places[1]) / len(places[1])
    return _Held(
        criterion,
        compare(scale.value(level + lead.mean), scale.value(level), metric_of(criterion, evidence)),
        fine=log_above(lead, -line, size=size),
        worse=above([-one for one in leads], 0.0, scatter, size=size),
        lead=lead.mean,
        error=lead.error,
    )


def _known(criterion: Criterion, evidence: Evidence) -> tuple[float, ...]:
    """Give what the campaign knows of the scatter of one run, as that of a lead."""
    gauge = evidence.beliefs.gauges.get(criterion.name)
    if gauge is None or evidence.spec.measurement.seeds is not None:
        return ()
    return tuple(math.sqrt(2) * residual for residual in gauge.noise.residuals[-_KNOWN:])


def _next_side(candidates: int, incumbents: int) -> Side:
    """Alternate which side of a pair comes first."""
    if candidates != incumbents:
        return Side.CANDIDATE if candidates < incumbents else Side.INCUMBENT
    return Side.CANDIDATE if candidates % 2 == 0 else Side.INCUMBENT


def _word(*, kept: bool) -> str:
    return "kept, not worse" if kept else "discarded, not shown to be no worse"


def _decision(criterion: Criterion, effect: Effect, numbers: dict[str, float], reason: str, *, kept: bool) -> Decision:
    if effect.relative is not None:
        numbers = {**numbers, "relative": effect.relative}
    return Decision(
        verdict=Verdict.KEEP if kept else Verdict.DISCARD,
        effect=effect.of_baseline,
        evidence=numbers,
        method="no worse",
        reasons=(reason,),
        metric=criterion.name,
    )
