"""The refs' part of a repair: those that the record asks for are made again, those that it denies are named or kept aside."""

from collections.abc import Sequence

from autoexp.engine.faults import Faults
from autoexp.engine.restoring.commits import mend_commits, unjudged_commits
from autoexp.engine.restoring.findings import Notes, some
from autoexp.engine.restoring.mirrored import agrees, mend_blobs
from autoexp.engine.restoring.plan import Plan
from autoexp.engine.restoring.shelf import Shelf, number_of
from autoexp.engine.restoring.wanted import Wanted
from autoexp.stores.salvage import Line
from autoexp.workspaces.refs import Refs, RefUpdate

AT_ONCE = 200
"""Refs that are made in one transaction."""


def mend_refs(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, faults: Faults, *, take: bool) -> None:
    """Bring the refs into agreement with the record, as far as objects exist."""
    plan = Plan()
    unjudged = unjudged_commits(shelf, found)
    _put_aside(shelf, found, lines, notes, plan)
    elsewhere = mend_blobs(shelf, found, lines, notes, plan) + mend_commits(shelf, found, unjudged, notes, plan)
    _elsewhere(shelf, elsewhere, notes, plan, take=take)
    if not notes.looking:
        with faults.around("refs", 0):
            _write(shelf, plan)
    _branch(shelf, found, notes)


def _put_aside(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, plan: Plan) -> None:
    """Keep below `lost` what belongs to experiments that no record tells of: their numbers are used again."""
    names = shelf.later(found.state.last_n)
    names += [name for name in shelf.names if _later_segment(name, len(found.state.segments))]
    tail = shelf.held.get("tail")
    if "tail" in shelf.names and tail is not None and not agrees(tail, lines):
        names.append("tail")
    if names and notes.mend(
        "unknown",
        found=f"no record tells of {some(names)}",
        done=f"no record tells of {some(names)}: kept below {shelf.prefix}lost",
        refs=names,
        experiments=sorted({n for name in names if (n := number_of(name))}),
    ):
        for name in names:
            plan.moves += shelf.aside(name)
            shelf.held.pop(name, None)
            if name != "tail":  # which is written anew, or taken away, with what follows
                plan.moves.append(RefUpdate(shelf.prefix + name, None, shelf.names.pop(name)))


def _later_segment(name: str, count: int) -> bool:
    kind, _, k = name.partition("/")
    return kind == "segment" and k.isdigit() and int(k) >= count


def _elsewhere(shelf: Shelf, other: list[tuple[str, str]], notes: Notes, plan: Plan, *, take: bool) -> None:
    if not other:
        return
    names = [name for name, _ in other]
    if take and not notes.looking:
        notes.mend(
            "moved",
            found="",
            done=f"{some(names)} stood elsewhere than the record says: moved back, with the former values below {shelf.prefix}lost",
            refs=names,
        )
        for name, oid in other:
            plan.moves += [*shelf.aside(name), RefUpdate(shelf.prefix + name, oid, shelf.names[name])]
        return
    notes.leave(
        "moved",
        f"{some(names)} {'stands' if len(names) == 1 else 'stand'} elsewhere than the record says: somebody moved {'it' if len(names) == 1 else 'them'}",
        fix=f"`autoexp repair --yes` moves back, and keeps the former values below {shelf.prefix}lost",
        refs=names,
    )


def _write(shelf: Shelf, plan: Plan) -> None:
    refs, moves = Refs(shelf.repository), list(plan.moves)
    for at in range(0, len(plan.blobs), AT_ONCE):
        part = plan.blobs[at : at + AT_ONCE]
        oids = shelf.repository.write_blobs([blob for _, blob in part])
        moves += [
            RefUpdate(shelf.prefix + name, oid, shelf.names.get(name))
            for (name, _), oid in zip(part, oids, strict=True)
            if name and oid != shelf.names.get(name)
        ]
    for at in range(0, len(moves), AT_ONCE):
        refs.update(moves[at : at + AT_ONCE])


def _branch(shelf: Shelf, found: Wanted, notes: Notes) -> None:
    """Show the best so far on the branch that people look at."""
    best, name, refs = found.bests[0], f"autoexp/{shelf.tag}", Refs(shelf.repository)
    shown = refs.read(f"refs/heads/{name}")
    if shown == best or (shown is None and best == found.state.base) or shelf.repository.resolve(best) is None:
        return
    was_base = bool(found.state.knowledge.totals.taken_out)
    if shown is not None:
        if not notes.looking:
            refs.move_view_branch(shelf.tag, best, base=found.state.base or None, was_base=was_base)
    elif refs.read("refs/heads/autoexp") is None and notes.mend(
        "missing",
        found=f"the branch {name} is missing",
        done=f"the branch {name} is made again",
        refs=[f"refs/heads/{name}"],
    ):
        refs.move_view_branch(shelf.tag, best)
