"""Leave one out: what each keep adds, from rounds in which the best so far and the best without it ran once each.

The answer may be asked for after every round: the evidence is an e-value, and Holm's correction spreads `alpha` over the keeps.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autoexp.decision.confirmation import as_lead, pair_scale
from autoexp.decision.leads import Lead, Scatter, above, lead_of, range_of, scatter_of, size_of, step_of
from autoexp.decision.scale import Scale
from autoexp.experiment.confirmation import Ablation, Interval, Support
from autoexp.experiment.measurement import summarise
from autoexp.spec.criteria import Criterion

ALPHA = 0.10
"""How often one of the claims about the keeps of a campaign may be false, of either kind."""
WORTH = 0.03
"""A keep that adds less than this, as a fraction of the value without it, may be taken out."""
ROUNDS = 100
"""Rounds after which a keep that is still not clear stays so."""
LEAST = 3
"""Rounds before anything is said, where numbers do not repeat."""

Pairs = Sequence[tuple[float, float]]


def rule(
    pairs: Mapping[int, Pairs],
    criterion: Criterion,
    *,
    baseline: float,
    alpha: float = ALPHA,
    worth: float = WORTH,
    deterministic: bool = False,
    last: bool = False,
) -> dict[int, Ablation]:
    """Say of each keep whether it adds something; of those that are not clear yet only with `last`, and then as `unclear`.

    `pairs` are, by keep and round, the values of the best and of the best without it; `baseline` is the mean of the untouched
    tree. What was answered once stays so. Where numbers repeat one round says it all.
    """
    scale = pair_scale(
        criterion, [value for rounds in pairs.values() for pair in rounds for value in pair], baseline=baseline
    )
    arms = _Arms(pairs, scale or Scale(criterion.lower_is_better, log=False), baseline, fraction=scale is not None)
    if deterministic:
        return {n: _repeating(n, arms) for n in pairs if pairs[n]}
    worth = as_lead(worth, arms.scale)
    answers: dict[int, Ablation] = {}
    bar, p = -math.log(alpha), dict.fromkeys(pairs, 1.0)
    for rounds in range(LEAST, max(map(len, pairs.values()), default=0) + 1):
        scatter = scatter_of(tuple(arms.leads[n][:rounds] for n in pairs), step=arms.step(rounds))
        looks = {
            n: _look(n, arms.leads[n][:rounds], scatter, worth)
            for n in pairs
            if n not in answers and len(pairs[n]) >= rounds
        }
        for n, look in looks.items():
            p[n] = min(p[n], math.exp(-max(look.something, 0.0)))
        supported = _by_holm(p, looks, answers, alpha=alpha)
        for n, look in looks.items():
            if n in supported:
                answers[n] = arms.told(look, "supported", p[n], bar)
            elif look.something <= 0 and look.little >= bar:
                answers[n] = arms.told(look, "unsupported", p[n], bar)
    if last:
        for n in pairs:
            if n not in answers:
                answers[n] = _unclear(n, arms, p[n], bar, worth=worth)
    return {n: answers[n] for n in pairs if n in answers}


def open_arms(
    pairs: Mapping[int, Pairs],
    criterion: Criterion,
    *,
    baseline: float,
    alpha: float = ALPHA,
    worth: float = WORTH,
    deterministic: bool = False,
) -> tuple[int, ...]:
    """Give the keeps that need another round."""
    answered = rule(pairs, criterion, baseline=baseline, alpha=alpha, worth=worth, deterministic=deterministic)
    return tuple(n for n in pairs if n not in answered)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the rounds so far say about one keep; `something` and `little` are logarithms of evidence."""

    n: int
    lead: Lead
    something: float
    little: float
    size: float
    rounds: int


class _Arms:
    """All pairs on the gain scale."""

    def __init__(self, pairs: Mapping[int, Pairs], scale: Scale, baseline: float, *, fraction: bool) -> None:
        self.pairs, self.scale, self._baseline, self._fraction = pairs, scale, baseline, fraction
        self.leads = {
            n: tuple(scale.gain(ours) - scale.gain(theirs) for ours, theirs in rounds) for n, rounds in pairs.items()
        }

    def step(self, rounds: int) -> float:
        """Give the step in which values come, if they do."""
        bests = [best for best, _ in max(self.pairs.values(), key=len)]
        sides = [bests, *([without for _, without in arm] for arm in self.pairs.values())]
        return step_of([self.scale.gain(value) for value in side[:rounds]] for side in sides)

    def told(self, look: _Look, support: Support, p: float, log_bar: float) -> Ablation:
        """Put a look into words and fractions of the baseline."""
        low, high = range_of(look.lead, log_bar, size=look.size)
        level = 1 - 2 * math.exp(-log_bar)
        interval = self.interval(look.n, (look.lead.mean, low, high), level=level, rounds=look.rounds)
        return Ablation(n=look.n, support=support, interval=interval, p=p)

    def interval(self, n: int, leads: tuple[float, float, float], *, level: float, rounds: int) -> Interval | None:
        """Give leads over the tree without a keep as what the keep adds, in fractions of the baseline."""
        if not self._fraction or not all(map(math.isfinite, leads)):
            return None
        best = summarise(self.scale.gain(ours) for ours, _ in self.pairs[n][:rounds]).mean
        parts = [self._added(best, lead) for lead in leads]
        return Interval(gain=parts[0], low=parts[1], high=parts[2], level=level, pairs=rounds)

    def _added(self, best: float, lead: float) -> float:
        if not self.scale.log:
            return lead
        with_it, without = self.scale.value(best), self.scale.value(best - lead)
        return (without - with_it if self.scale.lower_is_better else with_it - without) / self._baseline


@lru_cache(maxsize=1024)  # what was seen in a round is asked for again in every later one
def _look(n: int, leads: tuple[float, ...], scatter: Scatter, worth: float) -> _Look:
    """Look at a keep's leads; what is said must be left without the round that says most."""
    size = size_of(worth, scatter)
    something = above(leads, 0.0, scatter, size=size)
    little = above([-lead for lead in leads], -worth, scatter, size=size)
    return _Look(n, lead_of(leads, scatter), something, little, size, len(leads))


def _by_holm(
    p: Mapping[int, float], looks: Mapping[int, _Look], answers: Mapping[int, Ablation], *, alpha: float
) -> set[int]:
    """Give the open keeps that are supported now. Each one that is leaves more of `alpha` to the others."""
    before, found = sum(one.support == "supported" for one in answers.values()), set[int]()
    for n in sorted(looks, key=lambda n: p[n]):
        if p[n] > alpha / (len(p) - before - len(found)):
            break
        found.add(n)
    return found


def _unclear(n: int, arms: _Arms, p: float, log_bar: float, *, worth: float) -> Ablation:
    leads = arms.leads[n]
    if not leads:
        return Ablation(n=n, support="unclear")
    scatter = scatter_of(tuple(some[: len(leads)] for some in arms.leads.values()), step=arms.step(len(leads)))
    look = _Look(n, lead_of(leads, scatter), 0.0, 0.0, size_of(worth, scatter), len(leads))
    return arms.told(look, "unclear", p, log_bar)


def _repeating(n: int, arms: _Arms) -> Ablation:
    """Say what one round says where numbers repeat."""
    lead = arms.leads[n][-1]
    support: Support = "supported" if lead > 0 else "unsupported"
    return Ablation(
        n=n, support=support, interval=arms.interval(n, (lead, lead, lead), level=1.0, rounds=len(arms.leads[n]))
    )
