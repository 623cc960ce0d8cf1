"""When to stop: budgets and streaks, as a function of the state."""

from dataclasses import dataclass

from autoexp.campaign.events import StopReason
from autoexp.campaign.state import CampaignState
from autoexp.spec.sections import BudgetSection

MAX_PROPOSER_ERRORS_IN_ROW = 3


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the campaign ends here."""

    reason: StopReason
    detail: str


def stop_rule(state: CampaignState, budget: BudgetSection) -> Stop | None:
    """Give the first budget or rule that is used up, or None."""
    counts = state.counts
    if budget.experiments is not None and counts.decided >= budget.experiments:
        return Stop("experiments", f"{counts.decided} of {budget.experiments} experiments are done")
    if budget.wall_clock_s is not None and state.active_s >= budget.wall_clock_s:
        return Stop("wall_clock", f"{state.active_s:.0f} s of {budget.wall_clock_s:.0f} s are used")
    if budget.consecutive_crashes is not None and counts.crashes_in_row >= budget.consecutive_crashes:
        return Stop("crashes", f"{counts.crashes_in_row} crashes in a row")
    if budget.consecutive_discards is not None and counts.discards_in_row >= budget.consecutive_discards:
        return Stop("discards", f"{counts.discards_in_row} experiments in a row without a keep")
    if counts.proposer_errors_in_row >= MAX_PROPOSER_ERRORS_IN_ROW:
        return Stop("error", f"the proposer failed {counts.proposer_errors_in_row} times in a row")
    return None
