"""One flat row per experiment, baseline first: what exports, tables and charts are made of."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from autoexp.campaign.amounts import cost_of, requests_of, tokens_of
from autoexp.campaign.notes import asi_of
from autoexp.campaign.state import CampaignState, Experiment, Segment
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import NEEDS_REVIEW, Tokens

Row = dict[str, Any]


def rows(state: CampaignState, *, since: int = 0) -> Iterator[Row]:
    """Give all rows, or those behind the first `since` experiments: each segment's baseline (n = 0, keep) before the experiments of that segment."""
    by_segment: dict[int, list[Experiment]] = {}
    for experiment in state.experiments[since:]:
        by_segment.setdefault(experiment.segment, []).append(experiment)
    begun = state.experiments[since - 1].segment if since else -1
    for segment in state.segments:
        if segment.k > begun and (baseline := baseline_row(segment)):
            yield baseline
        for experiment in by_segment.get(segment.k, []):
            yield experiment_row(state, experiment, cost_total=experiment.cost_usd_total)


def count_rows(state: CampaignState) -> int:
    """Count all rows."""
    return len(state.experiments) + sum(baseline_row(segment) is not None for segment in state.segments)


def primary_of(state: CampaignState) -> str:
    """Give the name of the primary metric; empty before the first segment."""
    return state.segment.primary if state.segment else ""


def baseline_row(segment: Segment) -> Row | None:
    """Give the row of a segment's baseline, or None while it has none that passed."""
    baseline = segment.baseline
    if baseline is None or baseline.outcome is not Outcome.MEASURED:
        return None
    means = baseline.measurement.means()
    return _row(
        n=0,
        commit=segment.commit,
        timestamp=_iso(segment.started),
        status="keep",
        metric=means.get(segment.primary),
        metrics=means,
        description="baseline",
        samples=len(segment.samples),
        wall_time_s=round(sum(sample.usage.wall_s for sample in segment.samples), 3),
        cost_usd=_sum(sample.cost_usd for sample in segment.samples),
        cost_usd_total=segment.cost_usd_total,
        segment=segment.k,
    )


def experiment_row(state: CampaignState, experiment: Experiment, *, cost_total: float | None) -> Row:
    """Give the row of one experiment."""
    proposal, decision, candidate = experiment.proposal, experiment.decision, experiment.candidate
    means = experiment.measurement.means()
    tokens = tokens_of(experiment)
    return _row(
        n=experiment.n,
        commit=candidate.commit if candidate else None,
        parent=experiment.parent,
        timestamp=_iso(experiment.started),
        status=experiment.status or experiment.ruled_status,
        flags=sorted(_flags(experiment)),
        metric=means.get(_primary_of_segment(state, experiment.segment)),
        metrics=means,
        description=experiment.description,
        hypothesis=proposal.hypothesis if proposal else "",
        asi=asi_of(experiment),
        effect=decision.effect if decision else None,
        samples=experiment.samples_taken,
        diff_lines=candidate.diff_lines if candidate else 0,
        wall_time_s=round(experiment.wall_time_s, 3),
        tokens=tokens.model_dump(),
        tokens_used=tokens.total,
        requests=requests_of(experiment),
        repairs=experiment.repairs,
        cost_usd=cost_of(experiment),
        cost_usd_total=cost_total,
        reasons=list(experiment.reasons),
        tested_by=experiment.tested_by,
        back_to=_back_to(state, experiment),
        detail=experiment.detail,
        expect=list(proposal.expect) if proposal else [],
        segment=experiment.segment,
        again=experiment.directive.again,
        members=list(experiment.directive.members),
        pruned_by=experiment.pruned_by,
    )


def _flags(experiment: Experiment) -> set[str]:
    """Give what is to be known beside the status; what a test or a person has settled waits no more."""
    flags = {*experiment.flags, *(experiment.decision.flags if experiment.decision else ())}
    flags.update(flag for sample in experiment.samples for flag in sample.flags)
    settled = {"provisional"} if experiment.tested_by is not None else set()
    settled |= {NEEDS_REVIEW} if experiment.review is not None else set()
    more = {"checkpoint": bool(experiment.tests), "taken_out": experiment.taken_out}
    return (flags - settled) | {flag for flag, is_set in more.items() if is_set}


def _back_to(state: CampaignState, experiment: Experiment) -> float | None:
    """Give the value that the best so far went back to after a checkpoint test; None when it did not go back."""
    if not experiment.refuted:
        return None
    means = measure(experiment.of_side(Side.INCUMBENT)).means()
    return means.get(_primary_of_segment(state, experiment.segment))


def tries_of(experiment: Experiment) -> list[Row]:
    """Give what came before the change was mended, one row a try: how it ended, and the commit where it made one."""
    return [
        {
            "outcome": one.outcome.value,
            "detail": one.detail,
            "description": one.proposal.description if one.proposal else "",
            "commit": one.candidate.commit if one.candidate else None,
            "samples": len(one.samples),
        }
        for one in experiment.tries
    ]


def _primary_of_segment(state: CampaignState, k: int) -> str:
    return next((segment.primary for segment in reversed(state.segments) if segment.k == k), "")


def _row(**given: Any) -> Row:
    return {
        "n": 0,
        "commit": None,
        "parent": None,
        "timestamp": "",
        "status": "",
        "flags": [],
        "metric": None,
        "metrics": {},
        "description": "",
        "hypothesis": "",
        "asi": {},
        "effect": None,
        "samples": 0,
        "diff_lines": 0,
        "wall_time_s": 0.0,
        "tokens": Tokens().model_dump(),
        "tokens_used": None,
        "requests": None,
        "repairs": 0,
        "cost_usd": None,
        "cost_usd_total": None,
        "again": None,
    } | given


def _sum(costs: Iterable[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
