"""How the state's knowledge grows by an experiment, and how it is made anew where something about earlier ones has changed."""

from collections.abc import Iterable

from autoexp.campaign.counting import headline_gain
from autoexp.campaign.knowledge import Knowledge, learned
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState, Experiment


def known_of(state: CampaignState, experiments: Iterable[Experiment], *, since: Knowledge | None = None) -> Knowledge:
    """Give what these experiments of the state amount to, added to what is known already."""
    known = since or Knowledge()
    for one in experiments:
        segment = next((found for found in reversed(state.segments) if found.k == one.segment), None)
        gain = headline_gain(segment, one.decision) if one.decision else 0.0
        known = learned(known, one, gain=gain, first=numbered(state, one.directive.of))
    return known


def closed(state: CampaignState, experiment: Experiment) -> CampaignState:
    """Add an experiment that has just ended."""
    state = replace(state, experiments=state.experiments.with_one(experiment))
    return replace(state, knowledge=known_of(state, (experiment,), since=state.knowledge))


def settled(state: CampaignState, experiments: tuple[Experiment, ...]) -> CampaignState:
    """Put experiments that a test has settled in the place of those that waited for it: they and all since then are looked at anew."""
    begun = state.firm.count
    state = replace(state, experiments=state.experiments.since(begun, experiments))
    return replace(state, knowledge=known_of(state, experiments, since=state.firm))


def changed(state: CampaignState, *experiments: Experiment) -> CampaignState:
    """Put experiments in the place of those with their numbers, however old these are: everything is looked at anew."""
    found = state.experiments
    for one in experiments:
        found = found.changed(one)
    state = replace(state, experiments=found)
    firm = known_of(state, found[: state.firm.count])
    return replace(state, firm=firm, knowledge=known_of(state, found[firm.count :], since=firm))


def all_settled(state: CampaignState) -> CampaignState:
    """Note, where no keep waits for its test, that nothing before this will change by one."""
    return state if state.provisional else replace(state, firm=state.knowledge)


def numbered(state: CampaignState, n: int | None) -> Experiment | None:
    """Give a closed experiment by its number, None when there is none."""
    return None if n is None else state.experiments.numbered(n)
