"""decide(evidence): keep, discard, or measure one more sample on a named side."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from autoexp.decision import batch, single
from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric, compare
from autoexp.decision.guards import Sides, broken_words, first_broken, summed
from autoexp.decision.objective import Criterion, Route, gate, meets, routes
from autoexp.decision.words import share
from autoexp.experiment.measurement import Side, Summary, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision, GuardResult
from autoexp.spec.expression import ExpressionError
from autoexp.spec.model import Spec
from autoexp.spec.sections import BatchMethod

Row = Mapping[str, float]
DEFAULT_BATCH = 3
NOISY_MIN_EFFECT = 0.005


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a ruling may look at.

    `candidate` and `incumbent` are the rows of this experiment, in order; `stored` is the incumbent when it was kept
    and `baseline` the segment's baseline (means per metric); `gain` is what the campaign has kept so far, as a
    fraction of the baseline; `deterministic` tells whether equal trees gave equal numbers until now; `noise` is the
    sd of one baseline sample as a fraction of its mean. `stored_spread` and `baseline_spread` are the two with count and
    spread, for guards; a metric that they lack counts as measured once.
    """

    spec: Spec
    candidate: Sequence[Row]
    incumbent: Sequence[Row]
    stored: Row
    baseline: Row
    gain: float
    deterministic: bool
    noise: float | None = None
    stored_spread: Mapping[str, Summary] = field(default_factory=dict)
    baseline_spread: Mapping[str, Summary] = field(default_factory=dict)


def batch_size(evidence: Evidence) -> int | None:
    """Give K of the batch rule in force, or None for the single rule."""
    method = evidence.spec.decision.method
    if isinstance(method, BatchMethod):
        return None if evidence.deterministic else method.batch.k
    if method == "single" or evidence.deterministic:
        return None
    return DEFAULT_BATCH


def decide(evidence: Evidence) -> Decision | MeasureMore:
    """Rule on a candidate: guards first, then the condition that a gated objective has reached, then the objective.

    A broken guard ends it at once. The condition does so where numbers repeat; where they do not, it stops a keep.
    """
    if not evidence.candidate:
        return MeasureMore(Side.CANDIDATE)
    broken = first_broken(evidence.spec.metrics, sides_of(evidence))
    if broken is not None:
        return Decision(verdict=Verdict.DISCARD, guard=broken, method="guard", reasons=(broken_words(broken),))
    missed = _missed(evidence)
    if missed is not None and evidence.deterministic:
        return missed
    answer = _by_routes(evidence)
    return missed if missed is not None and _is_keep(answer) else answer


def _missed(evidence: Evidence) -> Decision | None:
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
        answer = _by_method(route, evidence)
        if isinstance(answer, MeasureMore) or _is_keep(answer):
            return answer
        rulings.append(answer)
    nearest = max(rulings, key=lambda one: (one.verdict is Verdict.INCONCLUSIVE, max(one.effect or 0.0, 0.0)))
    reasons = dict.fromkeys((*nearest.reasons, *(reason for one in rulings for reason in one.reasons)))
    return nearest.model_copy(update={"reasons": tuple(reasons)})


def _is_keep(answer: Decision | MeasureMore) -> bool:
    return isinstance(answer, Decision) and answer.verdict is Verdict.KEEP


def _by_method(route: Route, evidence: Evidence) -> Decision | MeasureMore:
    """Judge one route by the method in force."""
    k = batch_size(evidence)
    metric = metric_of(route.improve, evidence)
    keep_equal = _keep_equal(route, evidence)
    if k is None:
        answer = single.rule(
            evidence.candidate, evidence.stored, metric, run_twice=_inferred(evidence), keep_equal=keep_equal
        )
    else:
        noise = evidence.noise if metric.name == evidence.spec.primary else None
        answer = batch.rule(evidence.candidate, evidence.incumbent, metric, k=k, keep_equal=keep_equal, noise=noise)
    return answer if isinstance(answer, MeasureMore) else _held(answer, route, evidence)


def _held(decision: Decision, route: Route, evidence: Evidence) -> Decision:
    """Let a gain count only where nothing that is to be held got worse."""
    decision = decision.model_copy(update={"metric": route.improve.name})
    if decision.verdict is Verdict.DISCARD or not route.hold:
        return decision
    worse = [words for held in route.hold if (words := _worse(held, evidence))]
    if worse:
        gained = decision.reasons[0].partition(": ")[2]
        reason = f"discarded, {' and '.join(worse)}: {gained}"
        return decision.model_copy(update={"verdict": Verdict.DISCARD, "reasons": (reason,)})
    reason = f"{decision.reasons[0]}; {' and '.join(held.name for held in route.hold)} not worse"
    return decision.model_copy(update={"reasons": (reason,)})


def _worse(held: Criterion, evidence: Evidence) -> str:
    """Say how much worse a number got; empty when it did not: not at all in one run, within the larger sd in several."""
    metric, single_run = metric_of(held, evidence), batch_size(evidence) is None
    ours = summarise(row[held.name] for row in evidence.candidate[: 1 if single_run else None])
    theirs = None if single_run else summarise(row[held.name] for row in evidence.incumbent)
    effect = compare(ours.mean, theirs.mean if theirs else evidence.stored[held.name], metric)
    spread = max(ours.sd, theirs.sd) if theirs else 0.0
    return share(effect, metric) if effect.absolute < -spread else ""


def metric_of(criterion: Criterion, evidence: Evidence) -> Metric:
    """Give a number that is decided on with what a comparison needs."""
    floor = 0.0 if evidence.deterministic else NOISY_MIN_EFFECT
    return Metric(
        name=criterion.name,
        lower_is_better=criterion.lower_is_better,
        linear=criterion.scale == "linear",
        min_effect=floor if criterion.min_effect is None else criterion.min_effect,
        baseline=evidence.baseline.get(criterion.name),
        gain=evidence.gain if criterion.name == evidence.spec.primary else _gain(criterion, evidence),
        unit=criterion.unit,
    )


def _gain(criterion: Criterion, evidence: Evidence) -> float:
    """Give what was gained up to now on a number that the campaign keeps no account of."""
    first, best = evidence.baseline.get(criterion.name), evidence.stored.get(criterion.name)
    if not first or best is None:
        return 0.0
    change = (first - best if criterion.lower_is_better else best - first) / abs(first)
    return change if math.isfinite(change) else 0.0


def sides_of(evidence: Evidence) -> Sides:
    """Give what guards look at."""
    return Sides(
        candidate=summed(evidence.candidate),
        incumbent=summed(evidence.incumbent),
        stored={**summed([evidence.stored]), **evidence.stored_spread},
        baseline={**summed([evidence.baseline]), **evidence.baseline_spread},
    )


def _inferred(evidence: Evidence) -> bool:
    """Equal numbers may be luck or a coarse quantum: a would-be keep is then run once more."""
    return evidence.deterministic and evidence.spec.measurement.deterministic is not True


def _keep_equal(route: Route, evidence: Evidence) -> bool:
    """A change that is equal may only be kept on the last route, which holds everything else."""
    return evidence.spec.decision.on_equal == "keep" and route == routes(evidence.spec, evidence.stored)[-1]
