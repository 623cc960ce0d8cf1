"""Step 5: measure a candidate against the incumbent until the decision has enough, and look at a would-be keep again."""

from collections.abc import Sequence

from autoexp.campaign.events import ChecksRun, Decided
from autoexp.campaign.evidence import evidence_for
from autoexp.decision import MeasureMore, decide
from autoexp.decision.regression import no_worse
from autoexp.engine.holding import Failure
from autoexp.engine.review import review
from autoexp.engine.taking import take, taken
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision
from autoexp.workspaces.quoting import listed

PATHS_NAMED = 10


def judge(shop: Workshop, n: int, candidate: Candidate) -> Decided:
    """Sample both sides as the rule asks, run the checks after the first good sample, and rule.

    What is on record of an experiment that another session began is not done once more: this goes on from there.
    """
    with shop.faults.around("measure", n):
        ruling = _measured(shop, n, candidate)
        if isinstance(ruling, Decision):
            ruling = review(shop, n, candidate, ruling)
        if isinstance(ruling, Decision) and ruling.verdict is Verdict.KEEP and (touched := shop.executor.verify(n)):
            ruling = Outcome.TAMPERED, f"the trees changed while they were measured: {listed(touched, PATHS_NAMED)}"
    ours = taken(shop, Side.CANDIDATE)
    if isinstance(ruling, Decision):
        return _ruled(n, candidate, ours, decision=ruling)
    outcome, detail = ruling
    return _ruled(n, candidate, ours, outcome=outcome, detail=detail)


def _measured(shop: Workshop, n: int, candidate: Candidate) -> Decision | Failure:
    """Take samples until the rule has enough, or something ends it."""
    while (failure := _failure(shop, n, candidate)) is None:
        answer = _answer(shop)
        if not isinstance(answer, MeasureMore):
            return answer
        take(shop, n, answer.side, candidate)
    return failure


def _answer(shop: Workshop) -> Decision | MeasureMore:
    """Ask the rule: what only takes out has to be no worse, everything else better."""
    opened, evidence = shop.state.open, evidence_for(shop.state, shop.spec)
    if opened is None or not opened.directive.takes_out:
        return decide(evidence)
    margin = opened.directive.margin
    return no_worse(evidence) if margin is None else no_worse(evidence, margin=margin)


def _failure(shop: Workshop, n: int, candidate: Candidate) -> Failure | None:
    """Say what ends the measurement: somebody who wants to stop, a run that went wrong, or the checks, due once there is a good run."""
    if shop.stop():
        return Outcome.INTERRUPTED, shop.stop.reason
    opened = shop.state.open
    for sample in opened.samples if opened else ():
        if sample.outcome is not Outcome.MEASURED:
            return _gone_wrong(shop, sample)
    return _checks(shop, n, candidate) if taken(shop, Side.CANDIDATE) else None


def _gone_wrong(shop: Workshop, sample: Sample) -> Failure:
    if sample.side is Side.INCUMBENT:
        return (
            Outcome.INFRA_ERROR,
            f"the {_name(shop)} no longer passes its measurement: {sample.outcome.value}: {sample.detail}",
        )
    return sample.outcome, sample.detail


def _name(shop: Workshop) -> str:
    return "last confirmed commit" if shop.state.open and shop.state.open.tests else "best so far"


def _checks(shop: Workshop, n: int, candidate: Candidate) -> Failure | None:
    opened = shop.state.open
    if shop.spec.harness.checks is None or opened is None or opened.tests:  # a keep has passed them
        return None
    if opened.checks is not None:
        return None if opened.checks is Outcome.MEASURED else (opened.checks, opened.checks_detail)
    shop.observer.working(f"experiment {n}: running the checks")
    with shop.faults.around("checks", n):
        checked = shop.executor.checks(candidate.commit, n=n)
        shop.record(ChecksRun(n=n, outcome=checked.outcome, detail=checked.detail, usage=checked.usage))
    if shop.stop():
        return Outcome.INTERRUPTED, shop.stop.reason
    return None if checked.outcome is Outcome.MEASURED else (checked.outcome, checked.detail)


def _ruled(
    n: int,
    candidate: Candidate,
    samples: Sequence[Sample],
    *,
    outcome: Outcome = Outcome.MEASURED,
    detail: str = "",
    decision: Decision | None = None,
) -> Decided:
    return Decided(
        n=n,
        outcome=outcome,
        detail=detail,
        decision=decision,
        measurement=measure(samples),
        commit=candidate.commit,
        base=candidate.parent,
    )
