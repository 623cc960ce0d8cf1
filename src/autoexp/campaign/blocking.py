"""What blocks an idea: which constraint of the contract was in the way of a better number, and whether it still is."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from autoexp.campaign.experiments import Experiment
from autoexp.campaign.state import CampaignState, Segment
from autoexp.decision.case import NOISY_MIN_EFFECT
from autoexp.decision.effect import Effect, Metric, compare
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Idea
from autoexp.spec.criteria import Criterion
from autoexp.spec.metric import GUARD_KINDS

CHECKS, SCOPE = "checks", "scope"
CLEARLY = 3.0
"""Standard deviations of one run by which a blocked change must be better to be remembered for it."""

Spec = Mapping[str, Any]
Values = Mapping[str, float | None]


def blocked(state: CampaignState, experiment: Experiment) -> Idea | None:
    """Give what a measured change taught that is clearly better but for a guard or the checks; None for all others."""
    constraint, reason = _constraint(experiment)
    share = _better(state, experiment) if constraint else None
    if share is None:
        return None
    proposal = experiment.proposal
    text = (proposal.description or proposal.hypothesis) if proposal else ""
    return Idea(text=text, why=f"measured {share} better, but {reason}", blocked_by=constraint)


def outside(experiment: Experiment) -> Idea | None:
    """Give why a change could not be made in the scope; None when that was not what ended it."""
    if experiment.outcome is not Outcome.OUT_OF_SCOPE or experiment.flags:
        return None
    return Idea(text=experiment.description, why=experiment.detail, blocked_by=SCOPE)


def _constraint(experiment: Experiment) -> tuple[str, str]:
    decision = experiment.decision
    if experiment.outcome is Outcome.CHECKS_FAILED:
        return CHECKS, " ".join(experiment.detail.split()) or "the checks failed"
    if experiment.outcome is Outcome.MEASURED and decision is not None and decision.guard is not None:
        return decision.guard.metric, next(iter(decision.reasons), "the guard broke")
    return "", ""


def _better(state: CampaignState, experiment: Experiment) -> str | None:
    """Say how much better the first number decided on is, when it is clearly so."""
    segment, ours = state.segment, measure(experiment.of_side(Side.CANDIDATE)).means()
    criterion = segment.headline if segment else None
    if segment is None or criterion is None:
        return None
    fresh = measure(experiment.of_side(Side.INCUMBENT)).means()
    theirs = fresh.get(criterion.name, state.incumbent.measurement.means().get(criterion.name))
    if theirs is None or criterion.name not in ours:
        return None
    metric = _metric(criterion, segment)
    effect = compare(ours[criterion.name], theirs, metric)
    return _in_words(effect, criterion) if effect.reaches(metric) else None


def _metric(criterion: Criterion, segment: Segment) -> Metric:
    noise = segment.baseline.noise if segment.baseline and not segment.deterministic else None
    least = criterion.min_effect
    if least is None:
        least = 0.0 if segment.deterministic else NOISY_MIN_EFFECT
    return Metric(
        name=criterion.name,
        lower_is_better=criterion.lower_is_better,
        linear=criterion.scale == "linear",
        min_effect=max(least, CLEARLY * (noise or 0.0)),
        baseline=None,
        gain=0.0,
    )


def _in_words(effect: Effect, criterion: Criterion) -> str:
    if effect.relative is None:
        return f"{effect.absolute:.3g} {criterion.unit}".rstrip()
    return f"{effect.relative:.1%}"


def released(blocked_by: str, before: Spec, now: Spec, *, values: Mapping[str, Values]) -> bool:
    """Tell whether a constraint that is named so is gone from a contract, or looser in it.

    `values` hold baseline and incumbent of the contract before, for bounds that refer to one. What names no constraint is never released.
    """
    if blocked_by.strip().casefold() == CHECKS:
        command = before.get("harness", {}).get("checks")
        return command is not None and command != now.get("harness", {}).get("checks")
    if blocked_by.strip().casefold() == SCOPE:
        return _wider(before.get("scope", {}).get("edit", []), now.get("scope", {}).get("edit", []))
    guard, other = before["metrics"].get(blocked_by), now["metrics"].get(blocked_by)
    if not guard or guard.get("role") != "guard":
        return False
    if not other or other.get("role") != "guard":
        return True
    references = {name: means.get(blocked_by) for name, means in values.items()}
    old, new = _interval(guard, references), _interval(other, references)
    return old is not None and new is not None and (new[0] < old[0] or new[1] > old[1])


def _wider(before: list[str], now: list[str]) -> bool:
    """Tell whether patterns were added, or exceptions taken away."""
    more = {pattern for pattern in now if not pattern.startswith("!")} - set(before)
    fewer = {pattern for pattern in before if pattern.startswith("!")} - set(now)
    return bool(more or fewer)


def _interval(guard: Mapping[str, Any], references: Values) -> tuple[float, float] | None:
    """Give what a guard allows; None where it refers to a number that nobody knows."""
    low, high = -math.inf, math.inf
    for kind in GUARD_KINDS:
        if (bound := guard.get(kind)) is not None:
            ends = list(_ends(bound, references))
            if None in ends:
                return None
            known = [end for end in ends if end is not None]
            low = max(low, -math.inf if kind == "at_most" else min(known))
            high = min(high, math.inf if kind == "at_least" else max(known))
    return low, high


def _ends(bound: Any, references: Values) -> Iterator[float | None]:
    match bound:
        case [low, high]:
            yield from (float(low), float(high))
        case {"of": of, "by": by}:
            for share in (1 - by, 1 + by):
                yield _times(references.get(of), share)
        case {"of": of}:
            yield _times(references.get(of), bound.get("times", 1.0))
        case str():
            yield references.get(bound)
        case _:
            yield float(bound)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
