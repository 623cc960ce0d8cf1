"""The status of a campaign, as plain data: everything that `autoexp status --json` holds."""

from dataclasses import asdict
from typing import Any

from autoexp.campaign import confirming, looks, tallies
from autoexp.campaign.convergence import improvement_rate, streak, worth
from autoexp.campaign.forecast import forecast, spending
from autoexp.campaign.ideas import counted_ideas
from autoexp.campaign.interruptions import waiting_again
from autoexp.campaign.kinds import as_data
from autoexp.campaign.reviews import unmeasured, waiting
from autoexp.campaign.rows import primary_of
from autoexp.campaign.state import CampaignState, Segment


def summary(state: CampaignState, *, running: bool) -> dict[str, Any]:
    """Give the status. `running` tells whether an engine holds the campaign's lock right now."""
    segment = state.segment
    outlook = worth(state)
    totals = state.knowledge.totals
    return {
        "tag": state.tag,
        "state": _activity(state, running=running),
        "stop_reason": state.stop_reason,
        "stop_detail": state.stop_detail,
        "stop_fix": state.stop_fix,
        "waiting": state.waiting.model_dump(include={"kind", "reason", "wait_s", "row"}) if state.waiting else None,
        "experiments": state.counts.decided,
        "kept": state.counts.kept,
        "provisional": list(state.provisional),
        "taken_out": list(totals.taken_out),
        "needs_review": list(waiting(state)),
        "accepted": list(unmeasured(state)),
        "interrupted": list(waiting_again(state)),
        "open": state.open.n if state.open else None,
        "checkpoint": {"commit": state.checkpoint.commit, "n": state.checkpoint.n} if state.checkpoint else None,
        "checkpoint_tests": {
            "confirmed": totals.confirmed,
            "not_confirmed": totals.refuted,
        },
        "primary": primary_of(state),
        "baseline": state.primary_baseline.means(),
        "incumbent": {
            "commit": state.incumbent.commit,
            "n": state.incumbent.n,
            "metrics": state.incumbent.measurement.means(),
        },
        "samples_used": state.counts.samples,
        **looks.as_data(state),
        "discards_in_row": streak(state),
        "in_loop_gain": state.gain,
        "in_loop_after_prune": confirming.is_pruned(state),
        "improvement_rate": improvement_rate(state),
        "outlook": asdict(outlook) if outlook else None,
        **confirming.as_data(state),
        "false_keep_rate": _rate(segment),
        "expected_false_keeps": state.beliefs.ledger.doubt if state.beliefs.ledger.tested else None,
        "shown_gains": state.beliefs.ledger.kept,
        "cost_usd": state.cost_usd,
        "tokens": state.tokens,
        "requests": state.counts.requests,
        "repairs": state.counts.repairs,
        "waits": state.counts.waits,
        "waited_s": round(state.counts.waited_s, 3),
        "spending": spending(state),
        "forecast": forecast(state),
        "active_s": round(state.active_s, 3),
        "sandbox": dict(state.sandbox),
        "segment": segment.k if segment else None,
        "deterministic": segment.deterministic if segment else None,
        "noise": segment.baseline.noise if segment and segment.baseline else None,
        "statuses": statuses(state),
        "kinds": as_data(state),
        "proposers": tallies.as_data(state),
        "ideas": counted_ideas(state.ideas),
        "hints": list(state.hints),
    }


def statuses(state: CampaignState) -> dict[str, int]:
    """Count the closed experiments by status, checkpoint tests aside."""
    return dict(sorted(state.knowledge.totals.statuses.items()))


def _rate(segment: Segment | None) -> float | None:
    """Give the share of keeps that may be false, where a rule keeps to one."""
    decision = segment.spec.get("decision", {}) if segment and not segment.deterministic else {}
    rate: float | None = decision.get("false_keep_rate") if decision.get("method") == "sequential" else None
    return rate


def _activity(state: CampaignState, *, running: bool) -> str:
    if running:
        return "running"
    if state.stop_reason == "error":
        return "paused"
    return "stopped" if state.stop_reason else "idle"
