"""decide(evidence): keep, discard, or measure one more sample on a named side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autoexp.decision import batch, single
from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric
from autoexp.decision.guards import Sides, broken_words, first_broken, summed
from autoexp.experiment.measurement import Side, Summary
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision
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
    """Rule on a candidate. A broken guard ends it at once; the gain is judged by the method in force."""
    if not evidence.candidate:
        return MeasureMore(Side.CANDIDATE)
    broken = first_broken(evidence.spec.metrics, sides_of(evidence))
    if broken is not None:
        return Decision(verdict=Verdict.DISCARD, guard=broken, method="guard", reasons=(broken_words(broken),))
    metric = metric_of(evidence)
    k = batch_size(evidence)
    if k is None:
        return single.rule(
            evidence.candidate, evidence.stored, metric, run_twice=_inferred(evidence), keep_equal=_keep_equal(evidence)
        )
    return batch.rule(
        evidence.candidate,
        evidence.incumbent,
        metric,
        k=k,
        keep_equal=_keep_equal(evidence),
        noise=evidence.noise,
    )


def metric_of(evidence: Evidence) -> Metric:
    """Give the primary metric with what a comparison needs."""
    spec = evidence.spec
    section = spec.metrics[spec.primary]
    declared = section.min_effect
    floor = 0.0 if evidence.deterministic else NOISY_MIN_EFFECT
    return Metric(
        name=spec.primary,
        lower_is_better=spec.lower_is_better,
        linear=section.scale == "linear",
        min_effect=floor if declared is None else declared,
        baseline=evidence.baseline.get(spec.primary),
        gain=evidence.gain,
        unit=section.unit,
    )


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


def _keep_equal(evidence: Evidence) -> bool:
    return evidence.spec.decision.on_equal == "keep"
