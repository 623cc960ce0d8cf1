"""The holdout as a rule ends the campaign: is the gain of all keeps together still there on what nobody has seen?"""

from collections.abc import Sequence

from autoexp.campaign.confirmation_events import HeldOutAtEnd
from autoexp.campaign.looks import baseline_commit, due_at_end, folder_of
from autoexp.campaign.stopping import Stop
from autoexp.decision.holdout import Ruling, judge
from autoexp.engine.holding import enough
from autoexp.engine.seeds import sample_seed
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side, rows
from autoexp.experiment.outcome import Outcome

SIDES = (Side.BASELINE, Side.INCUMBENT)


def hold_out_at_end(shop: Workshop, stop: Stop | None) -> None:
    """Run the holdout on the baseline and the best so far in turns, once for each end, and put it on record with its answer.

    Cut short it has none, and the next session runs it whole.
    """
    if shop.stop() or not due_at_end(shop.state, shop.spec, stop=stop):
        return
    shop.room.refuse_short()
    with shop.faults.around("holdout", 0):
        shop.record(_held_out(shop))


def _held_out(shop: Workshop) -> HeldOutAtEnd:
    """Take as many pairs of runs as the holdout of a would-be keep does."""
    state, samples = shop.state, list[Sample]()
    commits = {Side.BASELINE: baseline_commit(state), Side.INCUMBENT: state.incumbent.commit}
    looks = enough(shop)
    for i in range(looks[-1]):
        for side in SIDES if i % 2 else SIDES[::-1]:
            shop.observer.working(f"the holdout at the end: {_called(side)}, run {i + 1}")
            seed = sample_seed(state, shop.spec, i)
            samples.append(shop.executor.holdout(commits[side], side, n=folder_of(state.incumbent.n), i=i, seed=seed))
            if shop.stop():
                return _answer(shop, samples, detail=shop.stop.reason)
        if failed := [sample for sample in samples if sample.outcome is not Outcome.MEASURED]:
            theirs = next((sample for sample in failed if sample.side is Side.BASELINE), None)
            return _answer(shop, samples, passed=None if theirs else False, detail=_failure(theirs or failed[0]))
        if i + 1 in looks and (found := _ruling(shop, samples)).passed:
            break
    return _answer(shop, samples, passed=found.passed, gain=found.relative, detail=found.words)


def _answer(
    shop: Workshop,
    samples: Sequence[Sample],
    *,
    passed: bool | None = None,
    gain: float | None = None,
    detail: str,
) -> HeldOutAtEnd:
    best = shop.state.incumbent
    return HeldOutAtEnd(
        n=best.n,
        segment=shop.segment.k,
        baseline=baseline_commit(shop.state),
        commit=best.commit,
        samples=tuple(samples),
        claimed=shop.state.gain,
        gain=gain,
        passed=passed,
        detail=detail,
    )


def _ruling(shop: Workshop, samples: Sequence[Sample]) -> Ruling:
    ours, theirs = (rows(s for s in samples if s.side is side) for side in (Side.INCUMBENT, Side.BASELINE))
    baseline = shop.segment.baseline
    return judge(
        ours,
        theirs,
        criterion=shop.spec.criteria[0],
        claimed=max(shop.state.gain, 0.0),
        noise=baseline.noise if baseline else None,
        share=shop.spec.decision.holdout_share,
        called=("best so far", "baseline"),
    )


def _failure(sample: Sample) -> str:
    return (
        f"{_called(sample.side)} does not pass the holdout: {sample.outcome.value}; its output lies in {sample.output}"
    )


def _called(side: Side) -> str:
    return "the baseline" if side is Side.BASELINE else "the best so far"
