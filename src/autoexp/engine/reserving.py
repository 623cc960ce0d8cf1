"""What is set aside of the budget before a proposer is asked, and what a person is told when a cap cannot be kept."""

from typing import TypeVar

from autoexp.campaign.amounts import KINDS, untold
from autoexp.campaign.events import Noted
from autoexp.campaign.money import amount, usual, usual_runs
from autoexp.campaign.views import Repair
from autoexp.engine.briefing import brief_of
from autoexp.engine.workshop import Workshop
from autoexp.experiment.records import Directive, Reserve

T = TypeVar("T", int, float)

_NAMED = {"cost_usd": "cost", "tokens": "tokens", "requests": "requests"}
_MENDS = {
    "cost_usd": "name a price (price of a model, cost_usd in the last line of a command), or cap tokens, requests or experiments",
    "tokens": "let the proposer say its tokens in its last line, or cap experiments",
    "requests": "let the proposer say its requests in its last line, or cap experiments",
}


def reserve(shop: Workshop, directive: Directive, *, repair: Repair | None = None) -> Reserve:
    """Give what an experiment will probably use at most: the proposer's own estimate, or the largest of the last ones.

    What runs of the harness cost goes on top of an estimate, for a proposer does not know it. Nobody is asked for a checkpoint test, or for
    an accepted or interrupted change, unless that is to be mended.
    """
    runs = usual_runs(shop.state)
    if directive.operator == "confirm" or directive.by_person or (directive.again is not None and repair is None):
        return Reserve(cost_usd=runs, tokens=0, requests=0)
    seen = usual(shop.state)
    estimate = getattr(shop.proposer, "estimate", None)
    own = estimate(brief_of(shop.state, directive, shop.contract, repair=repair)) if estimate else None
    if own is None:
        return seen
    cost = None if own.cost_usd is None else own.cost_usd + (runs or 0.0)
    return Reserve(
        cost_usd=_larger(cost, seen.cost_usd, free=own.cost_usd == 0),
        tokens=_larger(own.tokens, seen.tokens, free=own.tokens == 0),
        requests=seen.requests if own.requests is None else own.requests,
    )


def _larger(own: T | None, seen: T | None, *, free: bool) -> T | None:
    """Give the larger of two guesses, for neither is sure; what is paid for already costs what is said."""
    if own is None or seen is None or free:
        return seen if own is None else own
    return max(own, seen)


def tell_untold(shop: Workshop) -> None:
    """Put on record, once in a session, that a cap cannot be kept because nobody says what the last experiment used."""
    last = next(reversed(shop.state.experiments), None)
    if last is None:
        return
    for kind in KINDS:
        cap = getattr(shop.spec.budget, kind)
        if cap is None or kind in shop.told or not untold(last, kind):
            continue
        shop.told.add(kind)
        shop.record(
            Noted(
                text=f"the cap of {amount(kind, cap)} (budget.{kind}) cannot be kept: nobody said the {_NAMED[kind]} of experiment "
                f"{last.n}; {_MENDS[kind]}"
            )
        )
