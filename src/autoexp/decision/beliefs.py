"""What a campaign has learned for its next decision: the noise of each metric decided on, and the error budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoexp.decision.scale import Scale, scale_of
from autoexp.decision.sequential import Ledger, Noise, calibrated, counted, taught
from autoexp.experiment.records import NEEDS_REVIEW, OVERFIT, Decision, Lesson
from autoexp.spec.criteria import Criterion

_NO_IMPROVEMENT = -1000.0
"""The logarithm of evidence against any: the holdout has seen through what the samples showed."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric's scale, and the noise on it."""

    scale: Scale
    noise: Noise


@dataclass(frozen=True, slots=True)
class Beliefs:
    """All that earlier measurements say about the next decision; a function of the journal."""

    ledger: Ledger = Ledger()
    gauges: Mapping[str, Gauge] = field(default_factory=dict)


def begun(beliefs: Beliefs, criteria: Sequence[Criterion], baseline: Sequence[Mapping[str, float]]) -> Beliefs:
    """Begin a segment with the rows of its baseline: noise is learned anew, the error budget goes on."""
    gauges = {}
    for criterion in criteria:
        values = [row[criterion.name] for row in baseline if criterion.name in row]
        if values:
            scale = scale_of(criterion, values)
            gauges[criterion.name] = Gauge(scale, calibrated([scale.gain(value) for value in values]))
    return replace(beliefs, gauges=gauges)


def placed(beliefs: Beliefs, rows: Sequence[Mapping[str, float]]) -> Beliefs:
    """Let the incumbent be another commit, which was measured just now."""
    gauges = dict(beliefs.gauges)
    for name, gauge in beliefs.gauges.items():
        values = [row[name] for row in rows if name in row]
        if values and gauge.scale.holds(values):
            lesson = Lesson(history=tuple(gauge.scale.gain(value) for value in values), replaces=True)
            gauges[name] = replace(gauge, noise=taught(gauge.noise, lesson))
    return replace(beliefs, gauges=gauges)


def after(beliefs: Beliefs, decision: Decision, *, kept: bool) -> Beliefs:
    """Take up what a decision taught."""
    gauges = dict(beliefs.gauges)
    for name, lesson in decision.lessons.items():
        if name in gauges:
            gauges[name] = replace(gauges[name], noise=taught(gauges[name].noise, lesson))
    ledger = beliefs.ledger
    log_e = None if NEEDS_REVIEW in decision.flags else decision.evidence.get("log_e")  # nobody knows yet what it was
    if log_e is not None and OVERFIT in decision.flags:
        ledger = counted(ledger, _NO_IMPROVEMENT, kept=False)
    elif log_e is not None:
        told = decision.lessons.get(decision.metric)
        gained = kept and log_e >= decision.evidence.get("log_bar", log_e)  # what is kept as no worse claims nothing
        ledger = counted(ledger, log_e, kept=gained, sizes=told.sizes if told else ())
    return Beliefs(ledger, gauges)
