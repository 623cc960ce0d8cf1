"""The holdout of a would-be keep: fresh runs of both sides, in turns, on the trees that hold what is hidden."""

from collections.abc import Sequence

from autoexp.campaign.events import HoldoutRun
from autoexp.campaign.evidence import evidence_for
from autoexp.decision.holdout import Ruling, claim, judge
from autoexp.engine.seeds import sample_seed
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side, rows
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Decision

PAIRS, PAIRS_TO_FAIL = 2, 4
"""Runs of each side, where numbers do not repeat: as many to pass, and as many before anything is called overfit."""

Failure = tuple[Outcome, str]


def hold_out(shop: Workshop, n: int, candidate: Candidate, decision: Decision) -> bool | Failure:
    """Run the holdout and put it on record. Gives whether it passed, or the outcome that ends the experiment.

    What is given is all that a proposer may learn: neither values nor output are in it. One that is on record already is not run once more.
    """
    if shop.state.open is not None and shop.state.open.holdout is not None:
        return _on_record(shop.state.open.holdout)
    samples: list[Sample] = []
    commits = {Side.CANDIDATE: candidate.commit, Side.INCUMBENT: candidate.parent}
    looks = enough(shop)
    for i in range(looks[-1]):
        for side in _order(shop.state.counts.decided + 1 + i):
            shop.observer.working(f"experiment {n}: the holdout on the {side.value}, run {i + 1}")
            seed = sample_seed(shop.state, shop.spec, i)
            samples.append(shop.executor.holdout(commits[side], side, n=n, i=i, seed=seed))
            if shop.stop():
                return _without_answer(shop, n, samples, Outcome.INTERRUPTED, shop.stop.reason)
        if any(sample.outcome is not Outcome.MEASURED for sample in samples):
            return _failed(shop, n, samples)
        if i + 1 in looks and (found := _ruling(shop, decision, samples)).passed:
            break
    return _judged(shop, n, samples, found)


def enough(shop: Workshop) -> tuple[int, ...]:
    """Give the pairs of runs after which there is an answer: the last of them is as many as it takes to fail."""
    return (1,) if shop.segment.deterministic else (PAIRS, PAIRS_TO_FAIL)


def _order(turn: int) -> tuple[Side, Side]:
    return (Side.INCUMBENT, Side.CANDIDATE) if turn % 2 else (Side.CANDIDATE, Side.INCUMBENT)


def _on_record(run: HoldoutRun) -> bool | Failure:
    """Give the answer of a holdout that an earlier session has run."""
    if run.passed is not None:
        return run.passed
    fault = _fault(run.samples)
    return fault if isinstance(fault, tuple) else (Outcome.INTERRUPTED, run.detail)


def _failed(shop: Workshop, n: int, samples: list[Sample]) -> bool | Failure:
    fault = _fault(samples)
    if isinstance(fault, tuple):
        return _without_answer(shop, n, samples, *fault)
    words = f"the candidate ended as {fault.value}"
    shop.record(HoldoutRun(n=n, samples=tuple(samples), passed=False, detail=words))
    return False


def _fault(samples: Sequence[Sample]) -> Outcome | Failure:
    """Tell whose fault a run without a value is: how the candidate ended, or the best so far as well, and then it is not the candidate's."""
    theirs = next((s for s in samples if s.side is Side.INCUMBENT and s.outcome is not Outcome.MEASURED), None)
    if theirs is not None:
        detail = (
            f"the best so far does not pass the holdout: {theirs.outcome.value}; its output lies in {theirs.output}"
        )
        return Outcome.INFRA_ERROR, detail
    ours = next((s.outcome for s in samples if s.outcome is not Outcome.MEASURED), Outcome.MEASURED)
    return (Outcome.TAMPERED, "in the run of the holdout") if ours is Outcome.TAMPERED else ours


def _without_answer(shop: Workshop, n: int, samples: list[Sample], outcome: Outcome, detail: str) -> Failure:
    shop.record(HoldoutRun(n=n, samples=tuple(samples), detail=detail))
    return outcome, detail


def _ruling(shop: Workshop, decision: Decision, samples: Sequence[Sample]) -> Ruling:
    candidate, incumbent = (rows(s for s in samples if s.side is side) for side in (Side.CANDIDATE, Side.INCUMBENT))
    baseline, opened = shop.segment.baseline, shop.state.open
    takes_out = opened is not None and opened.directive.takes_out  # it claims no gain, only that nothing is lost
    return judge(
        candidate,
        incumbent,
        criterion=shop.spec.criteria[0],
        claimed=0.0 if takes_out else claim(decision, evidence_for(shop.state, shop.spec)),
        noise=baseline.noise if baseline else None,
        share=shop.spec.decision.holdout_share,
    )


def _judged(shop: Workshop, n: int, samples: Sequence[Sample], found: Ruling) -> bool:
    shop.record(
        HoldoutRun(
            n=n,
            samples=tuple(samples),
            claimed=found.claimed,
            needed=found.needed,
            gain=found.gain,
            passed=found.passed,
            detail=found.words,
        )
    )
    return found.passed
