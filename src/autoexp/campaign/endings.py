"""How an experiment ended: whether that says something about its change, what was measured, and what was in its way."""

from collections.abc import Iterable

from autoexp.campaign.experiments import Experiment
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome

CLEARLY_WORSE = -0.005
"""An effect of this size against a change is a dead end of its own, if nobody kept it."""

_CONSTRAINTS = {
    Outcome.CHECKS_FAILED: "checks",
    Outcome.OUT_OF_SCOPE: "scope",
    Outcome.TAMPERED: "tampering",
    Outcome.OOM: "memory",
    Outcome.TIMEOUT: "time",
    Outcome.CRASH: "crash",
    Outcome.BAD_METRIC: "metric lines",
}
_FAILURES = frozenset({*CRASHES, Outcome.CHECKS_FAILED})


def decided(experiments: Iterable[Experiment]) -> tuple[Experiment, ...]:
    """Give those that say something about a change: not undecided ones, checkpoint tests, or what only takes out."""
    return tuple(one for one in experiments if is_decided(one))


def is_decided(experiment: Experiment) -> bool:
    """Tell whether an experiment says something about a change."""
    return experiment.outcome not in UNDECIDED and not experiment.tests and not experiment.directive.takes_out


def effect_of(experiment: Experiment) -> float | None:
    """Give what was measured, as a fraction of the baseline; None where nothing was."""
    return experiment.decision.effect if experiment.decision else None


def constraint(experiment: Experiment) -> str:
    """Name what an experiment ran against, in words of the contract; empty when nothing was in its way."""
    if experiment.decision is not None and experiment.decision.guard is not None:
        guard = experiment.decision.guard
        return f"guard {guard.metric} ({guard.bound})"
    return _CONSTRAINTS.get(experiment.outcome, "") if experiment.outcome else ""


def is_worse(experiment: Experiment) -> bool:
    """Tell whether a change by itself made things clearly worse."""
    effect = effect_of(experiment)
    return effect is not None and effect <= CLEARLY_WORSE and not experiment.kept and not constraint(experiment)


def has_failed(experiment: Experiment) -> bool:
    """Tell whether a command failed and said something."""
    return experiment.outcome in _FAILURES and bool(experiment.detail.strip())
