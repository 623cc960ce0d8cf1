"""A session that confirms: the best so far is measured against the untouched baseline, nothing is proposed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded
from autoexp.campaign.confirmations import to_take_out
from autoexp.campaign.events import Noted, SessionClosed
from autoexp.campaign.members import bundle_of
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.engine.confirming.nobody import Nobody
from autoexp.engine.confirming.rounds import measured
from autoexp.engine.confirming.trees import Wish, asked, is_pruned, on_record, same
from autoexp.engine.contract import Contract
from autoexp.engine.members import bundle, prunable, prune
from autoexp.engine.mirror import keep_tail
from autoexp.engine.naming import counted
from autoexp.engine.recovery import recover
from autoexp.engine.requests import answer_requests
from autoexp.engine.segments import misfit
from autoexp.engine.session import session
from autoexp.engine.tidying import tidy_at_end
from autoexp.engine.unfinished import go_on
from autoexp.engine.watching import Observer
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.experiment.confirmation import Ablation
from autoexp.experiment.outcome import UNDECIDED
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How a session that confirms ended. `ended` is None when it was `stopped`, in words, before it had an answer.

    `pruned` and `bundled` are the experiments that were made on the way, `out` what the ablation had said of the keeps that the former took out;
    `held` are keeps that nothing supports, and that cannot be taken out.
    """

    state: CampaignState
    ended: ConfirmationEnded | None
    stopped: str = ""
    interrupted: bool = False
    pruned: Experiment | None = None
    bundled: Experiment | None = None
    out: tuple[Ablation, ...] = ()
    held: tuple[int, ...] = ()


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
        chosen=True,
    ) as shop:
        refuse_unfit(shop)
        if shop.state.open is None and not wish.bundle:
            refuse_unready(shop.state)
        try:
            found = confirmed(shop, wish)
        except CampaignError as error:
            _close(shop, error.what)
            raise
        _close(shop, found.stopped or "the confirmation is at its end")
        return replace(found, state=shop.state)


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


def confirmed(shop: Workshop, wish: Wish) -> Confirmed:
    """Do what is wished for, in order: recover what a killed session left, try a bundle, confirm, take out, confirm again."""
    left = shop.state.open
    with shop.faults.around("start", 0):
        recover(shop, purpose="confirm")
    go_on(shop)
    tried = _prune_of(shop.state, left)
    answer_requests(shop)
    bundled = bundle(shop, bundle_of(shop.state)) if wish.bundle and not shop.stop() else None
    ended = None if shop.stop() else _measured(shop, wish, tried=tried)
    found = Confirmed(shop.state, ended, bundled=bundled)
    if wish.prune and ended is not None and ended.gain is not None:
        found = _pruned(shop, wish, found, tried=tried)
    if found.ended is None or shop.stop():
        return replace(found, ended=None, stopped=shop.stop.reason, interrupted=shop.stop.interrupted)
    return found


def _prune_of(state: CampaignState, left: Experiment | None) -> Experiment | None:
    """Give the prune that the last session left open, and that has an answer now."""
    made = state.experiments.numbered(left.n) if left is not None and left.directive.takes_out else None
    return made if made is not None and made.outcome not in UNDECIDED else None


def _measured(shop: Workshop, wish: Wish, *, tried: Experiment | None) -> ConfirmationEnded | None:
    """Confirm the best so far, with the ablation that is wished for. What is on record already for a prune is not measured once more."""
    refuse_unready(shop.state)
    if is_pruned(shop.state):
        wish = replace(wish, ablate=False, prune=False)
    wanted = asked(shop, wish)
    if wish.prune and (known := on_record(shop.state, wanted, of=tried)) is not None:
        shop.record(Noted(text=f"confirmation {known.c} has left each keep out already: its answers are used"))
        return known
    _begin(shop, wanted)
    return measured(shop)


def _pruned(shop: Workshop, wish: Wish, found: Confirmed, *, tried: Experiment | None) -> Confirmed:
    """Take out together what nothing supports, and confirm what is left on fresh pairs. `tried` was left by the last session."""
    ablations = found.ended.ablations if found.ended else ()
    members = prunable(shop, to_take_out(ablations))
    held = tuple(one.n for one in ablations if one.support == "unsupported" and one.n not in members)
    if not members:
        return replace(found, held=held)
    if (
        tried is not None
        and not tried.kept
        and (tried.parent, tried.directive.members)
        == (
            shop.state.incumbent.commit,
            members,
        )
    ):
        return replace(found, pruned=tried, held=held)
    experiment = prune(shop, members, margin=wish.worth)
    if not experiment.kept or shop.stop():
        return replace(found, pruned=experiment, held=held)
    _begin(shop, asked(shop, replace(wish, ablate=False, prune=False)))
    out = tuple(one for one in ablations if one.n in members)
    return replace(found, ended=measured(shop), pruned=experiment, out=out, held=held)


def _begin(shop: Workshop, wanted: ConfirmationBegun) -> None:
    """Go on with the confirmation that an earlier session has left, if it asks for the same; else begin one."""
    left = shop.state.confirming
    if left is not None and same(left.begun, wanted):
        shop.record(
            Noted(text=f"confirmation {left.begun.c} goes on: {counted(len(left.runs), 'run')} of it on record")
        )
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
