"""What strategies, proposers and faces see of a state."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.convergence import plateau, streak
from autoexp.campaign.grouping import Group
from autoexp.campaign.ideas import Parked, open_ideas
from autoexp.campaign.knowledge import EARLY
from autoexp.campaign.patterns import REVIEW_EVERY, DeadEnd, Lessons
from autoexp.campaign.state import CampaignState, Experiment, Incumbent
from autoexp.campaign.tallies import Tally, tallies
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Directive, Offer
from autoexp.spec.budget import BudgetSection

PIVOT_AFTER = 8
"""Decided experiments in a row without a keep, after which a proposer is told to leave its direction."""


def derived_seed(seed: int, *parts: int | str) -> int:
    """Give the randomness of one decision: a hash of the campaign's seed and what names the moment."""
    text = ":".join(str(part) for part in (seed, *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


@dataclass(frozen=True, slots=True)
class View:
    """A state as a strategy sees it."""

    state: CampaignState

    @property
    def incumbent(self) -> Incumbent:
        """Give the best so far."""
        return self.state.incumbent

    @property
    def seed(self) -> int:
        """Give the seed of the next choice; the same again after an interruption."""
        return derived_seed(self.state.seed, self.state.counts.decided)


@dataclass(frozen=True, slots=True)
class Repair:
    """Why a proposer is asked to mend its change: how that ended, what was said, and how many times it may still do so after this."""

    outcome: Outcome
    detail: str
    left: int = 0
    proposer: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a proposer is told. autoexp.briefs makes the bounded text of it.

    `experiments` are the first few and the last of the `closed` ones, without what their holdouts showed; `early` those up to the eighth
    decided one, once there is one. `best` and `dead_ends` are the first of them, and `more_keeps` and `more_dead_ends` count the others.
    `ideas` are the open ones, oldest first; `hints` those of persons, newest last, then those of the strategy. `review` asks to think about
    the `lessons`, `pivot` to leave the direction, `since_keep` decided experiments after the last keep. `memory` is what other campaigns taught.
    """

    tag: str
    goal: str
    program: str
    directive: Directive
    position: int
    seed: int
    scope: tuple[str, ...]
    metrics: dict[str, dict[str, Any]]
    primary: str
    direction: str
    incumbent_commit: str
    incumbent: dict[str, float]
    baseline: dict[str, float]
    gain: float
    experiments_total: int
    kept: int
    experiments: tuple[Experiment, ...] = ()
    closed: int = 0
    early: tuple[Experiment, ...] = ()
    ideas: tuple[Parked, ...] = ()
    hints: tuple[str, ...] = field(default=())
    objective: dict[str, Any] = field(default_factory=dict)
    repair: Repair | None = None
    offers: tuple[Offer, ...] = ()
    segment: int = 0
    groups: tuple[Group, ...] = ()
    best: tuple[Experiment, ...] = ()
    dead_ends: tuple[DeadEnd, ...] = ()
    more_keeps: int = 0
    more_dead_ends: int = 0
    lessons: Lessons = Lessons()
    last_error: Experiment | None = None
    review: bool = False
    pivot: bool = False
    since_keep: int = 0
    memory: tuple[str, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)


def brief_for(
    state: CampaignState,
    directive: Directive,
    *,
    goal: str,
    program: str,
    scope: tuple[str, ...],
    repair: Repair | None = None,
    budget: BudgetSection | None = None,
) -> Brief:
    """Build the brief of the next experiment. `position` counts attempts, interrupted ones aside."""
    segment = state.segment
    headline = segment.headline if segment else None
    known = state.knowledge
    taught = known.patterns
    return Brief(
        tag=state.tag,
        goal=goal,
        program=program,
        directive=directive,
        position=state.counts.attempts,
        seed=derived_seed(state.seed, state.counts.decided),
        scope=scope,
        metrics=segment.spec["metrics"] if segment else {},
        primary=headline.name if headline else "",
        direction=headline.direction if headline else "",
        objective=segment.spec.get("objective") or {} if segment else {},
        incumbent_commit=state.incumbent.commit,
        incumbent=state.incumbent.measurement.means(),
        baseline=state.primary_baseline.means(),
        gain=state.gain,
        experiments_total=known.experiments,
        kept=state.counts.kept,
        experiments=known.told,
        closed=known.count,
        early=known.early if taught.decided >= EARLY else (),
        ideas=open_ideas(state.ideas),
        hints=(*state.hints, *(hint for hint in directive.hints if hint not in state.hints)),
        repair=repair,
        offers=state.offers,
        segment=segment.k if segment else 0,
        groups=taught.grouping.ordered,
        best=taught.best,
        dead_ends=taught.dead_ends,
        more_keeps=taught.kept - len(taught.best),
        more_dead_ends=taught.more_dead_ends,
        lessons=taught.lessons,
        last_error=taught.last_error,
        review=taught.decided > 0 and taught.decided % REVIEW_EVERY == 0,
        pivot=_stuck(state, budget),
        since_keep=streak(state),
        tallies=tallies(state),
    )


def _stuck(state: CampaignState, budget: BudgetSection | None) -> bool:
    """Tell whether nothing was kept for long, or half of the window is over after which the contract calls it a plateau."""
    if streak(state) >= PIVOT_AFTER:
        return True
    rule = budget.plateau if budget else None
    return rule is not None and plateau(state, (rule.window + 1) // 2, rule.min_gain / 2)
