"""What `show` tells of one experiment beyond its row: the checks, and the two sides that its effect is of."""

from typing import Any

from autoexp.campaign.state import CampaignState, Experiment, Segment
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.outcome import Outcome


def checks_of(state: CampaignState, experiment: Experiment) -> str:
    """Say whether the checks ran, and what came of it; empty where the contract has none."""
    segment = _segment(state, experiment)
    harness = segment.spec.get("harness") or {} if segment else {}
    if not harness.get("checks"):
        return ""
    if experiment.checks is not None:
        return "passed" if experiment.checks is Outcome.MEASURED else f"failed ({experiment.checks.value})"
    if experiment.tests:
        return "not run: each of the keeps that are tested here has passed them"
    ended = experiment.status or experiment.ruled_status
    return f"not run: it ended before, as {ended}" if ended else "not run yet"


def compared_of(state: CampaignState, experiment: Experiment) -> dict[str, Any] | None:
    """Give what the effect is of: the means and runs of both sides in this experiment, and its metric; None where there is no effect."""
    segment = _segment(state, experiment)
    decision = experiment.decision
    if decision is None or decision.effect is None or segment is None or segment.headline is None:
        return None
    name = decision.metric or segment.primary
    sides = {side: measure(experiment.of_side(side)).metrics.get(name) for side in (Side.CANDIDATE, Side.INCUMBENT)}
    return {
        "metric": name,
        "unit": segment.headline.unit if name == segment.primary else "",
        **{side.value: {"mean": one.mean, "runs": one.count} if one else None for side, one in sides.items()},
    }


def _segment(state: CampaignState, experiment: Experiment) -> Segment | None:
    return next((one for one in state.segments if one.k == experiment.segment), None)
