"""What a judged run of a candidate gave: times of the calls, CPU, memory."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

_NS_PER_MS = 1e6
_NS_PER_S = 1e9


@dataclass(frozen=True)
class Run:
    """Times of the counted calls in order, and what the worker used.

    `start_s` is the time until the workers were ready: what a candidate does while it is imported lies there. `cpu_s` and
    `peak_rss_mb` are None where the system does not tell them. `answers` holds the answers when nothing was given to
    compare them with, and nothing else.
    """

    times_ns: tuple[int, ...]
    start_s: float
    cpu_s: float | None = None
    peak_rss_mb: float | None = None
    answers: tuple[Any, ...] = ()

    @property
    def median_ms(self) -> float:
        """The median of the calls' times."""
        return statistics.median(self.times_ns) / _NS_PER_MS

    @property
    def mean_ms(self) -> float:
        """The mean of the calls' times."""
        return statistics.fmean(self.times_ns) / _NS_PER_MS

    @property
    def min_ms(self) -> float:
        """The shortest call's time."""
        return min(self.times_ns) / _NS_PER_MS

    @property
    def max_ms(self) -> float:
        """The longest call's time."""
        return max(self.times_ns) / _NS_PER_MS

    @property
    def total_s(self) -> float:
        """The time of all calls together."""
        return sum(self.times_ns) / _NS_PER_S
