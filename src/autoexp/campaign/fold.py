"""fold(state, record) -> state: the only place where events turn into knowledge."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from autoexp.campaign import events as ev
from autoexp.campaign.state import CampaignState, Counts, Experiment, Incumbent, Segment
from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome

T = TypeVar("T", int, float)


def fold_all(records: Iterable[ev.Record], state: CampaignState | None = None) -> CampaignState:
    """Fold records in order, from an empty state or from `state`."""
    state = state or CampaignState()
    for record in records:
        state = fold(state, record)
    return state


def fold(state: CampaignState, record: ev.Record) -> CampaignState:
    """Give the state after one more record."""
    return _apply(_tick(state, record), record)


def _tick(state: CampaignState, record: ev.Record) -> CampaignState:
    """Count the record, and the time that the session has worked until it (one boot's monotonic clock)."""
    if state.session_since is None or isinstance(record.event, ev.SessionOpened):
        return replace(state, events=record.number + 1)
    passed = max(0.0, record.monotonic - state.session_since)
    return replace(state, events=record.number + 1, active_s=state.active_s + passed, session_since=record.monotonic)


def _apply(state: CampaignState, record: ev.Record) -> CampaignState:  # noqa: C901, PLR0911  one line an event
    match record.event:
        case ev.CampaignOpened() as event:
            return replace(
                state, tag=event.tag, base=event.base, seed=event.seed, segment=None, incumbent=Incumbent(event.base)
            )
        case ev.SessionOpened() as event:
            return replace(
                state,
                activity="running",
                stop_reason=None,
                stop_detail="",
                session_since=record.monotonic,
                sandbox=event.sandbox,
            )
        case ev.SessionClosed():
            activity = "stopped" if state.stop_reason else "idle"
            return replace(state, activity=activity, session_since=None)
        case ev.Stopped() as event:
            return replace(state, activity="stopped", stop_reason=event.reason, stop_detail=event.detail)
        case ev.SegmentOpened() as event:
            return _open_segment(state, event, record.wall)
        case ev.BaselineMeasured() as event:
            return _baseline(state, event)
        case ev.Intent() as event:
            opened = Experiment(event.n, event.segment, event.parent, event.directive, event.seed, started=record.wall)
            return replace(state, open=opened, last_n=max(state.last_n, event.n))
        case ev.SampleTaken(n=0) as event:
            return _baseline_sample(state, event.sample)
        case ev.Withdrawn():
            return replace(state, open=None)
        case ev.Done() as event:
            return _close(state, event, record.wall)
        case ev.Proposed() | ev.Captured() | ev.SampleTaken() | ev.ChecksRun() | ev.Decided() as event:
            return _progress(state, event)
        case _:
            return state


def _open_segment(state: CampaignState, event: ev.SegmentOpened, wall: float) -> CampaignState:
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
    return replace(state, segment=segment, segments=(*state.segments, segment))


def _with_segment(state: CampaignState, segment: Segment) -> CampaignState:
    return replace(state, segment=segment, segments=(*state.segments[:-1], segment))


def _baseline_sample(state: CampaignState, sample: Sample) -> CampaignState:
    if state.segment is None:
        return state
    segment = replace(state.segment, samples=(*state.segment.samples, sample))
    return _with_segment(replace(state, counts=_sampled(state.counts)), segment)


def _baseline(state: CampaignState, event: ev.BaselineMeasured) -> CampaignState:
    if state.segment is None:
        return state
    segment = replace(state.segment, baseline=event, deterministic=event.deterministic)
    incumbent = replace(state.incumbent, measurement=event.measurement)
    return _with_segment(replace(state, incumbent=incumbent), segment)


def _progress(
    state: CampaignState, event: ev.Proposed | ev.Captured | ev.SampleTaken | ev.ChecksRun | ev.Decided
) -> CampaignState:
    experiment = state.open
    if experiment is None or experiment.n != event.n:
        return state
    match event:
        case ev.Proposed(proposal=proposal):
            cost = _plus(state.cost_usd, proposal.cost_usd)
            tokens = _plus(state.tokens, proposal.tokens.total)
            return replace(state, open=replace(experiment, proposal=proposal), cost_usd=cost, tokens=tokens)
        case ev.Captured(candidate=candidate):
            return replace(state, open=replace(experiment, candidate=candidate))
        case ev.SampleTaken(sample=sample):
            cost = _plus(state.cost_usd, sample.cost_usd)
            opened = replace(experiment, samples=(*experiment.samples, sample))
            return _watch_determinism(replace(state, open=opened, counts=_sampled(state.counts), cost_usd=cost), sample)
        case ev.ChecksRun(outcome=outcome):
            return replace(state, open=replace(experiment, checks=outcome))
        case ev.Decided():
            ruled = replace(
                experiment,
                outcome=event.outcome,
                decision=event.decision,
                measurement=event.measurement,
                detail=event.detail,
            )
            return replace(state, open=ruled)


def _watch_determinism(state: CampaignState, sample: Sample) -> CampaignState:
    """Two samples of one side that differ on the primary end the deterministic mode for good."""
    experiment, segment = state.open, state.segment
    if experiment is None or segment is None or not segment.deterministic:
        return state
    if segment.spec.get("measurement", {}).get("deterministic") is True:
        return state
    primary = next((name for name, metric in segment.spec["metrics"].items() if metric["role"] == "primary"), "")
    seen = {other.values.get(primary) for other in experiment.of_side(sample.side) if other.outcome is Outcome.MEASURED}
    return state if len(seen) <= 1 else _with_segment(state, replace(segment, deterministic=False))


def _close(state: CampaignState, event: ev.Done, wall: float) -> CampaignState:
    experiment = state.open
    if experiment is None or experiment.n != event.n:
        return state
    outcome = experiment.outcome or Outcome.INTERRUPTED
    closed = replace(
        experiment, outcome=outcome, status=event.status, closed=True, wall_time_s=max(0.0, wall - experiment.started)
    )
    counts = _counted(state.counts, closed, outcome)
    incumbent, gain = state.incumbent, state.gain
    if closed.kept and closed.candidate is not None and closed.decision is not None:
        incumbent = Incumbent(closed.candidate.commit, closed.n, closed.measurement)
        gain += closed.decision.effect or 0.0
    return replace(
        state, open=None, experiments=(*state.experiments, closed), counts=counts, incumbent=incumbent, gain=gain
    )


def _counted(counts: Counts, experiment: Experiment, outcome: Outcome) -> Counts:
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


def _sampled(counts: Counts) -> Counts:
    return replace(counts, samples=counts.samples + 1)


def _plus(total: T | None, more: T | None) -> T | None:
    if more is None:
        return total
    return more if total is None else total + more
