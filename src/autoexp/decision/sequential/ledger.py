"""The campaign's error budget: how strong evidence must be, given what the campaign has met so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autoexp.decision.evidence import EFFECTS

HITS, MISSES = 1.0, 19.0
"""Before the first experiment one change in twenty is taken to be a real improvement."""
CREDIT = 3.0
"""Keeps that the first keep may borrow doubt from."""
MOST_DOUBT = 0.5
SIZE_WEIGHT = 7.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What earlier experiments say about the next one.

    `hits` and `misses` are the parameters of a Beta distribution of the share of real improvements; `sizes` counts how often
    each multiple of the smallest effect was met; `doubt` adds up the probabilities that the `kept` changes were false, and
    `tested` counts experiments.
    """

    hits: float = HITS
    misses: float = MISSES
    kept: int = 0
    doubt: float = 0.0
    tested: int = 0
    sizes: tuple[float, ...] = field(default=(SIZE_WEIGHT / len(EFFECTS),) * len(EFFECTS))

    @property
    def share(self) -> float:
        """Give the share of changes that are taken to be improvements."""
        return self.hits / (self.hits + self.misses)


def learned_bar(ledger: Ledger, rate: float) -> float:
    """Give the logarithm of the evidence that the next keep needs, so that `rate` of the keeps are false at most.

    After evidence E a keep is false with probability 1 / (1 + E share / (1 - share)) at most: its local false discovery rate
    (Efron 2010, Large-Scale Inference). These may add up to `rate` times the number of keeps, so clear keeps leave room for
    less clear ones; while nothing real has shown, the share falls with every miss and the bar rises.
    """
    room = rate * (ledger.kept + 1 + CREDIT) - ledger.doubt
    doubt = min(MOST_DOUBT, max(rate / 10, room))
    return math.log((1 - doubt) / doubt) - log_odds(ledger.share)


def counted(ledger: Ledger, log_e: float, *, kept: bool, sizes: Sequence[float] = ()) -> Ledger:
    """Count an experiment that ended with this evidence; `sizes` tell how large its effect is, if there is one."""
    real = probability(log_e, ledger.share)
    return replace(
        ledger,
        tested=ledger.tested + 1,
        hits=ledger.hits + real,
        misses=ledger.misses + 1 - real,
        kept=ledger.kept + kept,
        doubt=ledger.doubt + (1 - real if kept else 0.0),
        sizes=tuple(a + real * b for a, b in zip(ledger.sizes, sizes, strict=True)) if sizes else ledger.sizes,
    )


def probability(log_e: float, share: float) -> float:
    """Give the probability of an improvement after evidence."""
    odds = log_e + log_odds(share)
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0  # noqa: PLR2004  exp's range


def log_odds(share: float) -> float:
    """Give the logarithm of the odds of a share."""
    return math.log(share / (1 - share))
