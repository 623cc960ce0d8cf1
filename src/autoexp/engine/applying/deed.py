"""The user's branch moved to what was kept: in one step where nobody has it checked out, else with its files and index.

The intent is written down first. Killed at any step, the branch and its files stand where they were, or where they were to go, or the next
`apply` ends it.
"""

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.state import CampaignState
from autoexp.engine.applying.plan import Plan, Wish, plan
from autoexp.engine.applying.refusing import detached, elsewhere, obstructed
from autoexp.engine.faults import Faults
from autoexp.errors import RepositoryError
from autoexp.workspaces.branches import Branch, current_branch, named_branch, refuse_half_rebased, swap
from autoexp.workspaces.history import FileStat, file_stats
from autoexp.workspaces.leftovers import finish
from autoexp.workspaces.movemark import NAME, Mark, Move, held, read_mark
from autoexp.workspaces.moving import InTheWay, advance, in_the_way
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Applied:
    """What was brought into a branch, or would be: the plan, the paths that differ, and for a look why it would be refused."""

    plan: Plan
    files: tuple[FileStat, ...]
    refused: RepositoryError | None = None
    unfinished: bool = False

    def undo(self, folder: Path) -> str:
        """Give the command that goes back, for a shell; `folder` is where this one was told to work."""
        branch = self.plan.branch
        words = ["git"] if folder == Path() else ["git", "-C", str(folder)]
        if branch.checkout is not None:
            words += ["reset", "--keep", branch.commit[:12]]
        else:
            words += ["update-ref", branch.ref, branch.commit[:12], self.plan.new[:12]]
        return shlex.join(words)


def look(repository: Repository, state: CampaignState, wish: Wish) -> Applied:
    """Tell what `apply` would do. Nothing is written, neither objects nor refs. Raises AutoexpError like it, but for files in the way."""
    branch = _branch(repository, state, wish)
    with tempfile.TemporaryDirectory(prefix="autoexp-apply-") as folder:
        beside = repository.beside(Path(folder))
        try:
            found = plan(beside, state, branch, wish)
            files = file_stats(beside, branch.commit, found.new)
            changes = beside.changed(branch.commit, found.new)
        finally:
            beside.close()
    root = _root(repository, branch)
    if root is None:
        return Applied(found, files, _half_rebased(repository, branch) if found.moves else None)
    if read_mark(repository.git_dir / NAME) is not None:
        return Applied(found, files, unfinished=True)
    obstacles = in_the_way(repository, root, changes)
    return Applied(found, files, obstructed(root, obstacles) if obstacles != InTheWay() else None)


def apply(repository: Repository, state: CampaignState, wish: Wish, *, faults: Faults) -> Applied:
    """Bring kept changes into the user's branch. Raises AutoexpError where that cannot be: then branch, index and files are as they were."""
    branch = _branch(repository, state, wish)
    root = _root(repository, branch)
    if root is None:
        found = plan(repository, state, branch, wish)
        return _done(repository, found, faults, lambda: swap(repository, branch, found.new))
    with held(repository.git_dir) as mark:
        if (left := mark.read()) is not None:
            finish(repository, root, left)
            mark.clear()
        branch = _branch(repository, state, wish)  # once more: another `apply` may have ended while this one waited
        if _root(repository, branch) != root:
            raise RepositoryError(
                "the checkout was switched to another branch just now",
                where=str(root),
                fix="`autoexp apply` again; nothing was changed",
            )
        found = plan(repository, state, branch, wish)
        obstacles = in_the_way(repository, root, repository.changed(branch.commit, found.new))
        if obstacles != InTheWay():
            raise obstructed(root, obstacles)
        return _done(repository, found, faults, lambda: _advance(repository, root, found, mark, faults))


def _half_rebased(repository: Repository, branch: Branch) -> RepositoryError | None:
    try:
        refuse_half_rebased(repository, branch)
    except RepositoryError as error:
        return error
    return None


def _done(repository: Repository, found: Plan, faults: Faults, deed: Callable[[], None]) -> Applied:
    if found.moves:
        with faults.around("move", 0):
            deed()
        repository.store_lost()
    return Applied(found, file_stats(repository, found.branch.commit, found.new))


def _advance(repository: Repository, root: Path, found: Plan, mark: Mark, faults: Faults) -> None:
    with faults.around("mark", 0):
        mark.write(Move(found.branch.ref, found.branch.commit, found.new))
    advance(repository, root, found.branch, found.new, mark)
    with faults.around("unmark", 0):
        mark.clear()


def _branch(repository: Repository, state: CampaignState, wish: Wish) -> Branch:
    if wish.branch is not None:
        return named_branch(repository, wish.branch)
    branch = current_branch(repository)
    if branch is None:
        raise detached(repository, state)
    return branch


def _root(repository: Repository, branch: Branch) -> Path | None:
    """Give the checkout that has to move with a branch, None for none. Raises RepositoryError when it is another one than this."""
    if branch.checkout is None:
        return None
    if repository.root is None or branch.checkout.resolve() != repository.root.resolve():
        raise elsewhere(branch)
    return repository.root
