"""Seeds as blocks: the i-th runs of both sides share a seed, and their differences are what is looked at."""

import math
from collections.abc import Sequence
from dataclasses import replace

from autoexp.decision.sequential.ledger import Ledger
from autoexp.decision.sequential.machine import Machine, centre
from autoexp.decision.sequential.rule import Answer, Question, answer
from autoexp.decision.sequential.settings import Settings
from autoexp.experiment.measurement import Side
from autoexp.experiment.records import Lesson

_CERTAIN = 1e9


def answer_paired(
    candidate: Sequence[float],
    incumbent: Sequence[float],
    known: Machine,
    ledger: Ledger,
    *,
    question: Question,
    settings: Settings,
) -> Answer:
    """Answer after any number of runs; as long as a pair is incomplete, ask for its other half.

    History says nothing about a pair, so it is left out; the incumbent's side of a difference is 0, for certain.
    """
    if len(candidate) != len(incumbent) or not candidate:
        side = Side.CANDIDATE if len(candidate) <= len(incumbent) else Side.INCUMBENT
        return Answer(keep=False, side=side, look=None)
    found = answer(
        differences(candidate, incumbent),
        (0.0,),
        of_pairs(known),
        ledger,
        question=question,
        settings=replace(settings, cap=max(settings.cap // 2, 1) + 1),
    )
    return found if found.side is None else replace(found, side=Side.CANDIDATE)


def of_pairs(known: Machine) -> Machine:
    """Give what is known of the difference of a pair."""
    return replace(known, variance=2 * known.variance, centre=0.0, runs=_CERTAIN, drift=0.0, moved=0.0)


def differences(candidate: Sequence[float], incumbent: Sequence[float]) -> list[float]:
    """Give the lead of the candidate in each complete pair; items may end an experiment in the middle of one."""
    return [ours - theirs for ours, theirs in zip(candidate, incumbent, strict=False)]


def paired_lesson(candidate: Sequence[float], incumbent: Sequence[float], known: Machine) -> Lesson:
    """Work out what the pairs teach: how much a difference scatters, as the noise of one run."""
    leads = differences(candidate, incumbent)
    if len(leads) < 2:  # noqa: PLR2004
        return Lesson()
    middle, _ = centre(leads, 2 * known.variance, known.kappa)
    single = math.sqrt(len(leads) / (len(leads) - 1) / 2)
    return Lesson(residuals=tuple((lead - middle) * single for lead in leads))
