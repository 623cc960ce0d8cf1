"""When to stop: budgets and streaks, as a function of the state."""

from collections.abc import Iterator
from dataclasses import dataclass

from autoexp.campaign.events import StopReason
from autoexp.campaign.state import CampaignState
from autoexp.spec.sections import BudgetSection

MAX_ERRORS_IN_ROW = 3


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the campaign ends here."""

    reason: StopReason
    detail: str


def stop_rule(state: CampaignState, budget: BudgetSection) -> Stop | None:
    """Give the first budget or rule that is used up, or None."""
    return next(_rules(state, budget), None)


def _rules(state: CampaignState, budget: BudgetSection) -> Iterator[Stop]:
    counts = state.counts
    if budget.experiments is not None and counts.decided >= budget.experiments:
        yield Stop("experiments", f"{counts.decided} of {budget.experiments} experiments are done")
    if budget.wall_clock_s is not None and state.active_s >= budget.wall_clock_s:
        yield Stop("wall_clock", f"{state.active_s:.0f} s of {budget.wall_clock_s:.0f} s are used")
    if budget.consecutive_crashes is not None and counts.crashes_in_row >= budget.consecutive_crashes:
        yield Stop("crashes", f"{counts.crashes_in_row} crashes in a row")
    if budget.consecutive_discards is not None and counts.discards_in_row >= budget.consecutive_discards:
        yield Stop("discards", f"{counts.discards_in_row} experiments in a row without a keep")
    if counts.proposer_errors_in_row >= MAX_ERRORS_IN_ROW:
        yield Stop("error", f"the proposer failed {counts.proposer_errors_in_row} times in a row")
    if counts.infra_errors_in_row >= MAX_ERRORS_IN_ROW:
        yield Stop("error", f"the machine failed {counts.infra_errors_in_row} experiments in a row")
