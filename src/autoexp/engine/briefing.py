"""The brief of an experiment: what its proposer reads."""

from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import Brief, Repair, View, brief_for
from autoexp.engine import parts
from autoexp.engine.contract import Contract
from autoexp.errors import CampaignError
from autoexp.experiment.records import Directive


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
