"""The service behind a proposer is away for a while: wait, say so, ask again. An experiment is never burned by it."""

import time
from collections.abc import Callable

from autoexp.campaign.events import Waiting
from autoexp.campaign.stopping import used_up
from autoexp.campaign.views import derived_seed
from autoexp.engine.mirror import LONG_WAIT_S, keep_tail
from autoexp.engine.requests import answer_requests
from autoexp.engine.workshop import Workshop
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, ProposerFailed, Unavailable

FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_ASKED_S = 1.0, 300.0, 86_400.0
SOONEST_S = 0.05
"""A service that asks for no wait at all gets this, doubled each time."""
PATIENCE_S = 86_400.0
"""How long a service may be away before the campaign pauses; a proposer's `patience_s` says otherwise."""
_POLL_S = 0.1
_NOTHING_USED = Proposal(cost_usd=0.0, tokens=Tokens(input=0, cached=0, output=0), requests=0)
"""What a stop during a wait leaves: the last request was refused, and no other is on its way."""


class GivenUp(Exception):  # noqa: N818  the campaign rests, nothing is wrong with it
    """The proposer's service does not serve, and waiting does not help: what was said, and the mend. No mend: a budget is used up.

    `said` is what the last request used all the same.
    """

    def __init__(self, reason: str, *, fix: str = "", said: Proposal | None = None) -> None:
        super().__init__(reason)
        self.fix = fix
        self.said = said


def patiently(shop: Workshop, n: int, ask: Callable[[], Proposal], *, doing: str) -> Proposal:
    """Ask until the service behind the proposer has answered.

    Raises what the proposer raises, weather aside: GivenUp when its service refuses to serve, has been away for longer than its patience,
    or a budget is used up meanwhile; ProposerFailed when the session is to stop.
    """
    row, waited_s = 0, 0.0
    while True:
        try:
            return ask()
        except AccessRefused as refused:
            raise GivenUp(str(refused), fix=refused.fix, said=refused.said) from refused
        except Unavailable as away:
            row += 1
            wait_s = wait_for(row, away.retry_after_s, seed=derived_seed(shop.state.seed, "wait", n, row))
            patience_s = float(getattr(shop.proposer, "patience_s", PATIENCE_S))
            if waited_s + wait_s > patience_s:
                fix = "run again when it serves; a proposer's `patience` says how long a campaign waits for it"
                raise GivenUp(f"after {waited_s:.0f} s of waiting, still: {away}", fix=fix, said=away.said) from away
            wait = Waiting(n=n, kind=away.kind, reason=str(away), wait_s=round(wait_s, 3), row=row, said=away.said)
            shop.record(wait)
            if wait_s >= LONG_WAIT_S:
                keep_tail(shop)
            shop.observer.working(f"experiment {n}: waiting {wait_s:.0f} s, then asking again: {away}")
            in_time = _sleep(shop, wait_s)
            waited_s += wait_s
        if shop.stop():
            raise ProposerFailed(shop.stop.reason, said=_NOTHING_USED)
        if not in_time:
            raise GivenUp("the working time was used up while waiting")
        if ended := used_up(shop.state, shop.spec.budget):
            raise GivenUp(ended.detail)
        shop.observer.working(doing)


def wait_for(row: int, asked_s: float | None, *, seed: int) -> float:
    """Give the seconds before the next request after `row` failures: what the service asked for, or twice as long each time."""
    spread = 1 + 0.2 * (seed % 1000) / 1000  # many campaigns that fail at once do not come back at once
    if asked_s is None:
        return min(FIRST_WAIT_S * 2.0 ** min(row - 1, 20), LONGEST_WAIT_S) * spread
    soonest = min(SOONEST_S * 2.0 ** min(row - 1, 20), LONGEST_WAIT_S)
    return min(max(asked_s, soonest), LONGEST_ASKED_S) * spread


def _sleep(shop: Workshop, seconds: float) -> bool:
    """Wait, but not when somebody wants to stop; False when the budget of working time ended it."""
    limit = shop.spec.budget.wall_clock_s
    left = seconds if limit is None else min(seconds, max(0.0, limit - shop.state.active_s))
    asked = now = shop.clock()
    until = now + left
    while now < until and not shop.stop():
        time.sleep(min(_POLL_S, until - now))
        now = shop.clock()
        if now - asked > 1:
            answer_requests(shop)
            asked = now
    return left == seconds
