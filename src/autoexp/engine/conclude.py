"""Steps 6 to 8: the verdict is written, then the refs follow it, then the number is closed."""

from typing import NamedTuple

from autoexp.campaign.events import Decided, Done, Noted
from autoexp.campaign.state import Experiment
from autoexp.engine.mirror import keep_verdict, kept
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError, GitError, RefMovedError
from autoexp.workspaces.refs import RefUpdate


def conclude(shop: Workshop, ruling: Decided) -> None:
    """Write the verdict and make it true. After step 6 it stands, whatever happens to this process."""
    with shop.faults.around("decision", ruling.n):
        shop.record(ruling)
    with shop.faults.around("keep", ruling.n):
        settle(shop, ruling.n)
    with shop.faults.around("done", ruling.n):
        opened = shop.state.open
        shop.record(Done(n=ruling.n, status=opened.ruled_status if opened else ""))


def settle(shop: Workshop, n: int) -> None:
    """Step 7: record ref, and for a keep, or a checkpoint test that failed, the compare-and-swap of best. Safe to do again."""
    experiment = shop.state.open
    if experiment is None or experiment.n != n:
        return
    move = _move(experiment)
    unwritten = shop.refs.read(shop.ref("record", n)) is None
    updates = [keep_verdict(shop, experiment)] if unwritten else []
    best, found = shop.ref("best"), shop.refs.read(shop.ref("best"))
    if move is not None and found != move.new:
        # A ref that is gone was lost and is made again; one that stands elsewhere was moved, and is nobody's to overwrite.
        updates.append(RefUpdate(best, move.new, None if found is None else move.old))
    try:
        shop.refs.update(updates)
    except RefMovedError as moved:
        if move is None or shop.refs.read(best) in {None, move.new, move.old}:
            raise
        raise moved_by_others(shop, move.old) from moved
    if unwritten:
        kept(shop)
    if move is not None:
        show_branch(shop, move.new)


class _Move(NamedTuple):
    """Where the ref of the best goes, and where it comes from."""

    new: str
    old: str


def _move(experiment: Experiment) -> _Move | None:
    """Tell how the best moves: up to a keep, or back from what a checkpoint test did not confirm."""
    if experiment.candidate is None or not (experiment.kept or experiment.refuted):
        return None
    up = _Move(experiment.candidate.commit, experiment.parent)
    return up if experiment.kept else _Move(up.old, up.new)


def moved_by_others(shop: Workshop, recorded: str) -> CampaignError:
    """Give the error for a best that stands where nobody here has put it."""
    name = shop.ref("best")
    return CampaignError(
        f"{name} stands at {str(shop.refs.read(name))[:12]}, the record says {recorded[:12]}: somebody else moved it",
        where=str(shop.folder.path),
        fix=f"`autoexp repair --yes --tag {shop.folder.tag}` puts it back and keeps the other value, or start a campaign with another --tag",
    )


def show_branch(shop: Workshop, commit: str) -> None:
    """Move the branch that people look at; it is a view, so what hinders it is a note, once a session."""
    tag, state = shop.folder.tag, shop.state
    was_base = bool(state.knowledge.totals.taken_out)
    try:
        with shop.faults.around("branch", state.last_n):
            note = shop.refs.move_view_branch(tag, commit, base=state.base, was_base=was_base)
    except GitError as error:
        note = f"branch autoexp/{tag} is not moved: {error}"
    if note and note not in shop.told:
        shop.told.add(note)
        shop.record(Noted(text=note))


def show_branch_at_end(shop: Workshop) -> None:
    """Move the branch once more before a session ends, where something hindered it: a checkout may have let it go."""
    shown, best = shop.refs.read(f"refs/heads/autoexp/{shop.folder.tag}"), shop.state.incumbent.commit
    if shop.state.counts.kept and shown != best:
        show_branch(shop, best)
