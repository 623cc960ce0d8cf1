"""Confirmations in the state: what their records change, what a status says of the last one, and what a new one needs to know."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from autoexp.campaign.amounts import cost_of_runs, plus
from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun
from autoexp.campaign.confirmations import Confirmation, next_round, pairs
from autoexp.campaign.counting import sampled
from autoexp.campaign.events import Record
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import derived_seed
from autoexp.experiment.confirmation import Ablation

SEEDS = 2**31
_FOLDERS = "confirmation-"


def noted(
    state: CampaignState, event: ConfirmationBegun | ConfirmationRun | ConfirmationEnded, record: Record
) -> CampaignState:
    """Give the state after a record of a confirmation. Its runs count in the totals, like all others."""
    match event:
        case ConfirmationBegun():
            return _begun(state, event, record.wall)
        case ConfirmationRun():
            return _run(state, event, record.wall)
        case ConfirmationEnded():
            return _ended(state, event, record.wall)


def _begun(state: CampaignState, event: ConfirmationBegun, wall: float) -> CampaignState:
    if state.segment is None or state.segment.headline is None:
        return state
    opened = Confirmation(event, state.segment.headline, wall)
    return replace(state, confirming=opened, confirmations=max(state.confirmations, event.c))


def _run(state: CampaignState, event: ConfirmationRun, wall: float) -> CampaignState:
    cost = plus(state.cost_usd, cost_of_runs((event.sample,)))
    state = replace(state, counts=sampled(state.counts, event.sample), cost_usd=cost)
    opened = state.confirming
    if opened is None or opened.begun.c != event.c:
        return state
    slim = event.model_copy(update={"sample": event.sample.model_copy(update={"items": {}})})
    return replace(state, confirming=replace(opened, runs=(*opened.runs, slim), when=wall))


def _ended(state: CampaignState, event: ConfirmationEnded, wall: float) -> CampaignState:
    opened = state.confirming
    if opened is None or opened.begun.c != event.c:
        return state
    ended = replace(opened, ended=event, when=wall)
    ablation = ended if event.ablations else state.ablation
    return replace(state, confirming=None, confirmation=ended, ablation=ablation)


def left_in_the_middle(state: CampaignState) -> CampaignState:
    """As a session begins: a round that the one before it has left counts no more, unless numbers repeat anyway."""
    opened = state.confirming
    if opened is None or not opened.runs or opened.begun.enough is not None:
        return state
    last, due = opened.runs[-1].round, next_round(opened)
    if due is None or due[0] != last:
        return state
    return replace(state, confirming=replace(opened, broken=(*opened.broken, last)))


def order(seed: int, number: int, arms: tuple[int, ...]) -> tuple[int, ...]:
    """Give the arms of a round in random order: the same again for the same seed."""
    return tuple(sorted(arms, key=lambda arm: derived_seed(seed, "order", number, arm)))


def fresh_seed(seed: int, number: int, *, used: frozenset[int]) -> int:
    """Give the AUTOEXP_SEED of a round: the same for all of its trees, and none that a sample had before."""
    found = (derived_seed(seed, "confirmation", number, attempt) % SEEDS for attempt in count())
    return next(one for one in found if one not in used)


def seeds_taken(state: CampaignState) -> frozenset[int]:
    """Give every seed that a sample of the campaign had, but for those of the confirmation that is not at its end."""
    seeds = {sample.seed for segment in state.segments for sample in segment.samples}
    for one in state.experiments:
        held = one.holdout.samples if one.holdout else ()
        tried = (sample for attempt in one.tries for sample in attempt.samples)
        seeds.update(sample.seed for sample in (*one.samples, *one.void, *held, *tried))
    seeds.update(sample.seed for sample in (state.held_out.samples if state.held_out else ()))
    seeds.update(run.sample.seed for run in (state.confirmation.runs if state.confirmation else ()))
    return frozenset(seed for seed in seeds if seed is not None)


def folder_of(c: int) -> str:
    """Name the folder of what the runs of a confirmation printed."""
    return f"{_FOLDERS}{c}"


def is_unmasked(state: CampaignState, folder: str) -> bool:
    """Tell whether a folder may hold what a run printed that nobody saw end: that of a confirmation which is not at its end."""
    c = folder.removeprefix(_FOLDERS)
    if c == folder or not c.isdecimal():
        return False
    opened = state.confirming.begun.c if state.confirming is not None else None
    return int(c) == opened or int(c) > state.confirmations


def is_stale(state: CampaignState) -> bool:
    """Tell whether the last confirmation is of another best so far than the present one, or of numbers that compare no more."""
    return state.confirmation is not None and not _is_of_now(state, state.confirmation)


def _is_of_now(state: CampaignState, found: Confirmation) -> bool:
    is_of_segment = state.segment is not None and found.begun.segment == state.segment.k
    return is_of_segment and found.best.commit == state.incumbent.commit


def is_pruned(state: CampaignState) -> bool:
    """Tell whether the best so far is what a prune has left: the in-loop gain is then without what the pruned keeps had claimed."""
    made_it = state.experiments.numbered(state.incumbent.n) if state.ablation and state.incumbent.n else None
    return made_it is not None and made_it.directive.takes_out


def ablations(state: CampaignState) -> tuple[Ablation, ...]:
    """Give what the keeps of the best so far add, also where a prune has taken others out since; none where that is not known."""
    found = state.ablation
    if found is None or found.ended is None or state.segment is None or found.begun.segment != state.segment.k:
        return ()
    if found.best.commit == state.incumbent.commit:
        return found.ended.ablations
    made_it = state.experiments.numbered(state.incumbent.n)
    if made_it is None or not made_it.directive.takes_out or made_it.parent != found.best.commit:
        return ()
    return tuple(one for one in found.ended.ablations if one.n not in made_it.directive.members)


def as_data(state: CampaignState) -> dict[str, Any]:
    """Give what a status says: the confirmed gain while it is that of the best so far, the last confirmation, and one that is not at its end."""
    last, opened = state.confirmation, state.confirming
    gain = last.ended.gain if last is not None and last.ended is not None and not is_stale(state) else None
    return {
        "confirmed_gain": gain.model_dump(include={"gain", "low", "high"}) if gain else None,
        "confirmation": _data(state, last, stale=is_stale(state)) if last is not None else None,
        "confirming": {"pairs": len(pairs(opened)), "of": opened.wanted, "source": opened.begun.source}
        if opened is not None and _is_of_now(state, opened)
        else None,
    }


def _data(state: CampaignState, found: Confirmation, *, stale: bool) -> dict[str, Any]:
    ended, begun = found.ended or ConfirmationEnded(c=found.begun.c), found.begun
    return {
        "c": begun.c,
        "pairs": len(pairs(found)),
        "source": begun.source,
        "level": begun.level,
        "gain": ended.gain.model_dump(include={"gain", "low", "high"}) if ended.gain else None,
        "commit": found.best.commit,
        "experiment": begun.n,
        "stale": stale,
        "runs": len(found.runs),
        "ablations": [
            {**one.model_dump(mode="json"), "description": _description(state, one.n)} for one in ablations(state)
        ],
        "worth": begun.worth,
        "when": datetime.fromtimestamp(found.when, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "detail": ended.detail,
    }


def _description(state: CampaignState, n: int) -> str:
    found = state.experiments.numbered(n)
    return found.description if found else ""
