"""What the fold makes of ideas: those that proposers and persons name, those that were paid for and left, and what became of each."""

import re
from collections.abc import Iterator

from autoexp.campaign import blocking, ideas
from autoexp.campaign.events import Hinted, HintsCleared, IdeaAdded, IdeaDropped
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState, Segment
from autoexp.experiment.outcome import UNDECIDED, Outcome
from autoexp.experiment.records import Idea, Offer, Proposal

UNFIT = "it was paid for, and does not fit on the best so far any more"
LEFT = "it was paid for, and was left when new hypotheses were asked for"
_ID = re.compile(r"[\s\[(*`]{0,4}(i[1-9]\d{0,5})[])*`]{0,3}\s?[:,.\u2013\u2014-]\s", re.IGNORECASE)
NOT_TRIED = UNDECIDED | {Outcome.NO_CHANGE}
"""Outcomes after which an idea waits as before: nothing of it was measured."""


def proposed(state: CampaignState, experiment: Experiment, proposal: Proposal) -> CampaignState:
    """Park the ideas of an answer, and hypotheses that are lost with it. To be called while the offers are still those before it."""
    found = [*proposal.ideas, *_lost(state, experiment, proposal)]
    return _parked(state, *found, n=experiment.n) if found else state


def closed(state: CampaignState, experiment: Experiment) -> CampaignState:
    """Close the ideas that an experiment has tried, but for those that only a constraint holds back: these wait, with its name.

    A better number behind a guard or the checks is an idea even where nobody had parked it. To be called while the best so far is
    still that before it.
    """
    if experiment.outcome in NOT_TRIED or experiment.tests:
        return state
    claims = [claim for proposal in experiment.proposals for claim in claims_of(proposal)]
    found = blocking.blocked(state, experiment) if not experiment.directive.by_person else None
    if found is None and ideas.claimed(state.ideas, claims):
        found = blocking.outside(experiment)
    if found is None:
        return replace(state, ideas=ideas.tried(state.ideas, claims, by=experiment.n))
    return replace(state, ideas=ideas.blocked(state.ideas, claims, found, by=experiment.n, segment=_segment(state)))


def contract_changed(state: CampaignState) -> CampaignState:
    """Look at each waiting idea anew: whether the contract now lets pass what blocked it when it was parked."""
    if state.segment is None or not any(idea.blocked_by for idea in state.ideas):
        return state
    specs = {segment.k: segment for segment in state.segments}
    looked = state.ideas
    for idea in state.ideas:
        unblocked = _is_free(state, idea, specs.get(idea.segment))
        if unblocked != idea.unblocked:
            looked = looked.changed(replace(idea, unblocked=unblocked))
    return replace(state, ideas=looked)


def _is_free(state: CampaignState, idea: ideas.Parked, parked_in: Segment | None) -> bool:
    if parked_in is None or state.segment is None or not idea.blocked_by or idea.state != "open":
        return False
    baseline = parked_in.baseline.measurement.means() if parked_in.baseline else {}
    values = {"baseline": baseline, "incumbent": state.incumbent.measurement.means()}
    return blocking.released(idea.blocked_by, parked_in.spec, state.segment.spec, values=values)


def claims_of(proposal: Proposal) -> list[str]:
    """Give what a proposal names as the idea that it tries.

    It does so by ids or texts in `asi.idea`, by an id at the beginning of description or hypothesis (`i3: ...`), or by a description that is
    the text of an idea.
    """
    named = proposal.asi.get("idea")
    names = named if isinstance(named, list) else [named]
    begun = (_ID.match(text) for text in (proposal.description, proposal.hypothesis))
    return [*(name for name in names if isinstance(name, str)), proposal.description, *(one[1] for one in begun if one)]


def told(state: CampaignState, event: IdeaAdded | IdeaDropped | Hinted | HintsCleared) -> CampaignState:
    """Take up what a person said. An idea told again is open again."""
    match event:
        case IdeaAdded(idea=idea):
            return _parked(state, idea, n=ideas.PERSON, again=True)
        case IdeaDropped(id=name, why=why):
            return replace(state, ideas=ideas.dropped(state.ideas, name, why=why))
        case Hinted(text=text):
            return replace(state, hints=ideas.hinted(state.hints, text))
        case HintsCleared():
            return replace(state, hints=())


def _lost(state: CampaignState, experiment: Experiment, proposal: Proposal) -> Iterator[Idea]:
    """Give the offers that a proposal found unfit, and, where it brings new ones, the old ones that nobody has tried."""
    unfit = {offer.rank: offer for offer in (proposal.offers or state.offers)}
    for rank in proposal.dropped:
        if rank in unfit:
            yield Idea(text=_text(unfit[rank]), why=UNFIT)
    if proposal.offers:
        tried = {one.offer for one in experiment.proposals}
        new = {ideas.same(_text(offer)) for offer in proposal.offers}
        for offer in state.offers:
            if offer.rank not in tried and ideas.same(_text(offer)) not in new:
                yield Idea(text=_text(offer), why=LEFT)


def _text(offer: Offer) -> str:
    return offer.description or offer.hypothesis


def _parked(state: CampaignState, *found: Idea, n: int, again: bool = False) -> CampaignState:
    return replace(state, ideas=ideas.parked(state.ideas, found, n=n, segment=_segment(state), again=again))


def _segment(state: CampaignState) -> int:
    return state.segment.k if state.segment else 0
