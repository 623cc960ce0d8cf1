"""What an experiment teaches about the machine: worked out once, written to the journal, and remembered by the fold."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from autoexp.decision.sequential.machine import Machine, Noise, centre
from autoexp.decision.sequential.standing import standing
from autoexp.experiment.records import Lesson

POOL, RESIDUALS, SURPRISES = 60, 200, 30
"""Runs of the incumbent, residuals and surprises that are remembered."""
FADING = 0.98
"""What a count of jumps keeps of its weight from one experiment to the next."""


def calibrated(values: Sequence[float]) -> Noise:
    """Begin with runs of the baseline, in the order taken; neighbours are compared, so a slow drift is no noise.

    Runs that all agree are those of a metric that seemed to repeat; when it does not after all, they tell nothing of its noise.
    """
    residuals = tuple((b - a) / math.sqrt(2) for a, b in pairwise(values)) if len(set(values)) > 1 else ()
    return Noise(history=tuple(values[-POOL:]), residuals=residuals, quantum=quantum(values))


def quantum(values: Sequence[float]) -> float:
    """Give the step in which values come, or 0 when no two agree."""
    steps = sorted(set(values))
    if len(steps) in {1, len(values)}:
        return 0.0
    return min(b - a for a, b in pairwise(steps))


def lesson_of(candidate: Sequence[float], incumbent: Sequence[float], known: Machine, *, kept: bool) -> Lesson:
    """Work out what the runs of an experiment teach."""
    residuals = [value for side in (candidate, incumbent) for value in _residuals(side, known)]
    surprise, moved = None, 0.0
    if incumbent:
        mean, runs = centre(incumbent, known.variance, known.kappa)
        moved = standing(incumbent, known, known.variance).moved.chance
        surprise = ((mean - known.centre) ** 2, 1 / runs + 1 / known.runs, 1 - moved)
    without_luckiest = tuple(sorted(candidate)[:-1]) or tuple(candidate)
    return Lesson(
        residuals=tuple(residuals),
        surprise=surprise,
        moved=moved,
        history=without_luckiest if kept else tuple(incumbent),
        replaces=kept or moved > 0.5,  # noqa: PLR2004
    )


def taught(noise: Noise, lesson: Lesson) -> Noise:
    """Remember a lesson."""
    moves, stays, age = noise.moves, noise.stays, noise.age + 1
    surprises = noise.surprises
    if lesson.surprise is not None:
        surprises = (*surprises, lesson.surprise)[-SURPRISES:]
        moves, stays = FADING * moves + lesson.moved, FADING * stays + max(0.0, noise.age - lesson.moved)
        age = 1
    return replace(
        noise,
        history=lesson.history if lesson.replaces else (*noise.history, *lesson.history)[-POOL:],
        residuals=(*noise.residuals, *lesson.residuals)[-RESIDUALS:],
        surprises=surprises,
        moves=moves,
        stays=stays,
        age=1 if lesson.replaces else age,
    )


def _residuals(side: Sequence[float], known: Machine) -> list[float]:
    if len(side) < 2:  # noqa: PLR2004
        return []
    middle, _ = centre(side, known.variance, known.kappa)
    unbiased = math.sqrt(len(side) / (len(side) - 1))
    return [(value - middle) * unbiased for value in side]
