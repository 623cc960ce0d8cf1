"""Interrupted changes: which one is to be measured again without asking its proposer, and when it is given up."""

from autoexp.campaign.experiments import Experiment
from autoexp.campaign.learning import numbered
from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Directive

MOST_IN_ROW = 3
"""A change that was interrupted so often in a row is given up: it may be what ends the process."""


def to_measure_again(state: CampaignState) -> Directive | None:
    """Give what was asked for when an interrupted change was proposed, to be done once more with the change that is there.

    None when there is none, when the best so far is not its parent any more, or the scope is another one: then a proposer is asked anew.
    """
    row = interrupted_in_row(state)
    if not row or len(row) >= MOST_IN_ROW or _change_in(row) is None:
        return None
    last = row[0]
    if last.parent != state.incumbent.commit or _scope(state, last.segment) != _scope(state, None):
        return None
    return last.directive.model_copy(update={"again": last.n})


def is_given_up(state: CampaignState, last: Experiment) -> bool:
    """Tell whether an experiment that was just interrupted was the last chance of its change. To be called before or after it is closed."""
    return last.outcome is Outcome.INTERRUPTED and len(_row_up_to(state, last)) >= MOST_IN_ROW


def interrupted_in_row(state: CampaignState) -> tuple[Experiment, ...]:
    """Give the experiments, newest first, in which one change was interrupted again and again until now; none when it got a verdict."""
    proposed = (one for one in reversed(state.experiments) if not one.tests and not one.directive.by_person)
    return _row_up_to(state, next(proposed, None))


def change_of(state: CampaignState, n: int) -> Experiment | None:
    """Give the experiment that holds the change which experiment `n` had, or was to measure again; None where there is none."""
    return _change_in(_row_up_to(state, numbered(state, n)))


def mended_before(state: CampaignState, again: int | None) -> int:
    """Count how often a change that is measured again was mended in the experiments before; what never came of a request is none."""
    return sum(one.repairs - is_unmended(one) for one in _row_up_to(state, numbered(state, again)))


def is_unmended(experiment: Experiment) -> bool:
    """Tell whether a proposer was asked to mend its change and no candidate has come of it: the one that is there is known to fail."""
    return experiment.mending or experiment.candidate in [one.candidate for one in experiment.tries if one.candidate]


def measured_again_by(state: CampaignState, n: int) -> int | None:
    """Give the number of the experiment that measured an interrupted one again; None when there is none."""
    candidates = (*((state.open,) if state.open else ()), *reversed(state.experiments))
    return next((one.n for one in candidates if one.n > n and one.directive.again == n), None)


def waiting_again(state: CampaignState) -> tuple[int, ...]:
    """Give the number of the interrupted experiment that the next session measures again, if there is one."""
    directive = to_measure_again(state)
    return () if directive is None or directive.again is None or state.open is not None else (directive.again,)


def _row_up_to(state: CampaignState, last: Experiment | None) -> tuple[Experiment, ...]:
    row = []
    while last is not None and last.outcome is Outcome.INTERRUPTED:
        row.append(last)
        last = numbered(state, last.directive.again)
    return tuple(row)


def _change_in(row: tuple[Experiment, ...]) -> Experiment | None:
    """Give the last one with a change and the words of its proposer; what is known of a change by its ref alone is not enough."""
    return next((one for one in row if one.candidate is not None and one.proposal is not None), None)


def _scope(state: CampaignState, k: int | None) -> object:
    segment = state.segment if k is None else next((one for one in reversed(state.segments) if one.k == k), None)
    return segment.spec.get("scope") if segment else None
