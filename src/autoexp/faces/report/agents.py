"""Which coding agents made the changes, and what cut their work short."""

from autoexp.campaign.state import CampaignState


def agents_of(state: CampaignState) -> dict[int, str]:
    """Give, for each experiment that an agent proposed, the program with its version, and how its work ended when something ended it."""
    last = {experiment.n: experiment.paid[-1] for experiment in state.experiments if experiment.paid}
    return {n: "\n".join(filter(None, (said.program, said.ending))) for n, said in last.items() if said.program}
