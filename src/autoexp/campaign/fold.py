"""fold(state, record) -> state: the only place where events turn into knowledge."""

from collections.abc import Iterable

from autoexp.campaign import checkpoints, confirming, learning, looks, parking, proposing, pruning, resuming
from autoexp.campaign import events as ev
from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun, HeldOutAtEnd
from autoexp.campaign.counting import (
    cost_of_runs,
    counted,
    headline_gain,
    held_out,
    items_of,
    plus,
    sampled,
    tick,
)
from autoexp.campaign.replacing import replace
from autoexp.campaign.reviews import reviewed
from autoexp.campaign.state import CampaignState, Experiment, Incumbent, Segment
from autoexp.decision.beliefs import after, begun
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome


def fold_all(records: Iterable[ev.Record], state: CampaignState | None = None) -> CampaignState:
    """Fold records in order, from an empty state or from `state`."""
    state = state or CampaignState()
    for record in records:
        state = fold(state, record)
    return state


def fold(state: CampaignState, record: ev.Record) -> CampaignState:
    """Give the state after one more record."""
    return _apply(tick(state, record), record)


def _apply(state: CampaignState, record: ev.Record) -> CampaignState:  # noqa: C901, PLR0911, PLR0912  one line an event
    match record.event:
        case ev.CampaignOpened() as event:
            return _open_campaign(state, event)
        case ev.SessionOpened() as event:
            return _open_session(state, event, record)
        case ev.SessionClosed():
            return replace(state, session_since=None)
        case ev.Stopped() as event:
            return replace(state, stop_reason=event.reason, stop_detail=event.detail, stop_fix=event.fix)
        case ev.SegmentOpened() as event:
            return _open_segment(state, event, record.wall)
        case ev.BaselineMeasured() as event:
            return _baseline(state, event)
        case ev.Intent() as event:
            opened = Experiment(
                event.n,
                event.segment,
                event.parent,
                event.directive,
                event.seed,
                started=record.wall,
                started_active_s=state.active_s,
                tests=state.provisional if event.directive.operator == "confirm" else (),
                reserved=event.reserved,
            )
            return replace(state, open=opened, last_n=max(state.last_n, event.n))
        case ev.SampleTaken(n=0) as event:
            return _baseline_sample(state, event.sample)
        case ev.Withdrawn():
            return replace(state, open=None, waiting=None)
        case ev.Waiting() as event:
            return proposing.waited(state, event)
        case ev.Done() as event:
            return _close(state, event)
        case ev.Reviewed() as event:
            return reviewed(state, event)
        case ev.Hinted() | ev.HintsCleared() | ev.IdeaAdded() | ev.IdeaDropped() as event:
            return parking.told(state, event)
        case (
            ev.Proposed()
            | ev.MendAsked()
            | ev.Captured()
            | ev.SampleTaken()
            | ev.ChecksRun()
            | ev.HoldoutRun()
            | ev.Decided() as event
        ):
            return resuming.noted(_progress(state, event), record)
        case ev.Continued() as event:
            return resuming.continued(state, event)
        case HeldOutAtEnd() as event:
            return looks.noted(state, event)
        case ConfirmationBegun() | ConfirmationRun() | ConfirmationEnded() as event:
            return confirming.noted(state, event, record)
        case _:
            return state


def _open_campaign(state: CampaignState, event: ev.CampaignOpened) -> CampaignState:
    """Begin at a commit. Opened again (no experiment was made yet), segments of the earlier commit do not count."""
    return replace(
        state,
        tag=event.tag,
        base=event.base,
        seed=event.seed,
        incumbent=Incumbent(event.base),
        checkpoint=None,
        segment=None,
        segments=(),
    )


def _open_session(state: CampaignState, event: ev.SessionOpened, record: ev.Record) -> CampaignState:
    """Begin to work. Errors of proposer and machine that stopped an earlier session are given a new chance."""
    state = confirming.left_in_the_middle(resuming.left_open(state, record))
    if event.purpose == "run":
        state = replace(state, stop_reason=None, stop_detail="", stop_fix="")
    return replace(
        state,
        waiting=None,
        counts=replace(state.counts, proposer_errors_in_row=0, infra_errors_in_row=0),
        session_since=record.monotonic,
        session_boot=record.boot,
        sandbox=event.sandbox,
        budget=event.budget,
        host=event.host,
        place=event.place,
        contract=event.contract or state.contract,
    )


def _open_segment(state: CampaignState, event: ev.SegmentOpened, wall: float) -> CampaignState:
    goal = state.segment.goal if state.segment else None
    segment = Segment(
        event.k,
        event.commit,
        event.spec,
        event.spec_digest,
        event.harness_digest,
        event.environment,
        event.sandbox,
        started=wall,
    )
    state = parking.contract_changed(replace(state, segment=segment, segments=(*state.segments, segment)))
    return state if goal == segment.goal else replace(state, gain=0.0, checkpoint_gain=0.0)


def _with_segment(state: CampaignState, segment: Segment) -> CampaignState:
    return replace(state, segment=segment, segments=(*state.segments[:-1], segment))


def _baseline_sample(state: CampaignState, sample: Sample) -> CampaignState:
    if state.segment is None:
        return state
    segment = replace(state.segment, samples=(*state.segment.samples, sample))
    cost = plus(state.cost_usd, sample.cost_usd)
    return _with_segment(replace(state, counts=sampled(state.counts, sample), cost_usd=cost), segment)


def _baseline(state: CampaignState, event: ev.BaselineMeasured) -> CampaignState:
    if state.segment is None:
        return state
    segment = replace(state.segment, baseline=event, deterministic=event.deterministic, cost_usd_total=state.cost_usd)
    size = max((summary.count for summary in event.measurement.metrics.values()), default=0)
    measured = [sample for sample in segment.samples if sample.outcome is Outcome.MEASURED]
    taken = measured[-size:] if size else measured  # an earlier try of the baseline may have left some, too
    incumbent = replace(state.incumbent, measurement=event.measurement, items=items_of(taken))
    segment = replace(segment, samples=tuple(_without_items(sample) for sample in segment.samples))
    beliefs = begun(state.beliefs, segment.criteria, [sample.values for sample in taken])
    return _with_segment(checkpoints.reached(replace(state, incumbent=incumbent, beliefs=beliefs)), segment)


def _without_items(sample: Sample) -> Sample:
    """Leave the scores of items to the journal: those of every closed experiment together may not fit in memory."""
    return sample.model_copy(update={"items": {}}) if sample.items else sample


def _progress(  # noqa: PLR0911  one line an event
    state: CampaignState,
    event: ev.Proposed | ev.MendAsked | ev.Captured | ev.SampleTaken | ev.ChecksRun | ev.HoldoutRun | ev.Decided,
) -> CampaignState:
    experiment = state.open
    if experiment is None or experiment.n != event.n:
        return state
    match event:
        case ev.Proposed(proposal=proposal):
            return proposing.proposed(parking.proposed(state, experiment, proposal), experiment, proposal)
        case ev.MendAsked():
            return proposing.mend_asked(state, experiment, event)
        case ev.Captured(candidate=candidate):
            return replace(state, open=replace(experiment, candidate=candidate))
        case ev.SampleTaken(sample=sample):
            cost = plus(state.cost_usd, sample.cost_usd)
            opened = replace(experiment, samples=(*experiment.samples, sample))
            return _watch_determinism(
                replace(state, open=opened, counts=sampled(state.counts, sample), cost_usd=cost), sample
            )
        case ev.ChecksRun(outcome=outcome, detail=detail):
            return replace(state, open=replace(experiment, checks=outcome, checks_detail=detail))
        case ev.HoldoutRun():
            cost = plus(state.cost_usd, cost_of_runs(event.samples))
            counts = held_out(state.counts, event)
            return replace(state, open=replace(experiment, holdout=event), counts=counts, cost_usd=cost)
        case ev.Decided():
            ruled = replace(
                experiment,
                outcome=event.outcome,
                decision=event.decision,
                measurement=event.measurement,
                detail=event.detail,
                flags=event.flags,
            )
            return replace(state, open=ruled)


def _watch_determinism(state: CampaignState, sample: Sample) -> CampaignState:
    """Two samples of one side that differ on what is decided on end the deterministic mode of the segment for good."""
    experiment, segment = state.open, state.segment
    if experiment is None or segment is None or not segment.deterministic:
        return state
    if segment.spec.get("measurement", {}).get("deterministic") is True:
        return state
    names = [criterion.name for criterion in segment.criteria]
    seen = {
        tuple(other.values.get(name) for name in names)
        for other in experiment.of_side(sample.side)
        if other.outcome is Outcome.MEASURED
    }
    return state if len(seen) <= 1 else _with_segment(state, replace(segment, deterministic=False))


def _close(state: CampaignState, event: ev.Done) -> CampaignState:
    experiment = state.open
    if experiment is None or experiment.n != event.n:
        return state
    outcome = experiment.outcome or Outcome.INTERRUPTED
    closed = replace(
        experiment,
        samples=tuple(_without_items(sample) for sample in experiment.samples),
        proposal=proposing.slim(experiment.proposal),
        outcome=outcome,
        status=event.status,
        closed=True,
        checks_detail="",
        void=tuple(_without_items(sample) for sample in experiment.void),
        wall_time_s=state.active_s - experiment.started_active_s,
        cost_usd_total=state.cost_usd,
    )
    beliefs = state.beliefs
    if experiment.decision is not None:
        beliefs = after(beliefs, experiment.decision, kept=closed.confirmed or (closed.kept and not closed.provisional))
        closed = replace(closed, decision=experiment.decision.model_copy(update={"lessons": {}}))
    counts = counted(state.counts, closed, outcome)
    state = proposing.settled(parking.closed(proposing.used(state, closed), closed), closed)
    state = learning.closed(replace(state, open=None, counts=counts, beliefs=beliefs), closed)
    return learning.all_settled(_consequence(state, experiment, closed))


def _consequence(state: CampaignState, experiment: Experiment, closed: Experiment) -> CampaignState:
    """Give the best so far after an experiment; `experiment` is what it was while it was open."""
    if closed.tests:
        return checkpoints.tested(state, experiment)
    if closed.kept and closed.directive.takes_out:
        return pruning.pruned(state, closed)
    if closed.kept and closed.candidate is not None and closed.decision is not None:
        gain = state.gain + headline_gain(state.segment, closed.decision)
        items = items_of(experiment.of_side(Side.CANDIDATE))
        incumbent = Incumbent(closed.candidate.commit, closed.n, closed.measurement, items)
        return checkpoints.kept(replace(state, incumbent=incumbent, gain=gain), closed)
    return state
