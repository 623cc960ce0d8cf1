"""Would-be keeps that wait for a person: which they are, what a review changes, and what an accepted one asks for."""

from autoexp.campaign import learning
from autoexp.campaign.events import Reviewed
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.experiment.records import Directive


def waiting(state: CampaignState) -> tuple[int, ...]:
    """Give the numbers of the experiments that wait for a person."""
    return state.knowledge.totals.waiting


def unmeasured(state: CampaignState) -> tuple[int, ...]:
    """Give the numbers of the accepted experiments that were not measured again yet; a run without a verdict is none."""
    return state.knowledge.accepted


def asked_for(state: CampaignState) -> Directive | None:
    """Give the accepted experiment that is to be measured next, on top of the best so far."""
    found = unmeasured(state)
    return Directive(operator="merge", parents=(state.incumbent.commit,), of=found[0]) if found else None


def refusal(state: CampaignState, n: int) -> str:
    """Say why an experiment cannot be accepted or rejected; empty when it can."""
    found = learning.numbered(state, n)
    if found is None:
        return f"there is no experiment {n}"
    if found.review is not None:
        return f"experiment {n} was already {found.review.verdict}ed: {found.review.why}"
    return "" if found.needs_review else f"experiment {n} does not wait for a review: it ended as {found.status}"


def reviewed(state: CampaignState, event: Reviewed) -> CampaignState:
    """Note a person's word at its experiment. The first one holds."""
    found = learning.numbered(state, event.n)
    return learning.changed(state, replace(found, review=event)) if found and found.needs_review else state
