"""Look after every run: keep, discard, or say which side is to run next."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.decision.sequential import spending, worth
from autoexp.decision.sequential.ledger import Ledger, learned_bar
from autoexp.decision.sequential.look import Look, Sizes, look, responsibilities, sizes_of
from autoexp.decision.sequential.machine import Machine
from autoexp.decision.sequential.settings import SURVIVE_FROM, Settings
from autoexp.experiment.measurement import Side

RATIO = 3
"""At most this many runs of the candidate for each fresh run of the incumbent, and one more."""
PRICED = 0.125
"""A run is priced in parts of the smallest effect that matters, or of this part of the noise if that is more."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a candidate.

    A lead of `smallest` matters, one of `wanted` is needed for a keep; `rate` of the campaign's keeps may be false, and
    this is one of `shares` questions about the candidate. `horizon` is the number of experiments planned, if any.
    """

    smallest: float
    wanted: float
    rate: float
    shares: int = 1
    horizon: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Keep, discard or the `side` to run next, with the evidence and the bar in logarithms.

    `log_e` is the weakest evidence: of all runs, without the candidate's best and without the incumbent's worst. `why`
    tells how a discard came about: cap, price or hopeless. `sizes` are the probabilities of the effects, if any.
    """

    keep: bool
    side: Side | None
    look: Look | None
    log_e: float = 0.0
    log_bar: float = 0.0
    why: str = ""
    sizes: tuple[float, ...] = ()


def answer(
    candidate: Sequence[float],
    incumbent: Sequence[float],
    known: Machine,
    ledger: Ledger,
    *,
    question: Question,
    settings: Settings,
) -> Answer:
    """Answer after any number of runs. Same runs and same memory, same answer."""
    if not candidate:
        return Answer(keep=False, side=Side.CANDIDATE, look=None)
    if not incumbent and known.restless:
        return Answer(keep=False, side=Side.INCUMBENT, look=None)
    sizes = sizes_of(question.smallest, ledger.sizes)
    seen = look(candidate, incumbent, known, sizes)
    bar = log_bar(ledger, question, settings)
    log_e = _weakest(seen, candidate, incumbent, known, sizes, bar=bar, cap=settings.cap)
    enough = len(candidate) >= settings.least and bool(incumbent) and log_e >= bar
    if enough and seen.mu >= question.wanted:
        return Answer(keep=True, side=None, look=seen, log_e=log_e, log_bar=bar, sizes=responsibilities(seen, sizes))
    stakes = worth.Stakes(
        bar=bar,
        wanted=question.wanted,
        smallest=question.smallest,
        share=ledger.share,
        odd=known.spikes if settings.wary and len(candidate) == 1 else 0.0,
    )
    left = settings.cap - len(candidate) - len(incumbent)
    why = _futile(seen, sizes, stakes, price=settings.price, left=left)
    if why:
        met = responsibilities(seen, sizes)
        return Answer(keep=False, side=None, look=seen, log_e=log_e, log_bar=bar, why=why, sizes=met)
    side = next_side(seen, len(candidate), len(incumbent))
    return Answer(keep=False, side=side, look=seen, log_e=log_e, log_bar=bar)


def log_bar(ledger: Ledger, question: Question, settings: Settings) -> float:
    """Give the logarithm of the evidence that a keep needs."""
    if settings.level == "learned":
        bar = learned_bar(ledger, question.rate)
    elif settings.level == "e-lond":
        level = spending.elond_level(ledger.kept, ledger.tested, rate=question.rate, horizon=question.horizon)
        bar = -math.log(level)
    else:
        bar = -math.log(settings.level)
    return bar + math.log(question.shares)


def next_side(seen: Look, candidates: int, incumbents: int) -> Side:
    """Choose the side whose run makes the lead surer, with fresh runs of the incumbent never far behind."""
    if candidates >= (RATIO * incumbents + 1 if incumbents else RATIO):
        return Side.INCUMBENT
    ours = seen.one / (seen.runs * (seen.runs + 1))
    theirs = seen.level - worth.refreshed(seen.level, seen.one)
    return Side.CANDIDATE if ours >= theirs else Side.INCUMBENT


def _weakest(
    seen: Look,
    candidate: Sequence[float],
    incumbent: Sequence[float],
    known: Machine,
    sizes: Sizes,
    *,
    bar: float,
    cap: int,
) -> float:
    """Give the evidence that is left without the luckiest run of either side; a keep must survive that."""
    if seen.log_e < bar or cap < SURVIVE_FROM or len(candidate) < 2 or not incumbent:  # noqa: PLR2004
        return seen.log_e
    return min(
        seen.log_e,
        look(sorted(candidate)[:-1], incumbent, known, sizes).log_e,
        look(candidate, sorted(incumbent)[1:], known, sizes).log_e,
    )


def _futile(seen: Look, sizes: Sizes, stakes: worth.Stakes, *, price: float | None, left: int) -> str:
    """Say why going on is not worth it; empty when it is."""
    if left <= 0:
        return "cap"
    if price is None:
        return "hopeless" if worth.hopeless(seen, sizes, stakes, left=left) else ""
    unit = max(stakes.smallest, PRICED * math.sqrt(seen.one))
    return "price" if worth.gain_per_run(seen, sizes, stakes, left=left) < price * unit else ""
