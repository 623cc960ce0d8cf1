"""The campaign's error budget: how strong evidence must be, given what has been seen so far."""

import math
from dataclasses import dataclass, field, replace

from autoexp.decision.evidence import EFFECTS

HIT, MISS = 1.0, 19.0
"""Before the first experiment one change in twenty is taken to be a real improvement."""
CREDIT, MOST = 0.1, 0.5
SIZE_WEIGHT = 7.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What earlier experiments say about the next one.

    `hits` and `misses` are the parameters of a Beta distribution of the share of real improvements, `sizes` how often each
    multiple of the smallest effect was met, `kept` counts keeps and `doubt` adds up the probabilities that they were false.
    """

    hits: float = HIT
    misses: float = MISS
    kept: int = 0
    doubt: float = 0.0
    tested: int = 0
    sizes: tuple[float, ...] = field(default=(SIZE_WEIGHT / len(EFFECTS),) * len(EFFECTS))

    @property
    def share(self) -> float:
        """Give the share of changes that are taken to be improvements."""
        return self.hits / (self.hits + self.misses)


def log_bar(ledger: Ledger, rate: float) -> float:
    """Give the logarithm of the evidence that a keep needs so that at most `rate` of all keeps are false.

    A keep with evidence E is false with a probability of at most 1 / (1 + E share / (1 - share)), the local false
    discovery rate. The sum of these over the keeps may be `rate` times their number.
    """
    allowed = min(MOST, max(rate / 10, rate * (ledger.kept + 1) + CREDIT - ledger.doubt))
    return math.log((1 - allowed) / allowed) + math.log((1 - ledger.share) / ledger.share)


def tested(ledger: Ledger, log_e: float, *, kept: bool, doubt_e: float, sizes: tuple[float, ...] | None = None) -> Ledger:
    """Count an experiment that ended with evidence `log_e`."""
    improved = probability(log_e, ledger.share)
    return replace(
        ledger,
        tested=ledger.tested + 1,
        hits=ledger.hits + improved,
        misses=ledger.misses + 1 - improved,
        kept=ledger.kept + kept,
        doubt=ledger.doubt + ((1 - probability(doubt_e, ledger.share)) if kept else 0.0),
        sizes=tuple(a + improved * b for a, b in zip(ledger.sizes, sizes, strict=True)) if sizes else ledger.sizes,
    )


def probability(log_e: float, share: float) -> float:
    """Give the probability of an improvement after evidence."""
    odds = log_e + math.log(share / (1 - share))
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
