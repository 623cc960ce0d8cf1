"""The loop, as a list of verbs. Everything above one experiment happens here."""

from collections.abc import Callable

from autoexp.campaign.checkpoints import due
from autoexp.campaign.events import SessionClosed, Stopped
from autoexp.campaign.interruptions import to_measure_again
from autoexp.campaign.looks import due_at_end
from autoexp.campaign.reviews import asked_for
from autoexp.campaign.state import CampaignState
from autoexp.campaign.stopping import Stop, stop_rule, too_dear, used_up
from autoexp.campaign.views import View
from autoexp.engine.attempt import attempt
from autoexp.engine.conclude import show_branch_at_end
from autoexp.engine.holding_at_end import hold_out_at_end
from autoexp.engine.mirror import keep_tail
from autoexp.engine.printed import mask_output
from autoexp.engine.recovery import recover
from autoexp.engine.requests import answer_requests
from autoexp.engine.reserving import reserve, tell_untold
from autoexp.engine.segments import ensure_segment
from autoexp.engine.tidying import tidy_at_end, tidy_on_the_way
from autoexp.engine.unfinished import go_on
from autoexp.engine.weather import GivenUp
from autoexp.engine.workshop import Workshop
from autoexp.errors import WorldError
from autoexp.ports import NothingLeft
from autoexp.spec.budget import BudgetSection


def run(shop: Workshop, *, experiments: int | None = None) -> Stop | None:
    """Work until a rule, a person, the proposer or a full disk ends it, or `experiments` more are decided (then None).

    Provisional keeps are tested in between, and before the campaign ends by a rule; then the holdout has the last word.
    """
    try:
        stop = _worked(shop, experiments)
        shop.room.refuse_spent()
    except (WorldError, OSError) as error:
        mask_output(shop, shop.state.open.n if shop.state.open else 0)
        if (full := shop.room.full(error)) is None:
            raise
        stop = Stop("error", str(full), full.fix)
    _close(shop, stop)
    return stop


def _worked(shop: Workshop, experiments: int | None) -> Stop | None:
    with shop.faults.around("start", 0):
        recover(shop)
    goal = None if experiments is None else shop.state.counts.decided + experiments
    go_on(shop)
    stop = _ended(shop, used_up)  # before the segment fits the contract, its numbers prove nothing
    if stop is None or due(shop.state, shop.spec, stop=stop) or due_at_end(shop.state, shop.spec, stop=stop):
        ensure_segment(shop)
        stop = _tested(shop, _ended(shop, stop_rule))
    while stop is None and (goal is None or shop.state.counts.decided < goal):
        stop = _tested(shop, _ended(shop, stop_rule) or _next(shop))
        tidy_on_the_way(shop)
    hold_out_at_end(shop, stop)
    tidy_at_end(shop)
    return stop


def _ended(shop: Workshop, rule: Callable[[CampaignState, BudgetSection], Stop | None]) -> Stop | None:
    answer_requests(shop)
    return Stop("user", shop.stop.reason) if shop.stop() else rule(shop.state, shop.spec.budget)


def _next(shop: Workshop) -> Stop | None:
    waiting = to_measure_again(shop.state) or asked_for(shop.state)
    directives = [waiting] if waiting else shop.strategy.ask(View(shop.state), free_slots=1)
    if not directives:
        return Stop("exhausted", "the strategy has nothing left to ask for")
    for directive in directives:
        reserved = reserve(shop, directive)
        if stop := too_dear(shop.state, shop.spec.budget, reserved):
            return stop
        try:
            attempt(shop, directive, reserved=reserved)
            tell_untold(shop)
        except NothingLeft as nothing:
            return Stop("exhausted", str(nothing) or "the proposer has nothing left to propose")
        except GivenUp as given_up:
            return Stop("error", str(given_up), given_up.fix) if given_up.fix else None  # else a budget says why
    return None


def _tested(shop: Workshop, stop: Stop | None) -> Stop | None:
    """Make the checkpoint test that is due, once more if it ended without a verdict.

    Whether the campaign ends is asked again afterwards: without the keeps that were taken out a rule may hold no longer.
    """
    while (test := due(shop.state, shop.spec, stop=stop)) is not None:
        attempt(shop, test)
        stop = _ended(shop, stop_rule) or (stop if stop and stop.reason == "exhausted" else None)
    return stop


def _close(shop: Workshop, stop: Stop | None) -> None:
    """End the session on record. An interrupted campaign is not stopped: it only rests."""
    if stop is None or stop.reason != "error":
        show_branch_at_end(shop)
    if stop is not None and not shop.stop.interrupted:
        with shop.faults.around("stopped", 0):
            shop.record(Stopped(reason=stop.reason, detail=stop.detail, fix=stop.fix))
    with shop.faults.around("close", 0):
        shop.record(SessionClosed(reason=stop.detail if stop else "the number of experiments asked for is reached"))
    keep_tail(shop)
    shop.repository.store_lost()
