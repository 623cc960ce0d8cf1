"""What a would-be keep meets after its samples and checks: the holdout, and a look for what honest changes rarely bring."""

from autoexp.campaign.evidence import evidence_for
from autoexp.campaign.reviews import numbered
from autoexp.decision.review import reviewed
from autoexp.engine.holding import Failure, hold_out
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Candidate, Decision


def review(shop: Workshop, n: int, candidate: Candidate, decision: Decision) -> Decision | Failure:
    """Give the last word on a ruling; only a would-be keep of a single experiment is looked at again."""
    opened = shop.state.open
    if decision.verdict is not Verdict.KEEP or opened is None or opened.tests:
        return decision
    passed = None
    if shop.spec.harness.holdout is not None:
        answer = hold_out(shop, n, candidate, decision)
        if not isinstance(answer, bool):
            return answer
        passed = answer
    return reviewed(
        decision,
        evidence_for(shop.state, shop.spec),
        n=n,
        passed=passed,
        accepted=_accepted(shop, opened.directive.of),
    )


def _accepted(shop: Workshop, of: int | None) -> str:
    found = numbered(shop.state, of)
    return found.review.why if found and found.review else ""
