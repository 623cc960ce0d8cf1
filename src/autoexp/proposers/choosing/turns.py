"""When the validator takes its turn: a cheap proposer explores, a strong one proves what is promising."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.campaign.state import Experiment
from autoexp.campaign.views import Brief
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict

DRY = 8


@dataclass(frozen=True, slots=True)
class Turn:
    """Why it is somebody's turn, and what to do with it beyond what the brief says anyway."""

    why: str
    task: str = ""


def turn_of_validator(brief: Brief, *, explore: str, validate: str) -> Turn | None:
    """Say why it is the validator's turn; None when it is the explorer's.

    It reworks what the explorer measured better but could not prove, takes over after 8 experiments of the explorer without a keep, and
    has the experiments in which the brief asks for a review, every tenth.
    """
    decided = [one for one in brief.experiments if _counts(one)]
    if decided and _by(decided[-1]) == explore and (unproven := _unproven(decided[-1], brief)):
        n = decided[-1].n
        task = f"Rework experiment {n}: it measured {unproven}. Keep what made it better, and mend what it lacks or make its gain clear."
        return Turn(f"reworks experiment {n}: {unproven}", task)
    if brief.review:
        return Turn(f"reviews the campaign after {brief.lessons.decided} experiments")
    if _dry(decided, explore, validate) >= DRY:
        return Turn(f"{explore} made {DRY} experiments without a keep")
    return None


def _counts(experiment: Experiment) -> bool:
    """Tell whether an experiment was decided on a change that somebody proposed then."""
    undecided = experiment.outcome is None or experiment.outcome in UNDECIDED
    return not (undecided or experiment.tests or experiment.directive.by_person)


def _by(experiment: Experiment) -> str:
    return next((proposal.proposer for proposal in experiment.proposals), "")


def _unproven(experiment: Experiment, brief: Brief) -> str:
    """Say what a change that measured better lacks; empty when it was not better, or lacks nothing but a person's word."""
    if experiment.kept or experiment.needs_review or not _better(experiment, brief):
        return ""
    if experiment.outcome is Outcome.CHECKS_FAILED:
        return "better, but it failed the checks"
    if experiment.outcome is not Outcome.MEASURED or experiment.decision is None:
        return ""
    if experiment.decision.guard is not None:
        return f"better, but it broke the guard on {experiment.decision.guard.metric}"
    return "better, but inconclusive" if experiment.decision.verdict is Verdict.INCONCLUSIVE else ""


def _better(experiment: Experiment, brief: Brief) -> bool:
    """Tell whether a change measured better than the best so far, by its ruling or by the runs that it got."""
    if experiment.decision is not None and experiment.decision.effect is not None:
        return experiment.decision.effect > 0
    value = measure(experiment.of_side(Side.CANDIDATE)).means().get(brief.primary)
    best = brief.incumbent.get(brief.primary)
    if value is None or best is None:
        return False
    return value < best if brief.direction == "lower" else value > best


def _dry(decided: Sequence[Experiment], explore: str, validate: str) -> int:
    """Count the explorer's experiments since the last keep, or the validator's last turn."""
    row = 0
    for experiment in reversed(decided):
        if experiment.kept or _by(experiment) == validate:
            break
        row += _by(experiment) == explore
    return row
