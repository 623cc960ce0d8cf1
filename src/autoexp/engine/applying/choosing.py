"""Which kept changes are to be taken: all that the best so far consists of, or those that a person names."""

from collections.abc import Sequence

from autoexp.campaign.members import Keep, kept_line, standing
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.engine.naming import counted
from autoexp.errors import CampaignError


def refuse_nothing(state: CampaignState, withdrawn: Sequence[tuple[int, str]]) -> None:
    """Raise CampaignError where nothing is kept; `withdrawn` is what the branch holds that was taken out since, with its commits there."""
    if state.incumbent.commit != state.base:
        return
    if withdrawn:
        raise CampaignError(
            f"nothing is kept any more, and the branch holds what was taken out again: {counted(len(withdrawn), 'experiment')}",
            fix=f"`git revert {reverted(withdrawn)}`; `autoexp show {withdrawn[-1][0]}` tells why",
        )
    raise CampaignError(
        "nothing was kept yet, so there is nothing to apply: the best so far is the untouched baseline",
        fix="`autoexp run` looks for something",
    )


def reverted(withdrawn: Sequence[tuple[int, str]]) -> str:
    """Give the commits that a `git revert` takes, the newest first."""
    return " ".join(commit[:12] for _, commit in reversed(withdrawn))


def chosen(state: CampaignState, only: Sequence[int]) -> tuple[Keep, ...]:
    """Give the keeps with these numbers, in the order kept. Raises CampaignError that says what a number is that is no keep."""
    keeps = standing(state)
    for n in only:
        if n not in keeps:
            raise CampaignError(
                what_is(state, n),
                fix=f"name some of those that are in the best so far: {', '.join(map(str, keeps))}{_by_hand(state, n)}",
            )
    return tuple(keep for keep in kept_line(state) if keep.n in only)


def all_of(state: CampaignState, held: frozenset[int]) -> tuple[Keep, ...]:
    """Give what makes the best so far of a branch that holds some experiments: the keeps, and what took out a keep that the branch holds."""
    return tuple(keep for keep in kept_line(state) if keep.stands or _takes_out(state, keep.n) & held)


def is_taken_out(state: CampaignState, n: int) -> bool:
    """Tell whether an experiment was kept, and is not in the best so far any more."""
    found = state.experiments.numbered(n)
    return found is not None and found.taken_out


def what_is(state: CampaignState, n: int) -> str:
    """Say why an experiment is none that could be taken."""
    if state.open is not None and state.open.n == n:
        return f"experiment {n} is not decided yet"
    found = state.experiments.numbered(n)
    if found is None:
        return f"there is no experiment {n}: {counted(len(state.experiments), 'experiment')} on record"
    return f"experiment {n} {_became(found)}"


def _became(found: Experiment) -> str:
    if found.tests:
        return "is a checkpoint test, which has no change of its own"
    if found.pruned_by is not None:
        return f"was kept, and taken out again by experiment {found.pruned_by}"
    if found.taken_out:
        return f"was kept, and taken out again: checkpoint test {found.tested_by} did not confirm it"
    if found.directive.takes_out:
        return f"took others out ({', '.join(map(str, found.directive.members))}): leave those out instead of naming it"
    return f"was not kept: it ended as {found.status or found.ruled_status or 'nothing yet'}"


def _takes_out(state: CampaignState, n: int) -> set[int]:
    found = state.experiments.numbered(n)
    return set(found.directive.members) if found is not None and found.directive.takes_out else set()


def _by_hand(state: CampaignState, n: int) -> str:
    found = state.experiments.numbered(n)
    if found is None or found.candidate is None or found.tests or found.directive.takes_out:
        return ""
    return f"; to take it all the same, by hand: git cherry-pick {found.candidate.commit[:12]}"
