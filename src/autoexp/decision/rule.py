"""decide(evidence): keep, discard, or measure one more sample on a named side."""

from contextlib import suppress

from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence, metric_of
from autoexp.decision.checkpoint import afresh, retold
from autoexp.decision.disturbed import undisturbed
from autoexp.decision.guards import Sides, broken_words, first_broken, strained, strained_words, summed
from autoexp.decision.methods import by_method, settings_of
from autoexp.decision.objective import gate, meets, routes
from autoexp.decision.teaching import lessons
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision, GuardResult
from autoexp.spec.expression import ExpressionError

__all__ = ["Evidence", "decide", "metric_of", "missed", "sides_of"]


def decide(evidence: Evidence) -> Decision | MeasureMore:
    """Rule on a candidate: guards first, then the condition that a gated objective has reached, then the objective.

    A broken guard ends it at once. The condition does so where numbers repeat; where they do not, it stops a keep. A checkpoint
    test begins on the incumbent's side and goes by its own runs alone.
    """
    if not evidence.checkpoint:
        return _decide(evidence)
    return retold(_decide(afresh(evidence))) if evidence.incumbent else MeasureMore(Side.INCUMBENT)


def _decide(evidence: Evidence) -> Decision | MeasureMore:
    if not evidence.candidate:
        return MeasureMore(Side.CANDIDATE)
    broken = first_broken(evidence.spec.metrics, sides_of(evidence))
    if broken is not None:
        return Decision(verdict=Verdict.DISCARD, guard=broken, method="guard", reasons=(broken_words(broken),))
    lost = missed(evidence)
    if lost is not None and evidence.deterministic:
        return lost
    answer = _by_routes(evidence)
    if isinstance(answer, Decision):
        most = None if evidence.pairs is not None else settings_of(evidence.spec).cap
        answer = undisturbed(answer, evidence, most=most)
    if isinstance(answer, MeasureMore):
        return answer
    kept = answer.verdict is Verdict.KEEP
    if lost is not None and kept:
        return lost
    notes = tuple(strained_words(one) for one in strained(evidence.spec.metrics, sides_of(evidence))) if kept else ()
    return answer.model_copy(
        update={"reasons": (*answer.reasons, *notes), "lessons": lessons(answer, evidence, kept=kept)}
    )


def missed(evidence: Evidence) -> Decision | None:
    """Give the ruling on a candidate that no longer meets the condition which its parent met."""
    must = gate(evidence.spec, evidence.stored)
    values = {name: summary.mean for name, summary in summed(evidence.candidate).items()}
    if must is None or meets(must, values):
        return None
    value = None
    with suppress(ExpressionError):
        value = must.left.evaluate(values)
    reason = (
        f"{must.text} held and holds no more: {must.left.text} {'has no value' if value is None else f'is {value:g}'}"
    )
    guard = GuardResult(metric=must.text, bound=f"until {must.text}", value=value)
    return Decision(verdict=Verdict.DISCARD, guard=guard, method="gate", reasons=(reason,))


def _by_routes(evidence: Evidence) -> Decision | MeasureMore:
    """Keep on the first route that allows it; a route that asks for more is answered before those behind it."""
    rulings = []
    for route in routes(evidence.spec, evidence.stored):
        answer = by_method(route, evidence)
        if isinstance(answer, MeasureMore) or _is_keep(answer):
            return answer
        rulings.append(answer)
    nearest = max(rulings, key=lambda one: (one.verdict is Verdict.INCONCLUSIVE, max(one.effect or 0.0, 0.0)))
    reasons = dict.fromkeys((*nearest.reasons, *(reason for one in rulings for reason in one.reasons)))
    return nearest.model_copy(update={"reasons": tuple(reasons)})


def _is_keep(answer: Decision | MeasureMore) -> bool:
    return isinstance(answer, Decision) and answer.verdict is Verdict.KEEP


def sides_of(evidence: Evidence) -> Sides:
    """Give what guards look at."""
    return Sides(
        candidate=summed(evidence.candidate),
        incumbent=summed(evidence.incumbent),
        stored={**summed([evidence.stored]), **evidence.stored_spread},
        baseline={**summed([evidence.baseline]), **evidence.baseline_spread},
    )
