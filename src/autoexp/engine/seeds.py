"""The seeds that samples get: the i-th samples of both sides of an experiment share one."""

from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import derived_seed
from autoexp.spec.model import Spec


def sample_seed(state: CampaignState, spec: Spec, i: int) -> int:
    """Give AUTOEXP_SEED of the i-th sample of a side (below 2**31).

    The contract may list the seeds. Otherwise each experiment has a list of its own, so that the incumbent's history is not
    that of a few seeds; where one run decides, or K pairs do, the list is the same all campaign long.
    """
    if spec.measurement.seeds is not None:
        return spec.measurement.seeds[i % len(spec.measurement.seeds)]
    if spec.decision.method == "sequential" and spec.measurement.deterministic is not True:
        what = "baseline" if state.open is None else "checkpoint" if state.open.tests else "sample"
        return derived_seed(state.seed, what, state.counts.decided, i) % 2**31
    return derived_seed(state.seed, "sample", i) % 2**31
