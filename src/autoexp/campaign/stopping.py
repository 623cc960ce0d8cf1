"""When to stop: budgets, streaks, the plateau and the target, as functions of the state."""

from collections.abc import Iterator
from dataclasses import dataclass

from autoexp.campaign.amounts import Kind
from autoexp.campaign.convergence import gains, plateau, streak, target_reached
from autoexp.campaign.events import StopReason
from autoexp.campaign.money import shortages
from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Reserve
from autoexp.spec.budget import BudgetSection

MAX_ERRORS_IN_ROW = 3
_LONGEST_DETAIL = 300

_REASONS: dict[Kind, StopReason] = {"cost_usd": "cost", "tokens": "tokens", "requests": "requests"}


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the campaign ends here, and what a person can do about it where it cannot go on alone."""

    reason: StopReason
    detail: str
    fix: str = ""


def stop_rule(state: CampaignState, budget: BudgetSection) -> Stop | None:
    """Give the first rule that ends the campaign, or None."""
    return _failing(state) or _target(state, budget) or used_up(state, budget) or _plateau(state, budget)


def used_up(state: CampaignState, budget: BudgetSection) -> Stop | None:
    """Give the first budget or streak that is used up, or None. It holds whatever the metrics of the contract became."""
    return _failing(state) or next(_used_up(state, budget), None)


def too_dear(
    state: CampaignState, budget: BudgetSection, need: Reserve, *, doing: str = "an experiment takes"
) -> Stop | None:
    """Give the cap that what is begun next would probably pass, judging by what is set aside for it, or None."""
    return next((Stop(_REASONS[one.kind], one.detail) for one in shortages(state, budget, need, doing=doing)), None)


def _failing(state: CampaignState) -> Stop | None:
    counts = state.counts
    if counts.proposer_errors_in_row >= MAX_ERRORS_IN_ROW:
        return Stop(
            "error",
            f"the proposer failed {counts.proposer_errors_in_row} times in a row{_last(state, Outcome.PROPOSER_ERROR)}",
        )
    if counts.infra_errors_in_row >= MAX_ERRORS_IN_ROW:
        return Stop(
            "error",
            f"the machine failed {counts.infra_errors_in_row} experiments in a row{_last(state, Outcome.INFRA_ERROR)}",
        )
    return None


def _last(state: CampaignState, outcome: Outcome) -> str:
    """Give what was said of the last experiment that ended so."""
    details = (one.detail for one in reversed(state.knowledge.recent) if one.outcome is outcome)
    said = " ".join(next(details, "").split())
    return f", the last time: {said[:_LONGEST_DETAIL]}" if said else ""


def _target(state: CampaignState, budget: BudgetSection) -> Stop | None:
    if budget.target is None or state.segment is None or not target_reached(state, budget.target):
        return None
    primary = state.segment.primary
    value = state.incumbent.measurement.means()[primary]
    return Stop("target", f"{primary} is at {value:g}, and the target is {budget.target:g}")


def _used_up(state: CampaignState, budget: BudgetSection) -> Iterator[Stop]:
    counts = state.counts
    if budget.experiments is not None and counts.decided >= budget.experiments:
        yield Stop("experiments", f"{counts.decided} of {budget.experiments} experiments are done")
    yield from (Stop(_REASONS[one.kind], one.detail) for one in shortages(state, budget))
    if budget.wall_clock_s is not None and state.active_s >= budget.wall_clock_s:
        yield Stop("wall_clock", f"{state.active_s:.0f} s of {budget.wall_clock_s:.0f} s are used")
    if budget.consecutive_crashes is not None and counts.crashes_in_row >= budget.consecutive_crashes:
        yield Stop("crashes", f"{counts.crashes_in_row} crashes in a row")
    if budget.consecutive_discards is not None and streak(state) >= budget.consecutive_discards:
        yield Stop("discards", f"{streak(state)} experiments in a row without a keep")


def _plateau(state: CampaignState, budget: BudgetSection) -> Stop | None:
    rule = budget.plateau
    if rule is None or not plateau(state, rule.window, rule.min_gain):
        return None
    gained = f"the last {rule.window} experiments gained {_percent(sum(gains(state, last=rule.window)))}"
    return Stop("plateau", f"{gained}, less than {_percent(rule.min_gain)}" if rule.min_gain else gained)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
