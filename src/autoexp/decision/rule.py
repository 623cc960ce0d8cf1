"""decide(evidence): keep, discard, or measure one more sample on a named side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoexp.decision import batch, single
from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Metric
from autoexp.decision.guards import first_broken
from autoexp.experiment.measurement import Side, summarise
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
    sd of one baseline sample as a fraction of its mean.
    """

    spec: Spec
    candidate: Sequence[Row]
    incumbent: Sequence[Row]
    stored: Row
    baseline: Row
    gain: float
    deterministic: bool
    noise: float | None = None


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
    broken = first_broken(evidence.spec.metrics, _means(evidence.candidate), _reference(evidence), evidence.baseline)
    if broken is not None:
        reason = f"{broken.metric} broke its guard: {broken.bound}, measured {_number(broken.value)}"
        return Decision(verdict=Verdict.DISCARD, guard=broken, method="guard", reasons=(reason,))
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


def _reference(evidence: Evidence) -> Row:
    return _means(evidence.incumbent) if evidence.incumbent else evidence.stored


def _means(rows: Sequence[Row]) -> dict[str, float]:
    names = {name for row in rows for name in row}
    return {name: summarise(row[name] for row in rows if name in row).mean for name in sorted(names)}


def _inferred(evidence: Evidence) -> bool:
    """Equal numbers may be luck or a coarse quantum: a would-be keep is then run once more."""
    return evidence.deterministic and evidence.spec.measurement.deterministic is not True


def _keep_equal(evidence: Evidence) -> bool:
    return evidence.spec.decision.on_equal == "keep"


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
