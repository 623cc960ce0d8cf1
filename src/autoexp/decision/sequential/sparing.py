"""A change that is no better may be kept if it is not worse: the test for non-regression."""

import math

from autoexp.decision.evidence import log_mixture
from autoexp.decision.sequential import worth
from autoexp.decision.sequential.look import sizes_of
from autoexp.decision.sequential.rule import Answer, Question, next_side
from autoexp.decision.sequential.settings import Settings
from autoexp.experiment.measurement import Side

ODDS = 20.0
"""Evidence against "worse by the smallest effect that matters" that is asked for."""


def spared(
    found: Answer, candidates: int, incumbents: int, *, question: Question, settings: Settings
) -> Side | float | None:
    """Say what becomes of a candidate that is no improvement: the evidence if it is not worse, or the side to run next.

    The evidence is a logarithm, that of the same e-value for a lead moved up by the smallest effect (fishtest tests
    simplifications so). None when it is worse, or when the runs that are left could not tell.
    """
    seen, bar = found.look, math.log(ODDS)
    if seen is None:
        return None
    sizes = sizes_of(question.smallest, (1.0,) * 7)
    evidence = seen.shifted(question.smallest, sizes)
    if evidence >= bar and candidates >= settings.least and incumbents:
        return evidence
    left = settings.cap - candidates - incumbents
    if left <= 0 or seen.mu + seen.sd < 0:
        return None
    last = worth.variances(seen, left)[-1]
    hope = max(seen.mu, 0.0) + question.smallest
    if log_mixture(hope, last, df=seen.df + left, effects=sizes.effects, weights=sizes.weights) < bar:
        return None
    return next_side(seen, candidates, incumbents)
