"""The proposer of a session that asks none."""

from autoexp.campaign.views import Brief
from autoexp.experiment.records import Proposal
from autoexp.ports import Desk, ProposerFailed


class Nobody:
    """Fills the role `ports.Proposer` where nothing is to be proposed."""

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Refuse."""
        del brief, desk
        raise ProposerFailed("a confirmation asks no proposer; the next `autoexp run` does")
