"""Samples and what they add up to."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import Field

from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Value


class Side(StrEnum):
    """Whose tree a sample ran on."""

    BASELINE = "baseline"
    INCUMBENT = "incumbent"
    CANDIDATE = "candidate"


class Usage(Value):
    """What a command used: seconds of wall clock and CPU of its whole tree, MB of its largest process."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0


class Sample(Value):
    """One execution of the harness: values per metric, and scores per item, when `outcome` is measured, else why not.

    `channel` tells where they were printed: stdout, or the private descriptor of the harness kit. `voided` counts runs before this one that did
    not count, because something else used the machine. `scored` counts the items of a holdout, whose scores nobody is told.
    """

    side: Side
    i: int
    outcome: Outcome = Outcome.MEASURED
    values: dict[str, float] = Field(default_factory=dict)
    items: dict[str, float] = Field(default_factory=dict)
    usage: Usage = Usage()
    seed: int | None = None
    detail: str = ""
    cost_usd: float | None = None
    flags: tuple[str, ...] = ()
    output: str = ""
    channel: str = "stdout"
    sandbox: str = ""
    voided: int = 0
    scored: int = 0


class Summary(Value):
    """A metric over its samples: mean, count and sample standard deviation (n-1; 0 for one sample)."""

    mean: float
    count: int
    sd: float = 0.0


class Measurement(Value):
    """Values per metric, with count and spread."""

    metrics: dict[str, Summary] = Field(default_factory=dict)

    def means(self) -> dict[str, float]:
        """Give each metric's mean."""
        return {name: summary.mean for name, summary in self.metrics.items()}


def summarise(values: Iterable[float]) -> Summary:
    """Summarise one metric, whatever its magnitude; equal values have exactly that mean and no spread.

    Raises ValueError when there is no value.
    """
    numbers = list(values)
    if not numbers:
        msg = "a metric without a value has no summary"
        raise ValueError(msg)
    mean = min(max(_mean(numbers), min(numbers)), max(numbers))  # rounding may not leave the values
    spread = math.hypot(*(number - mean for number in numbers))  # squares without overflow and underflow
    sd = spread / math.sqrt(len(numbers) - 1) if len(numbers) > 1 else 0.0
    return Summary(mean=mean, count=len(numbers), sd=min(sd, sys.float_info.max))


def _mean(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers) / len(numbers)
    except OverflowError:
        return 2 * math.fsum(number / 2 / len(numbers) for number in numbers)


def measure(samples: Iterable[Sample]) -> Measurement:
    """Join the measured samples of one side; a metric counts where a sample gave it."""
    columns: dict[str, list[float]] = {}
    for sample in samples:
        if sample.outcome is Outcome.MEASURED:
            for name, value in sample.values.items():
                columns.setdefault(name, []).append(value)
    return Measurement(metrics={name: summarise(values) for name, values in columns.items()})


def rows(samples: Iterable[Sample]) -> list[Mapping[str, float]]:
    """Give the values of the measured samples, in order."""
    return [sample.values for sample in samples if sample.outcome is Outcome.MEASURED]


def items(samples: Iterable[Sample]) -> list[Mapping[str, float]]:
    """Give the item scores of the measured samples that have some, in order."""
    return [sample.items for sample in samples if sample.outcome is Outcome.MEASURED and sample.items]
