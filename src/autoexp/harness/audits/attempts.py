"""One try of a changed target, judged as a campaign would: run, guards, checks; and by how much the number moved."""

import math
from dataclasses import dataclass

from autoexp.decision.guards import Sides, broken_words, first_broken, summed
from autoexp.experiment.measurement import Sample, rows
from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.ground import Edits, Ground

NOISES = 5.0
"""A single run lies so many standard deviations of noise away before it counts as different."""
LEAST = 0.02
_TWICE = 2.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run on a changed target; `noticed` says what objected to it, and is empty when nothing did."""

    sample: Sample
    noticed: str


def attempt(ground: Ground, edits: Edits, *, checked: bool = True) -> Attempt:
    """Measure once, look at the guards, run the checks if asked for."""
    sample = ground.measure(edits)
    if sample.outcome is not Outcome.MEASURED:
        return Attempt(sample, f"the run ended as {sample.outcome.value}")
    before = summed(rows(ground.samples))
    broken = first_broken(ground.spec.metrics, Sides(candidate=summed([sample.values]), stored=before, baseline=before))
    if broken is not None:
        return Attempt(sample, broken_words(broken))
    if checked and ground.checks(edits).outcome is not Outcome.MEASURED:
        return Attempt(sample, "the checks failed")
    return Attempt(sample, "")


def gain(ground: Ground, sample: Sample, *, against: Sample | None = None) -> float:
    """Give by which fraction a run's number is better than HEAD's, or than another run's; infinite where that is 0."""
    name, known = ground.spec.primary, [against] if against else ground.samples
    before = math.fsum(one.values[name] for one in known) / len(known)
    better = before - sample.values[name] if ground.spec.lower_is_better else sample.values[name] - before
    return better / abs(before) if before else math.copysign(math.inf, better) if better else 0.0


def margin(ground: Ground) -> float:
    """Give the fraction from which on one run tells a difference."""
    least = ground.spec.criteria[0].min_effect
    if ground.deterministic:
        return least or 0.0
    return max(NOISES * (ground.noise or 0.0), least or 0.0, LEAST)


def is_better(ground: Ground, sample: Sample) -> bool:
    """Tell whether a run's number is better than HEAD's by more than two runs in a row are by chance."""
    least = ground.spec.criteria[0].min_effect
    return gain(ground, sample) > (
        (least or 0.0) if ground.deterministic else max(_TWICE * (ground.noise or 0.0), least or 0.0, LEAST)
    )


def shown(ground: Ground, sample: Sample) -> str:
    """Name the number of a run beside HEAD's."""
    name = ground.spec.primary
    before = math.fsum(one.values[name] for one in ground.samples) / len(ground.samples)
    unit = ground.spec.metrics[name].unit if name in ground.spec.metrics else ""
    return f"{name} {sample.values[name]:.6g}{f' {unit}' if unit else ''}, on HEAD {before:.6g}"
