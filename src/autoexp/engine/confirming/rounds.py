"""The runs of a confirmation, round by round in random order, each on record before the next one begins."""

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun
from autoexp.campaign.confirmations import BASELINE, BEST, ablations_of, gain_of, next_round, pairs
from autoexp.campaign.confirming import folder_of, fresh_seed, order, seeds_taken
from autoexp.engine.confirming.trees import name_of
from autoexp.engine.requests import answer_requests
from autoexp.engine.sampling import on_channel, valued
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome

PATHS_NAMED = 10
SIDES = {BASELINE: Side.BASELINE, BEST: Side.INCUMBENT}


def measured(shop: Workshop) -> ConfirmationEnded | None:
    """Take every run that the open confirmation lacks, and put on record what they say; None when it was stopped before.

    A run of the baseline or the best so far that does not pass ends it: then there is no gain, and `detail` says why.
    """
    used = seeds_taken(shop.state)
    while (opened := shop.state.confirming) is not None and (due := next_round(opened)) is not None:
        number, arms = due
        shop.room.refuse_short()
        for at in order(opened.begun.seed, number, arms):
            taken = _run(shop, opened.begun, number, at, used=used)
            if taken is None:
                return None
            if at <= BEST and taken.outcome is not Outcome.MEASURED:
                break
        shop.repository.store_lost()
        answer_requests(shop)
        if shop.stop():
            return None
    return _end(shop)


def _run(shop: Workshop, begun: ConfirmationBegun, number: int, at: int, *, used: frozenset[int]) -> Sample | None:
    """Run one tree and record it; None when somebody wants to stop: a run that was cut short is none."""
    opened = shop.state.confirming
    done, wanted = (len(pairs(opened)), opened.wanted) if opened else (0, 0)
    where = f"pair {done + 1} of {wanted}" if done < wanted else f"round {number + 1} of at most {begun.cap}"
    shop.observer.working(f"confirmation, {where}: {name_of(begun, at)}")
    with shop.faults.around("pair", number):
        taken = _taken(shop, begun, number, at, seed=fresh_seed(begun.seed, number, used=used))
        if shop.stop():
            return None
        shop.record(ConfirmationRun(c=begun.c, arm=at, round=number, sample=taken))
    return taken


def _taken(shop: Workshop, begun: ConfirmationBegun, number: int, at: int, *, seed: int) -> Sample:
    commit, side, i = begun.arms[at].commit, SIDES.get(at, Side.CANDIDATE), number * len(begun.arms) + at
    name = folder_of(begun.c)
    if begun.source == "holdout":
        return shop.executor.holdout(commit, side, n=name, i=i, seed=seed)
    found = valued(shop.spec, on_channel(shop.segment, shop.executor.sample(commit, side, n=name, i=i, seed=seed)))
    shown = shop.spec.primary
    if found.outcome is Outcome.MEASURED and shown not in found.values:
        detail = f"the run gave no value of {shown}"
        return found.model_copy(update={"outcome": Outcome.BAD_METRIC, "values": {}, "detail": detail})
    return found


def _end(shop: Workshop) -> ConfirmationEnded | None:
    opened = shop.state.confirming
    if opened is None:
        return None
    gain, detail = gain_of(opened), _failure(opened.begun, opened.failed) if opened.failed else ""
    if touched := shop.executor.verify(folder_of(opened.begun.c)):
        gain, detail = None, f"the trees changed while they were measured: {', '.join(touched[:PATHS_NAMED])}"
    elif gain is None and not detail:
        detail = "the baseline's value is 0, so that a gain is no fraction of it"
    ablations = ablations_of(opened) if gain is not None else ()
    ended = ConfirmationEnded(c=opened.begun.c, gain=gain, ablations=ablations, detail=detail)
    with shop.faults.around("confirmed", opened.begun.c):
        shop.record(ended)
    return ended


def _failure(begun: ConfirmationBegun, run: ConfirmationRun) -> str:
    what = "holdout" if begun.source == "holdout" else "measurement"
    said = f": {run.sample.detail.strip()}" if run.sample.detail.strip() else ""
    where = f" (its output lies in {run.sample.output})" if run.sample.output else ""
    return f"{name_of(begun, run.arm)} does not pass its {what} in round {run.round + 1}: {run.sample.outcome.value}{said}{where}"
