"""What strategies, proposers and faces see of a state."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.state import CampaignState, Experiment, Incumbent
from autoexp.campaign.tallies import Tally, tallies
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Directive, Offer

REMEMBERED_ROWS = 50


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
    """What a proposer reads: bounded, however long the campaign."""

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
    ideas: tuple[str, ...] = ()
    hints: tuple[str, ...] = field(default=())
    objective: dict[str, Any] = field(default_factory=dict)
    repair: Repair | None = None
    offers: tuple[Offer, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    review: bool = False


def brief_for(
    state: CampaignState,
    directive: Directive,
    *,
    goal: str,
    program: str,
    scope: tuple[str, ...],
    repair: Repair | None = None,
) -> Brief:
    """Build the brief of the next experiment. `position` counts attempts, interrupted ones aside."""
    metrics = state.segment.spec["metrics"] if state.segment else {}
    headline = state.segment.headline if state.segment else None
    shown = state.experiments[-REMEMBERED_ROWS:]
    return Brief(
        tag=state.tag,
        goal=goal,
        program=program,
        directive=directive,
        position=state.counts.attempts,
        seed=derived_seed(state.seed, state.counts.decided),
        scope=scope,
        metrics=metrics,
        primary=headline.name if headline else "",
        direction=headline.direction if headline else "",
        objective=state.segment.spec.get("objective") or {} if state.segment else {},
        incumbent_commit=state.incumbent.commit,
        incumbent=state.incumbent.measurement.means(),
        baseline=state.primary_baseline.means(),
        gain=state.gain,
        experiments_total=sum(not experiment.tests for experiment in state.experiments),
        kept=state.counts.kept,
        experiments=shown,
        ideas=tuple(idea.text for experiment in shown if experiment.proposal for idea in experiment.proposal.ideas)[
            -20:
        ],
        hints=directive.hints,
        repair=repair,
        offers=state.offers,
        tallies=tallies(state),
        review=state.counts.decided > 0 and state.counts.decided % 10 == 0,
    )
