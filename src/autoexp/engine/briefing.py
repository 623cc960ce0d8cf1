"""The brief of an experiment: what its proposer reads."""

from collections.abc import Iterable

from autoexp.campaign import parking
from autoexp.campaign.events import Hinted, HintsCleared, IdeaAdded, IdeaDropped
from autoexp.campaign.ideas import claimed, refused_hint, refused_idea
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import Brief, Repair, View, brief_for
from autoexp.engine import parts
from autoexp.engine.contract import Contract
from autoexp.errors import CampaignError
from autoexp.experiment.records import Directive, Idea
from autoexp.stores.inbox import Request


def brief_of(state: CampaignState, directive: Directive, contract: Contract, *, repair: Repair | None = None) -> Brief:
    """Give what the proposer reads for a directive, or when it is to mend its change."""
    spec = contract.spec
    if repair is not None:
        directive = directive.model_copy(update={"operator": "repair"})
    return brief_for(
        state,
        directive,
        goal=spec.goal,
        program=contract.program,
        scope=spec.scope.edit,
        repair=repair,
        budget=spec.budget,
    )


def next_brief(state: CampaignState, contract: Contract) -> Brief:
    """Give the brief of the experiment that would come next. Raises CampaignError when the strategy asks for none."""
    directives = parts.strategy(contract.spec).ask(View(state), free_slots=1)
    if not directives:
        raise CampaignError("there is no next experiment: the strategy has nothing left to ask for")
    return brief_of(state, directives[0], contract)


def foreseen(state: CampaignState, waiting: Iterable[Request]) -> CampaignState:
    """Give the state as it will be once the next session has read the hints and ideas that wait. Nothing is recorded."""
    for request in waiting:
        event = _event(state, request)
        if event is not None:
            state = parking.told(state, event)
    return state


def _event(state: CampaignState, request: Request) -> Hinted | HintsCleared | IdeaAdded | IdeaDropped | None:
    text = request.text.strip()
    if request.name == "hint" and not refused_hint(text):
        return Hinted(text=text)
    if request.name == "clear_hints":
        return HintsCleared()
    if request.name == "idea" and not refused_idea(state.ideas, text):
        return IdeaAdded(idea=Idea(text=text, why=request.why, blocked_by=request.blocked_by))
    if request.name == "drop_idea" and claimed(state.ideas, [text]):
        return IdeaDropped(id=text, why=request.why)
    return None
