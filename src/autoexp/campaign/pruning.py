"""A prune that was kept: its members are no keeps any more, and what they had claimed is not counted as gain."""

from autoexp.campaign import checkpoints, learning
from autoexp.campaign.counting import headline_gain, items_of
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState, Experiment, Incumbent, Segment
from autoexp.experiment.measurement import Side


def pruned(state: CampaignState, prune: Experiment) -> CampaignState:
    """Take the members out of all that is counted, and go on from the best so far without them.

    The gain loses what the members had added to it. What the prune itself measured is no gain: it shows that nothing was lost.
    """
    candidate = prune.candidate
    if candidate is None:
        return state
    members = [one for n in prune.directive.members if (one := learning.numbered(state, n)) and one.kept]
    claimed = sum(_added(state, one) for one in members)
    out = tuple(replace(one, taken_out=True, pruned_by=prune.n, status="discard") for one in members)
    counts = replace(state.counts, kept=state.counts.kept - len(out))
    incumbent = Incumbent(candidate.commit, prune.n, prune.measurement, items_of(prune.of_side(Side.CANDIDATE)))
    state = replace(learning.changed(state, *out), incumbent=incumbent, gain=state.gain - claimed, counts=counts)
    return checkpoints.reached(state)


def _added(state: CampaignState, keep: Experiment) -> float:
    """Give what a keep added to the present gain: of several that a checkpoint test confirmed together, its part of what that measured."""
    if keep.segment < _counts_since(state) or keep.decision is None:
        return 0.0
    own, test = _claimed(state, keep), learning.numbered(state, keep.tested_by)
    if test is None or test.decision is None:
        return own
    claims = [_claimed(state, one) for n in test.tests if (one := learning.numbered(state, n))]
    measured, total = headline_gain(_segment(state, test.segment), test.decision), sum(claims)
    return measured * own / total if total > 0 else measured / len(claims)


def _claimed(state: CampaignState, keep: Experiment) -> float:
    return headline_gain(_segment(state, keep.segment), keep.decision) if keep.decision else 0.0


def _segment(state: CampaignState, k: int) -> Segment | None:
    return next((segment for segment in reversed(state.segments) if segment.k == k), None)


def _counts_since(state: CampaignState) -> int:
    """Give the first segment from which on gains add up: before it the goal was another one, and the gain began anew."""
    since = state.segment
    for segment in reversed(state.segments):
        if since is not None and segment.goal != since.goal:
            break
        since = segment
    return since.k if since else 0
