"""Looks at the holdout: how many there were, and the last one, as a rule ends the campaign."""

from itertools import pairwise
from typing import Any

from autoexp.campaign.amounts import cost_of_runs, plus
from autoexp.campaign.checkpoints import UNTESTED_ENDS
from autoexp.campaign.confirmation_events import HeldOutAtEnd
from autoexp.campaign.counting import held_out
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.campaign.stopping import Stop
from autoexp.spec.model import Spec

MANY, ITEMS_A_LOOK = 20, 10
"""Looks from which on a person is told that each lets a little of the holdout through; or, where it names its items, these for each look."""

_FOLDERS = "end-"


def due_at_end(state: CampaignState, spec: Spec, *, stop: Stop | None) -> bool:
    """Tell whether the holdout has to run before `stop` ends the campaign: something was kept since it did, or it gave no answer.

    A person does not want to wait for it, and a failing machine cannot run it.
    """
    if stop is None or stop.reason in UNTESTED_ENDS or spec.harness.holdout is None or state.segment is None:
        return False
    if state.incumbent.commit == baseline_commit(state):
        return False
    known = state.held_out
    return known is None or known.passed is None or not _fits(state, known)


def baseline_commit(state: CampaignState) -> str:
    """Give the commit that the gain of the campaign is over: where it began, or where its metric was changed last."""
    changed = (after.commit for before, after in pairwise(state.segments) if before.goal != after.goal)
    return [state.base, *changed][-1]


def folder_of(n: int) -> str:
    """Name the folder of what the holdout at the end printed; `n` is the experiment that made the best so far."""
    return f"{_FOLDERS}{n}"


def is_unmasked(state: CampaignState, folder: str) -> bool:
    """Tell whether a folder may hold what a holdout at the end printed that came to no end: nobody has taken the secrets out of it."""
    ended = {folder_of(state.held_out.n)} if state.held_out is not None else set()
    return folder.startswith(_FOLDERS) and folder not in ended


def many(state: CampaignState) -> bool:
    """Tell whether there were many looks for the size of what is held out.

    Whoever sees k words, passed or failed, can choose among 2^k candidates: on n items the best of them may look better than it is by up to
    sqrt(k ln 2 / 2n) of the range of a score (Hoeffding's bound for all of them). With ten items a look that is 0.19.
    """
    looks, items = state.counts.holdouts, state.counts.held_out_items
    return looks * ITEMS_A_LOOK > items if items else looks >= MANY


def noted(state: CampaignState, event: HeldOutAtEnd) -> CampaignState:
    """Give the state after the holdout at the end: its runs count in the totals, and it is one look more."""
    counts, cost = held_out(state.counts, event), plus(state.cost_usd, cost_of_runs(event.samples))
    return replace(state, held_out=event, counts=counts, cost_usd=cost)


def as_data(state: CampaignState) -> dict[str, Any]:
    """Give what a status says: the looks, and the holdout at the end while it is about the best so far."""
    known = state.held_out
    current = known is not None and known.passed is not None and _fits(state, known)
    return {
        "holdout_looks": state.counts.holdouts,
        "holdout_looks_many": many(state),
        "holdout_items": state.counts.held_out_items or None,
        "holdout_end": known.model_dump(include={"gain", "claimed", "passed", "detail"}) if known and current else None,
    }


def _fits(state: CampaignState, known: HeldOutAtEnd) -> bool:
    """Tell whether it was about the best so far, and numbers that compare with those of today."""
    here = state.segment.k if state.segment else None
    return (known.commit, known.baseline, known.segment) == (state.incumbent.commit, baseline_commit(state), here)
