"""Experiments that a person's command takes out, or tries, together: the kept line, and the pile of discards that looked better."""

from collections.abc import Iterator
from dataclasses import dataclass

from autoexp.campaign.state import CampaignState, Experiment
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import NEEDS_REVIEW, OVERFIT

MOST = 12
"""So many discards are tried together at most: the more there are, the likelier one of them breaks the rest."""


@dataclass(frozen=True, slots=True)
class Keep:
    """A commit of the kept line: experiment `n` made it, from `parent`, at `when` (seconds of the epoch).

    It `stands` unless it was taken out by a later one; one that took others out is none that could be left out itself.
    """

    n: int
    commit: str
    parent: str
    when: int = 0
    stands: bool = True


def kept_line(state: CampaignState) -> tuple[Keep, ...]:
    """Give the commits from the untouched baseline to the best so far, oldest first, whatever segment they are of."""
    return tuple(reversed([_keep(one) for one in _newest_first(state)]))


def standing(state: CampaignState) -> tuple[int, ...]:
    """Give the numbers of the keeps that are in the best so far, oldest first."""
    return tuple(keep.n for keep in kept_line(state) if keep.stands)


def bundle_of(state: CampaignState) -> tuple[int, ...]:
    """Give the discards that may be tried together, newest first.

    These are the ones of this segment that looked better than the best of their time, not surely enough for a keep, and met nothing else:
    no guard, no failed holdout, no doubt that a person has to settle. Those that were measured again, or tried in a bundle, are left out.
    """
    if state.segment is None:
        return ()
    used = {n for one in state.experiments if _is_decided(one) for n in _measured_again(one)}
    in_line = {keep.commit for keep in kept_line(state)}
    found: list[int] = []
    for one in reversed(state.experiments):
        if one.segment != state.segment.k or len(found) == MOST:
            break
        if _is_promising(one) and one.n not in used and one.candidate and one.candidate.commit not in in_line:
            found.append(one.n)
    return tuple(found)


def _newest_first(state: CampaignState) -> Iterator[Experiment]:
    """Follow the best so far down to the baseline."""
    at = state.incumbent.commit
    for one in reversed(state.experiments):
        if at == state.base:
            return
        if one.candidate is not None and one.candidate.commit == at and _was_kept(one):
            yield one
            at = one.candidate.parent


def _keep(one: Experiment) -> Keep:
    candidate = one.candidate
    commit, parent = (candidate.commit, candidate.parent) if candidate else ("", one.parent)
    return Keep(one.n, commit, parent, int(one.started), stands=one.kept and one.directive.operator != "ablate")


def _was_kept(one: Experiment) -> bool:
    ruled = one.decision is not None and one.decision.verdict is Verdict.KEEP
    return ruled and one.outcome is Outcome.MEASURED and not one.tests


def _is_decided(one: Experiment) -> bool:
    return one.outcome is not None and one.outcome not in UNDECIDED


def _measured_again(one: Experiment) -> tuple[int, ...]:
    of = () if one.directive.of is None else (one.directive.of,)
    return (*of, *(one.directive.members if one.directive.operator == "merge" else ()))


def _is_promising(one: Experiment) -> bool:
    """Tell whether a change is on the pile: better as far as it was measured, when its runs or their worth were used up."""
    ruling = one.decision
    if ruling is None or one.outcome is not Outcome.MEASURED or one.tests or one.directive.members:
        return False
    if (
        ruling.verdict not in (Verdict.INCONCLUSIVE, Verdict.DISCARD)
        or ruling.guard is not None
        or one.review is not None
    ):
        return False
    if {NEEDS_REVIEW, OVERFIT} & {*ruling.flags, *one.flags}:
        return False
    return (ruling.effect or 0.0) > 0
