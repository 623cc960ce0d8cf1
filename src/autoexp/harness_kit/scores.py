"""What a judge has said: a score for each item, and what that took."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Mapping, Sequence

from . import channel


@dataclass(frozen=True)
class Scores:
    """The mean of the items, and each item's mean over its repeats.

    `spread` is how far the judge's repeats of one text lie apart (their standard deviation, over all items), None with one
    repeat. `requests` were made and `reused` scores were remembered. `tokens` (input, cached, output) and `cost_usd` are
    None where the service does not tell them.
    """

    mean: float
    items: Mapping[str, float]
    spread: float | None = None
    requests: int = 0
    reused: int = 0
    tokens: Mapping[str, int] | None = None
    cost_usd: float | None = None

    def report(self, metric: str = "score") -> None:
        """Report the score of each item, and the mean as a metric. Raises KitError as `item` and `report` do."""
        for name, score in self.items.items():
            channel.item(name, score)
        channel.report({metric: self.mean})


def spread_of(repeats: Sequence[Sequence[float]]) -> float | None:
    """Give the standard deviation of repeats about their item's mean."""
    if not repeats or len(repeats[0]) < 2:
        return None
    return math.sqrt(statistics.fmean(statistics.variance(scores) for scores in repeats))
