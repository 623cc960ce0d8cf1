"""What was kept, brought into the user's branch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoexp.api.looking import inspect, status_of
from autoexp.api.places import Place
from autoexp.campaign.members import standing
from autoexp.campaign.state import CampaignState
from autoexp.engine.applying.choosing import is_taken_out
from autoexp.engine.applying.deed import Applied, look
from autoexp.engine.applying.deed import apply as applied
from autoexp.engine.applying.messages import described, effect_of
from autoexp.engine.applying.plan import Wish as ApplyWish
from autoexp.engine.faults import Faults
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository

__all__ = ["ApplyWish", "Brought", "apply"]


@dataclass(frozen=True, slots=True)
class Brought:
    """What was brought into a branch, or would be (`dry_run`), and what a person has to know about it."""

    applied: Applied
    status: dict[str, Any]
    commits: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    undo: str
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        plan, known = self.applied.plan, self.status
        return {
            "tag": known["tag"],
            "branch": plan.branch.name,
            "checkout": str(plan.branch.checkout) if plan.branch.checkout else None,
            "before": plan.branch.commit,
            "after": plan.new,
            "dry_run": self.dry_run,
            "refused": str(self.applied.refused) if self.applied.refused else None,
            "commits": list(self.commits),
            "squashed": plan.squashed,
            "already_there": list(plan.there),
            "withdrawn": [{"n": n, "commit": commit} for n, commit in plan.withdrawn],
            "own_commits": plan.others,
            "files": [{"path": one.path, "added": one.added, "removed": one.removed} for one in self.applied.files],
            "measured_as": plan.measured,
            "is_best": plan.measured is not None and plan.measured == known["incumbent"]["n"],
            "in_loop_gain": known["in_loop_gain"],
            "confirmed_gain": known["confirmed_gain"],
            "warnings": list(self.warnings),
            "undo": self.undo if plan.moves else None,
        }


def apply(place: Place, wish: ApplyWish, *, environ: Mapping[str, str]) -> Brought:
    """Bring what was kept into the user's branch, or tell what that would do. Raises AutoexpError where it cannot be; then nothing was changed."""
    found = inspect(place)
    faults = Faults(environ.get("AUTOEXP_FAULT", ""))
    repository = Repository.open(place.folder)
    try:
        made = (
            look(repository, found.state, wish)
            if wish.dry_run
            else applied(repository, found.state, wish, faults=faults)
        )
        best = Refs(repository).read(f"refs/autoexp/{found.folder.tag}/best")
    finally:
        repository.close()
    status = status_of(found.state, running=found.running)
    warnings = _warnings(found.state, status, made, best)
    return Brought(made, status, _commits(found.state, made), warnings, made.undo(place.folder), wish.dry_run)


def _commits(state: CampaignState, made: Applied) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "n": put.n,
            "commit": put.commit,
            "kept": put.kept,
            "description": described(state, put.n),
            "effect": effect_of(state, put.n),
            "provisional": put.n in state.provisional,
        }
        for put in made.plan.puts
    )


def _warnings(state: CampaignState, status: dict[str, Any], made: Applied, best: str | None) -> tuple[str, ...]:
    """Say what a person should know before the change goes anywhere else."""
    plan, found = made.plan, []
    if waiting := [put.n for put in plan.puts if put.n in state.provisional]:
        waits = "waits" if len(waiting) == 1 else "wait"
        found.append(f"provisional: {_named(waiting)} {waits} for a checkpoint test, which may undo it (`autoexp run`)")
    if (end := status["holdout_end"]) is not None and end["passed"] is False:
        found.append("the holdout FAILED as the campaign ended: what was gained may not hold on other inputs")
    if status["state"] == "running":
        found.append(
            "the campaign is running: this is the best of now, `autoexp apply` again brings what it keeps later"
        )
    elif best != state.incumbent.commit:
        found.append(
            f"refs/autoexp/{state.tag}/best is not where the record says; the record was followed (`autoexp repair`)"
        )
    if out := [put.n for put in plan.puts if is_taken_out(state, put.n)]:
        left = [put.n for put in plan.puts if put.n in standing(state)]
        others = f"`--only {' '.join(map(str, left))}` brings what remains alone, " if left else ""
        found.append(
            f"{_named(out)} came in and {'was' if len(out) == 1 else 'were'} taken out again: both come as commits of the history; "
            f"{others}`--squash` makes one commit of all"
        )
    for n, commit in plan.withdrawn:
        found.append(
            f"{plan.branch.name} holds experiment {n}, which was taken out of the best so far: `git revert {commit[:12]}`"
        )
    if plan.others:
        found.append(f"{plan.others} commits of your own, from before the campaign began, come along")
    if plan.puts and plan.measured is None:
        found.append(
            "this tree as a whole was not measured, and the campaign's gain is not known to be its own: `autoexp try` measures it, or a campaign of its own (`autoexp run --tag NEW`)"
        )
    elif plan.puts and plan.measured != state.incumbent.n:
        found.append(
            f"this is the tree of experiment {plan.measured}, and not the best so far: the campaign's gain is not that of this tree"
        )
    return tuple(found)


def _named(numbers: list[int]) -> str:
    return f"experiment{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
