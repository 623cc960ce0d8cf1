"""A session that confirms: the best so far is measured against the untouched baseline, nothing is proposed."""

from collections.abc import Mapping
from dataclasses import dataclass

from autoexp.campaign.events import ConfirmationEnded, Noted, SessionClosed
from autoexp.campaign.state import CampaignState
from autoexp.engine.confirming.nobody import Nobody
from autoexp.engine.confirming.rounds import measured
from autoexp.engine.confirming.trees import Wish, asked, same
from autoexp.engine.contract import Contract
from autoexp.engine.mirror import keep_tail
from autoexp.engine.recovery import recover
from autoexp.engine.requests import answer_requests
from autoexp.engine.segments import misfit
from autoexp.engine.session import session
from autoexp.engine.tidying import tidy_at_end
from autoexp.engine.unfinished import go_on
from autoexp.engine.watching import Observer
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How a session that confirms ended. `ended` is None when it was `stopped`, in words, before it had an answer."""

    state: CampaignState
    ended: ConfirmationEnded | None
    stopped: str = ""
    interrupted: bool = False


def confirm(
    contract: Contract,
    repository: Repository,
    tag: str,
    *,
    wish: Wish,
    environ: Mapping[str, str],
    observer: Observer | None = None,
    allow_unsandboxed: bool = False,
) -> Confirmed:
    """Confirm the best so far of the campaign `tag`. Raises AutoexpError, also where there is nothing to confirm, or WorldError.

    Stopped by a signal or a request it can go on later: all that was measured is on record.
    """
    with session(
        contract,
        repository,
        tag,
        environ=environ,
        observer=observer,
        allow_unsandboxed=allow_unsandboxed,
        stand_in=Nobody(),
    ) as shop:
        refuse_unfit(shop)
        if shop.state.open is None:
            refuse_unready(shop.state)
        try:
            ended = _confirmed(shop, wish)
        except CampaignError as error:
            _close(shop, str(error.what))
            raise
        stopped = shop.stop.reason if ended is None else ""
        _close(shop, stopped or "the confirmation is at its end")
        return Confirmed(shop.state, ended, stopped=stopped, interrupted=shop.stop.interrupted)


def refuse_unready(state: CampaignState) -> None:
    """Raise CampaignError where nothing was kept, or keeps wait for their test."""
    if state.provisional:
        numbers = ", ".join(map(str, state.provisional))
        raise CampaignError(
            f"keeps wait for their checkpoint test ({numbers}), and may be taken out by it",
            fix="`autoexp run` makes the test before the campaign ends; then confirm",
        )
    if state.incumbent.commit == state.base:
        raise CampaignError(
            "nothing was kept yet, so there is no gain to confirm: the best so far is the untouched baseline",
            fix="`autoexp run` looks for one",
        )


def refuse_unfit(shop: Workshop) -> None:
    """Raise CampaignError where numbers measured now do not compare with those of the open segment."""
    if why := misfit(shop):
        raise CampaignError(
            f"{why} changed since the last numbers were measured, so that a confirmation would be of something else",
            where=f"segment {shop.state.segment.k}" if shop.state.segment else "",
            fix="put it back, or let `autoexp run` open a new segment with it first",
        )


def _confirmed(shop: Workshop, wish: Wish) -> ConfirmationEnded | None:
    with shop.faults.around("start", 0):
        recover(shop, purpose="confirm")
    go_on(shop)
    answer_requests(shop)
    if shop.stop():
        return None
    refuse_unready(shop.state)
    _begin(shop, wish)
    return measured(shop)


def _begin(shop: Workshop, wish: Wish) -> None:
    """Go on with the confirmation that an earlier session has left, if it asks for the same; else begin one."""
    wanted, left = asked(shop, wish), shop.state.confirming
    if left is not None and same(left.begun, wanted):
        shop.record(Noted(text=f"confirmation {left.begun.c} goes on: {len(left.runs)} of its runs are on record"))
        return
    with shop.faults.around("arms", wanted.c):
        shop.record(wanted)


def _close(shop: Workshop, reason: str) -> None:
    """End the session on record, and let git hold what it has found."""
    tidy_at_end(shop)
    with shop.faults.around("close", 0):
        shop.record(SessionClosed(reason=reason))
    keep_tail(shop)
    shop.repository.store_lost()
