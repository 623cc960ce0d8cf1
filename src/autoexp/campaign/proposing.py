"""What the fold makes of a proposer's answers: their price, what was paid for and not tried yet, mended changes, waiting."""

from autoexp.campaign.counting import plus, together, unanswered
from autoexp.campaign.events import MendAsked, Waiting
from autoexp.campaign.experiments import Experiment, Try
from autoexp.campaign.interruptions import is_given_up
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal, Reserve

NOT_TRIED = frozenset({Outcome.INTERRUPTED, Outcome.INFRA_ERROR})
"""Outcomes after which a hypothesis is as good as before: it was never measured."""


def proposed(state: CampaignState, experiment: Experiment, proposal: Proposal) -> CampaignState:
    """Take up an answer, and what it cost."""
    return replace(
        _paid(state, proposal),
        open=replace(experiment, proposal=_with_words(proposal, experiment), mending=False),
        offers=proposal.offers or state.offers,
        waiting=None,
    )


def _paid(state: CampaignState, said: Proposal) -> CampaignState:
    return replace(
        state,
        cost_usd=plus(state.cost_usd, said.cost_usd),
        tokens=plus(state.tokens, said.tokens.total),
        used=together([state.used, said.tokens]),
        counts=replace(state.counts, requests=plus(state.counts.requests, said.requests)),
    )


def _with_words(proposal: Proposal, experiment: Experiment) -> Proposal:
    """Let a mended change that says nothing of itself keep the words of the one before it: the idea is the same."""
    before = experiment.proposal if experiment.tries else None
    if before is None or proposal.description or proposal.hypothesis:
        return proposal
    words = {"description": before.description, "hypothesis": before.hypothesis, "asi": {**before.asi, **proposal.asi}}
    return proposal.model_copy(update=words)


def mend_asked(state: CampaignState, experiment: Experiment, event: MendAsked) -> CampaignState:
    """Put a try away: what is measured from here on is another change."""
    said = None if experiment.mending else slim(experiment.proposal)
    samples = tuple(sample.model_copy(update={"items": {}}) for sample in experiment.samples)
    made = experiment.candidate if experiment.candidate not in [one.candidate for one in experiment.tries] else None
    ended = Try(said, made, event.outcome, event.detail, samples)
    opened = replace(experiment, tries=(*experiment.tries, ended), samples=(), checks=None, holdout=None, mending=True)
    opened = replace(opened, reserved=event.reserved)
    counts = replace(state.counts, repairs=state.counts.repairs + 1)
    return replace(state, open=opened, counts=counts)


def waited(state: CampaignState, event: Waiting) -> CampaignState:
    """Note what the open experiment waits for, and what was used before it had to."""
    if event.said is not None:
        state = _paid(state, event.said)
        opened = state.open
        if opened is not None and opened.n == event.n:
            state = replace(state, open=replace(opened, broken_off=(*opened.broken_off, event.said)))
    counts = replace(
        state.counts, waits=state.counts.waits + 1, waited_s=state.counts.waited_s + max(0.0, event.wait_s)
    )
    return replace(state, waiting=event, counts=counts)


def used(state: CampaignState, closed: Experiment) -> CampaignState:
    """Take the hypothesis that an experiment tried, or that is given up, off the list, with those that it found not to fit any more."""
    ranks = {rank for proposal in closed.proposals for rank in proposal.dropped}
    if closed.outcome not in NOT_TRIED or is_given_up(state, closed):
        ranks |= {proposal.offer for proposal in closed.proposals if proposal.offer is not None}
    left = tuple(offer for offer in state.offers if offer.rank not in ranks)
    return replace(state, offers=left, waiting=None)


def settled(state: CampaignState, closed: Experiment) -> CampaignState:
    """Let go of what was set aside for an experiment, unless it ended before anybody said what it used."""
    if not unanswered(closed) or closed.reserved.requests == 0:
        return state
    held, more = state.unsettled, closed.reserved
    amounts = {name: plus(getattr(held, name), getattr(more, name)) for name in Reserve.model_fields}
    return replace(state, unsettled=Reserve(**amounts), cut_off=state.cut_off + 1)


def slim(proposal: Proposal | None) -> Proposal | None:
    """Leave the hypotheses of an answer to the journal, and to the list of those not tried."""
    return proposal.model_copy(update={"offers": ()}) if proposal is not None and proposal.offers else proposal
