"""What baseline samples tell about the harness: does it repeat itself, and how far do its numbers spread?"""

from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.experiment.measurement import Sample, summarise
from autoexp.experiment.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Calibration:
    """`noise` is the relative standard deviation of one sample, None where it is not known (one sample, or a mean of 0)."""

    deterministic: bool
    noise: float | None
    words: str


def calibrate(samples: Sequence[Sample], primary: str) -> Calibration:
    """Judge the measured samples of the baseline by their primary metric.

    Deterministic means that at least two samples gave exactly the same number. Without that it is assumed to be noisy.
    """
    values = [s.values[primary] for s in samples if s.outcome is Outcome.MEASURED and primary in s.values]
    if len(values) < 2:  # noqa: PLR2004  two numbers are the least that can differ
        return Calibration(deterministic=False, noise=None, words=f"{len(values)} samples do not tell the noise")
    summary = summarise(values)
    if len(set(values)) == 1:
        return Calibration(
            deterministic=True,
            noise=0.0,
            words=f"{primary} is {values[0]:g} in all {len(values)} samples: deterministic",
        )
    if summary.mean == 0:
        return Calibration(
            deterministic=False,
            noise=None,
            words=f"{primary} spreads by {summary.sd:g} around a mean of 0 in {len(values)} samples",
        )
    noise = summary.sd / abs(summary.mean)
    words = f"{primary} spreads by {noise:.2%} of its mean in {len(values)} samples (from {min(values):g} to {max(values):g})"
    return Calibration(deterministic=False, noise=noise, words=words)
