"""Why kept changes cannot be brought into a branch, and the ways out."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from autoexp.campaign.members import Keep, kept_line
from autoexp.campaign.state import CampaignState
from autoexp.engine.applying.choosing import reverted
from autoexp.engine.applying.stacking import Stack, Stuck
from autoexp.engine.leaving import without
from autoexp.engine.naming import named
from autoexp.errors import CampaignError, RepositoryError
from autoexp.workspaces.branches import Branch
from autoexp.workspaces.moving import InTheWay
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository

_PLACES = 4


def conflict(
    repository: Repository,
    state: CampaignState,
    branch: Branch,
    wanted: Sequence[Keep],
    made: Stack,
    withdrawn: Sequence[tuple[int, str]],
) -> CampaignError:
    """Give the error for keeps that do not go on top of a branch: where, what they are built on as far as that is known, and what does go."""
    built_on = {one.keep.n: _built_on(repository, state, one.keep, wanted) for one in made.stuck}
    said = "\n".join(_told(one, built_on[one.keep.n], branch) for one in made.stuck)
    needed = {n for found in built_on.values() for n in found}
    ways = []
    if withdrawn:
        ways.append(
            f"first `git revert {reverted(withdrawn)}`, which {branch.name} holds and the campaign has taken out again"
        )
    if needed:
        numbers = sorted(needed | {keep.n for keep in wanted})
        ways.append(f"take what it is built on as well: `autoexp apply --only {_numbers(numbers)}`")
    if made.puts:
        ways.append(f"take those that go: `autoexp apply --only {_numbers([put.n for put in made.puts])}`")
    picks = " ".join(one.keep.commit[:12] for one in made.stuck)
    ways.append(
        f"settle the places by hand: `git cherry-pick {picks}`, or all of it with `git merge {best_name(repository, state)}`"
    )
    return CampaignError(said, fix="; or ".join(ways) + "; nothing was changed")


def obstructed(root: Path, found: InTheWay) -> RepositoryError:
    """Give the error for files of the user's that would be overwritten."""
    parts, ways = [], []
    if found.changed:
        parts.append(f"files that would change differ from HEAD: {named(found.changed)}")
        ways.append("commit or stash what you changed (`git stash`)")
    if found.untracked:
        parts.append(f"files that are not in git stand where new ones would be: {named(found.untracked)}")
        ways.append("move away what is not in git")
    return RepositoryError(
        "; ".join(parts), where=str(root), fix=f"{' and '.join(ways)}, then `autoexp apply` again; nothing was changed"
    )


def detached(repository: Repository, state: CampaignState) -> RepositoryError:
    """Give the error for a HEAD that names no branch."""
    return RepositoryError(
        "HEAD is detached: there is no current branch that could move",
        where=str(repository.root or repository.common_dir),
        fix="`git switch BRANCH` first (end a rebase or a bisect before), or `autoexp apply --branch NAME`, or by hand: "
        f"`git merge --ff-only {best_name(repository, state)}`",
    )


def elsewhere(branch: Branch) -> RepositoryError:
    """Give the error for a branch that another checkout has."""
    return RepositoryError(
        f"branch {branch.name} is checked out in another place, whose files have to move with it",
        where=str(branch.checkout),
        fix=f"`autoexp apply --repo {shlex.quote(str(branch.checkout))}`, or where that folder is gone: `git worktree prune`",
    )


def best_name(repository: Repository, state: CampaignState) -> str:
    """Give a name by which a person's git finds the best so far."""
    view = f"autoexp/{state.tag}"
    is_best = Refs(repository).read(f"refs/heads/{view}") == state.incumbent.commit
    return view if is_best else state.incumbent.commit[:12]


def _told(stuck: Stuck, built_on: dict[int, str], branch: Branch) -> str:
    places = "; ".join(f"{one.place}, {one.why}" for one in stuck.conflicts[:_PLACES])
    more = len(stuck.conflicts) - _PLACES
    said = f"experiment {stuck.keep.n} does not go on top of {branch.name}: {places}{f' and {more} more' if more > 0 else ''}"
    for n, where in built_on.items():
        said += f"\n  it is built on experiment {n}" + (f" ({where})" if where else "")
    return said


def _built_on(repository: Repository, state: CampaignState, keep: Keep, wanted: Sequence[Keep]) -> dict[int, str]:
    """Find earlier keeps, not wanted ones, without which this one cannot be: each with the places in words."""
    line, chosen = kept_line(state), {one.n for one in wanted}
    found: dict[int, str] = {}
    for one in line:
        if one.n >= keep.n:
            break
        if one.stands and one.n not in chosen:
            taken = without(repository, state.incumbent.commit, line, (one.n,))
            if keep.n in taken.together:
                found[one.n] = "; ".join(taken.hunks)
    return found


def _numbers(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
