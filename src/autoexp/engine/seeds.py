"""The list of seeds that samples get: the i-th sample of either side has the same one, all campaign long."""

from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import derived_seed


def sample_seed(state: CampaignState, i: int) -> int:
    """Give AUTOEXP_SEED of the i-th sample of a side (below 2**31)."""
    return derived_seed(state.seed, "sample", i) % 2**31
