"""What the fold counts: working time, experiments, rows of failures, samples, scores, gain and money."""

from collections.abc import Iterable

from autoexp.campaign.amounts import cost_of_runs, plus, together, unanswered
from autoexp.campaign.confirmation_events import HeldOutAtEnd
from autoexp.campaign.events import CampaignOpened, HoldoutRun, Record, SessionOpened
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState, Counts, Experiment, Segment
from autoexp.decision.items import mean_items
from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome
from autoexp.experiment.records import Decision

__all__ = [
    "cost_of_runs",
    "counted",
    "headline_gain",
    "held_out",
    "items_of",
    "plus",
    "sampled",
    "tick",
    "together",
    "unanswered",
]


def tick(state: CampaignState, record: Record) -> CampaignState:
    """Count the record, and the time that the session has worked until it (one boot's monotonic clock).

    A session that was killed has no end in the record: the time until a new process opens the campaign is not counted.
    """
    events = record.number + 1
    if state.session_since is None or isinstance(record.event, CampaignOpened | SessionOpened):
        return replace(state, events=events, session_since=None)
    passed = record.monotonic - state.session_since if record.boot == state.session_boot else 0.0
    return replace(
        state,
        events=events,
        active_s=state.active_s + max(0.0, passed),
        session_since=record.monotonic,
        session_boot=record.boot,
    )


def counted(counts: Counts, experiment: Experiment, outcome: Outcome) -> Counts:
    """Count a closed experiment, and the rows that it lengthens or ends. A checkpoint test is none; it may fail, though."""
    if experiment.tests:
        failures = counts.infra_errors_in_row
        failures = failures + (outcome is Outcome.INFRA_ERROR) if outcome in UNDECIDED else 0
        return replace(counts, infra_errors_in_row=failures)
    proposed = not experiment.directive.by_person
    attempts = counts.attempts + (proposed and outcome not in {Outcome.INTERRUPTED, Outcome.INFRA_ERROR})
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


def headline_gain(segment: Segment | None, decision: Decision) -> float:
    """Give what a keep adds to the gain: that of another number than the one shown as `metric` adds nothing to it."""
    shown = not decision.metric or (segment is not None and decision.metric == segment.primary)
    return (decision.effect or 0.0) if shown else 0.0


def items_of(samples: Iterable[Sample]) -> dict[str, float]:
    """Give the mean score of each item over the measured samples."""
    return mean_items(sample.items for sample in samples if sample.outcome is Outcome.MEASURED)


def sampled(counts: Counts, sample: Sample) -> Counts:
    """Count one more sample, with the runs before it that did not count because the machine was disturbed."""
    return replace(counts, samples=counts.samples + 1 + sample.voided)


def held_out(counts: Counts, event: HoldoutRun | HeldOutAtEnd) -> Counts:
    """Count the runs of a holdout, void ones too, and its answer if it gave one."""
    answered = counts.holdouts + (event.passed is not None)
    runs = sum(1 + sample.voided for sample in event.samples)
    items = max((sample.scored for sample in event.samples), default=0) or counts.held_out_items
    return replace(counts, samples=counts.samples + runs, holdouts=answered, held_out_items=items)
