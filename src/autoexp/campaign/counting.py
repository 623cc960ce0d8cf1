"""What the fold counts: working time, experiments, rows of failures, samples and money."""

from dataclasses import replace
from typing import TypeVar

from autoexp.campaign.events import CampaignOpened, Record, SessionOpened
from autoexp.campaign.state import CampaignState, Counts, Experiment
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome

T = TypeVar("T", int, float)


def tick(state: CampaignState, record: Record) -> CampaignState:
    """Count the record, and the time that the session has worked until it (one boot's monotonic clock).

    A session that was killed has no end in the record: the time until a new process opens the campaign is not counted.
    """
    state = replace(state, events=record.number + 1)
    if isinstance(record.event, CampaignOpened | SessionOpened):
        return replace(state, session_since=None)
    if state.session_since is None:
        return state
    passed = record.monotonic - state.session_since if record.boot == state.session_boot else 0.0
    return replace(
        state,
        active_s=state.active_s + max(0.0, passed),
        session_since=record.monotonic,
        session_boot=record.boot,
    )


def counted(counts: Counts, experiment: Experiment, outcome: Outcome) -> Counts:
    """Count a closed experiment, and the rows that it lengthens or ends."""
    attempts = counts.attempts + (outcome not in {Outcome.INTERRUPTED, Outcome.INFRA_ERROR})
    if outcome in UNDECIDED:
        return replace(
            counts,
            attempts=attempts,
            proposer_errors_in_row=counts.proposer_errors_in_row + (outcome is Outcome.PROPOSER_ERROR),
            infra_errors_in_row=counts.infra_errors_in_row + (outcome is Outcome.INFRA_ERROR),
        )
    return replace(
        counts,
        attempts=attempts,
        decided=counts.decided + 1,
        kept=counts.kept + experiment.kept,
        crashes_in_row=counts.crashes_in_row + 1 if outcome in CRASHES else 0,
        discards_in_row=0 if experiment.kept else counts.discards_in_row + 1,
        proposer_errors_in_row=0,
        infra_errors_in_row=0,
    )


def sampled(counts: Counts) -> Counts:
    """Count one more sample."""
    return replace(counts, samples=counts.samples + 1)


def plus(total: T | None, more: T | None) -> T | None:
    """Add what is known; None is unknown, not 0."""
    if more is None:
        return total
    return more if total is None else total + more
