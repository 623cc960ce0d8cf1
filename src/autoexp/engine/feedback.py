"""Whether the feedback of a harness suits a loop: how much it varies, and how long it takes."""

from collections.abc import Iterator

NOISY = 0.10
"""The sd of one sample, as a fraction of the value, from which on most gains drown."""
SLOW_S = 600.0


def feedback_notices(*, noise: float | None, sample_s: float) -> Iterator[str]:
    """Say what to do about samples that vary much or take long; nothing for others."""
    if noise is not None and noise >= NOISY:
        yield (
            f"the same code gives numbers that vary by {noise:.0%}, so small gains drown and every experiment takes many runs: let a run do more "
            "work and print the median of its repetitions, stop what else uses the machine, try measurement.warmup or measurement.cores, "
            "or measure what varies less, such as cpu_s or a count of operations"
        )
    if sample_s > SLOW_S:
        yield (
            f"a sample takes {sample_s / 60:.0f} min, and an experiment takes several: measure a proxy (a subset of the inputs, a smaller data set, "
            "fewer steps), and confirm on the whole afterwards"
        )
