"""Scores of the same items on both sides, compared item by item: noise that the sides share cancels out."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autoexp.decision.beyond import log_beyond
from autoexp.experiment.measurement import Summary, summarise

FEW = 5
"""With fewer items their spread is hardly known, and only wins and losses count."""

_NAMED = 5
_CLOSE = 1e-12
_NEGLIGIBLE = 1e-18
_SMALL = 15


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """What the items say; wins, losses and the mean difference are the candidate's, positive = better.

    `log_e` is the logarithm of the e-value against "the candidate is not better"; `sd` that of the differences.
    """

    items: int
    wins: int
    losses: int
    ties: int
    mean_difference: float
    sd: float
    log_e: float
    binary: bool


@dataclass(frozen=True, slots=True)
class ItemsDiffer:
    """Why there is no comparison: ids that only one side has."""

    only_candidate: tuple[str, ...]
    only_incumbent: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Name them."""
        sides = (
            ("the candidate has no score for", self.only_incumbent),
            ("only the candidate has", self.only_candidate),
        )
        return "the items are not the same: " + "; ".join(f"{what} {_named(ids)}" for what, ids in sides if ids)


def mean_items(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Average the scores of each item over the samples that have it, in the order in which items appear."""
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, score in row.items():
            columns.setdefault(name, []).append(score)
    return {name: summarise(scores).mean for name, scores in columns.items()}


def compare_items(
    candidate: Mapping[str, float], incumbent: Mapping[str, float], *, lower_is_better: bool, smallest: float = 0.0
) -> ItemComparison | ItemsDiffer:
    """Compare the scores of the same items; ids that only one side has are an answer of their own.

    When every score is 0 or 1, wins and losses alone decide, exactly. Graded scores are judged by the mean of their
    differences; `smallest` is the smallest effect asked for, in units of the scores. One below the standard error cannot
    be seen and is taken as that error.
    """
    if candidate.keys() != incumbent.keys():
        return ItemsDiffer(
            tuple(name for name in candidate if name not in incumbent),
            tuple(name for name in incumbent if name not in candidate),
        )
    better, worse = (incumbent, candidate) if lower_is_better else (candidate, incumbent)
    differences = [_difference(better[name], worse[name]) for name in candidate]
    wins, losses = (sum(sign * difference > 0 for difference in differences) for sign in (1, -1))
    summary = summarise(differences or [0.0])
    binary = all(score in {0.0, 1.0} for side in (candidate, incumbent) for score in side.values())
    alike = summary.sd <= _CLOSE * max(map(abs, differences), default=0.0)
    return ItemComparison(
        items=len(differences),
        wins=wins,
        losses=losses,
        ties=len(differences) - wins - losses,
        mean_difference=summary.mean,
        sd=summary.sd,
        log_e=log_e_binary(wins, losses)
        if binary or alike or len(differences) < FEW
        else _log_e_graded(summary, smallest),
        binary=binary,
    )


def log_e_binary(only_candidate: int, only_incumbent: int) -> float:
    """Give the logarithm of the exact e-value for "the candidate is not better", from items that only one side gets right.

    E = 2^(b+c+1) B(b+1, c+1) I_1/2(c+1, b+1): the likelihood of b wins and c losses, averaged over all chances of a win
    from 1/2 to 1, against that of 1/2. It stays valid when items come in random order and one may stop at any time.
    Raises ValueError for a negative count.
    """
    b, c = only_candidate, only_incumbent
    if min(b, c) < 0:
        msg = f"a number of items is 0 or more, not {min(b, c)}"
        raise ValueError(msg)
    n = b + c + 1
    # With k! (n-k)! for the beta functions, E = sum_{j<=b} C(n, j) / C(n, b) / (c + 1). Beyond the middle the sum is
    # 2^n without its other end, so that only terms that fall from their first one are ever added up.
    if b <= c:
        return math.log(_falling(n, b) / (c + 1))
    log_all = _log_all(n, c + 1)
    return log_all - math.log(c + 1) + math.log1p(-math.exp(-log_all) * (_falling(n, c + 1) - 1))


def _falling(n: int, k: int) -> float:
    """Give sum_{j<=k} C(n, j) / C(n, k), for k up to just beyond the middle."""
    total = term = 1.0
    for j in range(k, 0, -1):
        term *= j / (n - j + 1)
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return total


def _log_all(n: int, k: int) -> float:
    """Give log(2^n / C(n, k)) for 0 < k < n, without the cancellation of large logarithms of factorials."""
    m = n - k
    tilt = (k - m) / n
    deviance = k * math.log1p(tilt) + m * math.log1p(-tilt)
    return deviance + math.log(2 * math.pi * k * m / n) / 2 + _stirling_rest(k) + _stirling_rest(m) - _stirling_rest(n)


def _stirling_rest(n: int) -> float:
    """Give what Stirling's formula leaves out of log n!."""
    if n <= _SMALL:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - math.log(2 * math.pi) / 2
    square = 1 / (n * n)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / n


def _log_e_graded(summary: Summary, smallest: float) -> float:
    error = summary.sd / math.sqrt(summary.count)
    return log_beyond(summary.mean, error, df=summary.count - 1, smallest=max(smallest, error))


def _difference(better: float, worse: float) -> float:
    """Give by how much; a difference that is mere rounding is none."""
    if abs(better - worse) <= _CLOSE * max(abs(better), abs(worse)):
        return 0.0
    return min(max(better - worse, -sys.float_info.max), sys.float_info.max)


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return ", ".join(ids[:_NAMED]) + more
