"""What bringing kept changes into a branch would do, worked out before anything moves."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.campaign.members import Keep, kept_line
from autoexp.campaign.state import CampaignState
from autoexp.engine.applying.choosing import all_of, chosen, is_taken_out, refuse_nothing
from autoexp.engine.applying.messages import message_of_copy, message_of_squash
from autoexp.engine.applying.refusing import conflict
from autoexp.engine.applying.stacking import Put, stack
from autoexp.workspaces.branches import Branch
from autoexp.workspaces.history import Held, count_between, date_of, held_by, leads_to
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for: `only` some keeps, another `branch` than the current one, all in one commit (`squash`), or a look (`dry_run`)."""

    only: tuple[int, ...] = ()
    branch: str | None = None
    squash: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the branch goes, and with what.

    `there` are experiments that the branch holds already or that change nothing on it, `withdrawn` those it holds and that are not in the best so
    far any more, each with its commit on the branch; `others` counts commits that are the user's own; `measured` is the experiment that was
    measured with the same tree, None when nothing was.
    """

    branch: Branch
    new: str
    puts: tuple[Put, ...]
    there: tuple[int, ...] = ()
    withdrawn: tuple[tuple[int, str], ...] = ()
    others: int = 0
    squashed: bool = False
    measured: int | None = None

    @property
    def moves(self) -> bool:
        """Tell whether there is anything to do."""
        return self.new != self.branch.commit


def plan(repository: Repository, state: CampaignState, branch: Branch, wish: Wish) -> Plan:
    """Work out what a wish does to a branch. Commits that have to be made are stored, without a ref.

    Raises CampaignError where nothing was kept, a number is no keep, or a change does not go on top of the branch.
    """
    old, best = branch.commit, state.incumbent.commit
    kept = [one.candidate.commit for one in state.experiments if one.candidate and (one.kept or one.taken_out)]
    history = held_by(repository, old, since=state.base, wanted=kept)
    held, withdrawn = history.commits, tuple(_withdrawn(state, history))
    refuse_nothing(state, withdrawn)
    only = chosen(state, wish.only) if wish.only else ()
    whole = not only or {keep.n for keep in kept_line(state) if keep.stands and keep.commit not in held} <= set(
        wish.only
    )
    if whole and leads_to(repository, best, old):
        there = tuple(keep.n for keep in kept_line(state) if keep.stands)
        return Plan(branch, old, (), there, withdrawn, measured=_measured(repository, state, old))
    others = count_between(repository, old, state.base) if leads_to(repository, old, state.base) else 0
    forward = whole and leads_to(repository, old, best) and not (wish.squash and others)
    keeps = kept_line(state) if forward else all_of(state, _numbers(state, held)) if whole else only
    wanted = [keep for keep in keeps if keep.commit not in held]
    onto = state.base if forward and others else old
    made = stack(repository, onto, wanted, lambda keep: message_of_copy(state, keep, branch.name))
    if made.stuck:
        raise conflict(repository, state, branch, wanted, made, withdrawn)
    new, puts = made.tip, made.puts
    measured = _measured(repository, state, new)
    if wish.squash and puts:
        new, puts = _squashed(repository, state, branch, new, puts, measured=measured)
    there = (*(keep.n for keep in keeps if keep.commit in held and keep.stands), *made.void)
    return Plan(branch, new, puts, there, withdrawn, others if forward else 0, wish.squash, measured)


def _squashed(
    repository: Repository, state: CampaignState, branch: Branch, tip: str, puts: Sequence[Put], *, measured: int | None
) -> tuple[str, tuple[Put, ...]]:
    numbers = {put.n for put in puts}
    keeps = [keep for keep in kept_line(state) if keep.n in numbers and not is_taken_out(state, keep.n)]
    message = message_of_squash(state, keeps, branch.name, measured=measured)
    changes = repository.changed(branch.commit, tip)
    commit = repository.commit(branch.commit, changes, message, when=date_of(repository, tip))
    return commit, tuple(Put(keep.n, keep.commit, commit) for keep in keeps)


def _measured(repository: Repository, state: CampaignState, commit: str) -> int | None:
    """Give the newest experiment of the kept line whose tree this is, 0 for the baseline."""
    tree = repository.tree_of(commit)
    line = (Keep(0, state.base, ""), *kept_line(state))
    return next((keep.n for keep in reversed(line) if repository.tree_of(keep.commit) == tree), None)


def _numbers(state: CampaignState, held: dict[str, str]) -> frozenset[int]:
    return frozenset(one.n for one in state.experiments if one.candidate is not None and one.candidate.commit in held)


def _withdrawn(state: CampaignState, history: Held) -> list[tuple[int, str]]:
    """Find what the branch holds and the best so far does not any more; what a prune took out goes with the commit that did."""
    line, held = {keep.commit for keep in kept_line(state)}, history.commits
    gone = [
        (one.n, held[one.candidate.commit])
        for one in state.experiments
        if one.taken_out and one.candidate and one.candidate.commit in held and one.candidate.commit not in line
    ]
    return [(n, commit) for n, commit in gone if not history.is_reverted(commit)]
