"""All that a ruling may look at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autoexp.decision.beliefs import Beliefs
from autoexp.decision.effect import Metric
from autoexp.experiment.measurement import Summary
from autoexp.spec.criteria import Criterion
from autoexp.spec.model import Spec
from autoexp.spec.sections import BatchMethod

Row = Mapping[str, float]
NOISY_MIN_EFFECT = 0.005


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a ruling may look at.

    `candidate` and `incumbent` are the rows of this experiment, in order, `candidate_items` and `incumbent_items` the scores of
    their items where a harness prints them; `stored` is the incumbent when it was kept (`stored_items` its items) and `baseline`
    the segment's baseline (means per metric); `gain` is what the campaign has kept so far, as a fraction of the baseline;
    `deterministic` tells whether equal trees gave equal numbers until now; `noise` is the sd of one baseline sample as a fraction
    of its mean. `stored_spread` and `baseline_spread` are the two with count and spread, for guards; a metric that they lack
    counts as measured once. `beliefs` is what the campaign has learned, `horizon` how many experiments were planned when the
    segment began, and the change adds `net_lines` lines (less than 0: it removes some). With `checkpoint` the incumbent's side is
    the last confirmed commit, and the candidate all that was kept since. `disturbed` counts the rows of candidate and incumbent
    during which something else used the machine.
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
    beliefs: Beliefs = Beliefs()
    horizon: int | None = None
    net_lines: int = 0
    candidate_items: Sequence[Row] = ()
    incumbent_items: Sequence[Row] = ()
    stored_items: Row = field(default_factory=dict)
    checkpoint: bool = False
    disturbed: tuple[int, int] = (0, 0)

    @property
    def is_single(self) -> bool:
        """Tell whether one run decides: because the contract says so, or because equal trees give equal numbers."""
        return self.spec.decision.method == "single" or self.deterministic

    @property
    def pairs(self) -> int | None:
        """Give K of the batch rule, or None for another one."""
        method = self.spec.decision.method
        return method.batch.k if isinstance(method, BatchMethod) and not self.deterministic else None

    @property
    def is_inferred(self) -> bool:
        """Tell whether repeating numbers are only inferred: luck or a coarse step may have made them equal."""
        return self.deterministic and self.spec.measurement.deterministic is not True


def smallest_effect(criterion: Criterion, evidence: Evidence) -> float:
    """Give the smallest effect that matters, as a fraction of the incumbent."""
    if criterion.min_effect is not None:
        return criterion.min_effect
    return 0.0 if evidence.deterministic else NOISY_MIN_EFFECT


def metric_of(criterion: Criterion, evidence: Evidence) -> Metric:
    """Give a number that is decided on with what a comparison needs. Lines added raise the effect that a keep needs."""
    for_lines = (evidence.spec.decision.min_gain_per_line or 0.0) * max(0, evidence.net_lines)
    return Metric(
        name=criterion.name,
        lower_is_better=criterion.lower_is_better,
        linear=criterion.scale == "linear",
        min_effect=max(smallest_effect(criterion, evidence), for_lines),
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
