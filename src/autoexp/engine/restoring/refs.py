"""The refs' part of a repair: those that the record asks for are made again, those that it denies are named or kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from autoexp.engine.faults import Faults
from autoexp.engine.restoring.findings import Notes, many, some, spans
from autoexp.engine.restoring.shelf import Shelf, number_of, without_objects
from autoexp.engine.restoring.wanted import Anchor, Wanted
from autoexp.stores.blobs import Held, packed
from autoexp.stores.salvage import Line
from autoexp.workspaces.bundles import kinds
from autoexp.workspaces.refs import Refs, RefUpdate

AT_ONCE = 200
"""Refs that are made in one transaction."""


@dataclass(slots=True)
class _Plan:
    """What is to be written: blobs with the refs that they belong to, and moves of refs."""

    blobs: list[tuple[str, bytes]] = field(default_factory=list)
    moves: list[RefUpdate] = field(default_factory=list)


def mend_refs(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, faults: Faults, *, take: bool) -> None:
    """Bring the refs into agreement with the record, as far as objects exist."""
    plan = _Plan()
    _put_aside(shelf, found, lines, notes, plan)
    elsewhere = _blobs(shelf, found, lines, notes, plan) + _commits(shelf, found, notes, plan)
    _elsewhere(shelf, elsewhere, notes, plan, take=take)
    if not notes.looking:
        with faults.around("refs", 0):
            _write(shelf, plan)
    _branch(shelf, found, notes)


def _put_aside(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, plan: _Plan) -> None:
    """Keep below `lost` what belongs to experiments that no record tells of: their numbers are used again."""
    names = shelf.later(found.state.last_n)
    names += [name for name in shelf.names if _later_segment(name, len(found.state.segments))]
    tail = shelf.held.get("tail")
    if "tail" in shelf.names and tail is not None and not _agrees(tail, lines):
        names.append("tail")
    if names and notes.mend(
        "unknown",
        found=f"no record tells of {some(names)}",
        done=f"no record tells of {some(names)}: kept below {shelf.prefix}lost",
        refs=names,
        experiments=sorted({n for name in names if (n := number_of(name))}),
    ):
        for name in names:
            plan.moves += [*shelf.aside(name), RefUpdate(shelf.prefix + name, None, shelf.names.pop(name))]
            shelf.held.pop(name, None)


def _later_segment(name: str, count: int) -> bool:
    kind, _, k = name.partition("/")
    return kind == "segment" and k.isdigit() and int(k) >= count


def _blobs(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, plan: _Plan) -> list[tuple[str, str]]:
    """See that the blobs hold every record, and give the refs whose blobs tell something else, with what they should be."""
    covered = 0
    missing: list[str] = []
    old: list[str] = []
    thin: list[str] = []
    other: list[tuple[str, str]] = []
    for anchor in found.anchors.values():
        held, name = shelf.held.get(anchor.name), anchor.name
        if held is not None and not _agrees(held, lines):
            other.append((name, shelf.repository.object_id("blob", _blob(anchor, covered, lines))))
            plan.blobs.append(("", _blob(anchor, covered, lines)))
        elif held is not None and held.first <= covered and (anchor.due or held.first <= anchor.number < held.end):
            covered = max(covered, held.end)
            continue
        elif anchor.due and name not in shelf.names:
            continue
        else:
            (thin if held is not None else old if name in shelf.summaries else missing).append(name)
            plan.blobs.append((name, _blob(anchor, covered, lines)))
        covered = max(covered, anchor.end)
    if missing:
        text = f"{many(len(missing), 'verdict or segment')} missing in git: {some(missing)}"
        notes.mend("missing", found=text, done=f"{text}; made again from the journal", refs=missing)
    if thin:
        text = f"records that no blob holds, before {some(thin)}"
        notes.mend("missing", found=text, done=f"{text}: added there", refs=thin)
    if old:
        text = f"{many(len(old), 'blob')} of an earlier version held summaries and no records"
        notes.tell("summaries", text + ("" if notes.looking else ": the records are in git now"), refs=old)
    _tail(shelf, found, covered, lines, notes, plan)
    return other


def _tail(shelf: Shelf, found: Wanted, covered: int, lines: Sequence[Line], notes: Notes, plan: _Plan) -> None:
    tail = shelf.held.get("tail")
    if covered >= len(lines) or (tail is not None and tail.first <= covered and tail.end >= len(lines)):
        return
    held = Held(covered, tuple(line.text for line in lines[covered:]))
    if found.ended and not shelf.summaries and not any(one.kind == "missing" for one in notes.found):
        text = "git does not hold the last records"
        notes.mend("missing", found=text, done=f"{text}: kept in {shelf.prefix}tail now", refs=["tail"])
    plan.blobs.append(("tail", packed({"tail": True}, held)))


def _blob(anchor: Anchor, covered: int, lines: Sequence[Line]) -> bytes:
    first = min(covered, anchor.number)
    return packed(anchor.head, Held(first, tuple(line.text for line in lines[first : anchor.end])))


def _agrees(held: Held, lines: Sequence[Line]) -> bool:
    """Tell whether a blob's lines are the journal's. The chain vouches for those before the last."""
    return held.end <= len(lines) and all(
        line.text == text for line, text in zip(lines[held.first : held.end], held.lines, strict=True)
    )


def _commits(shelf: Shelf, found: Wanted, notes: Notes, plan: _Plan) -> list[tuple[str, str]]:
    """See that every candidate and the best so far are reachable, and give the refs that stand elsewhere, with where they belong."""
    gone = without_objects(shelf.repository, found.attempts.values())
    opened = found.state.open.n if found.state.open else None
    missing, lost, other = [], [], []
    for name, attempt in found.attempts.items():
        commit, oid = attempt.candidate.commit, shelf.names.get(name)
        if commit in gone:
            lost.append(attempt.n)
        elif oid is None:
            missing.append(name)
            plan.moves.append(RefUpdate(shelf.prefix + name, commit, None))
        elif oid != commit and attempt.n != opened:
            other.append((name, commit))
    best, at = found.bests[0], shelf.names.get("best")
    if kinds(shelf.repository.git, [best])[best] is None:
        lost.append(found.state.incumbent.n)
    elif at is None:
        missing.append("best")
        plan.moves.append(RefUpdate(shelf.prefix + "best", best, None))
    elif at not in found.bests:
        other.append(("best", best))
    if missing:
        text = f"{many(len(missing), 'commit')} without a ref: {some(missing)}"
        notes.mend("missing", found=text, done=f"{text}; made again from the journal", refs=missing)
    if lost:
        numbers = sorted(set(lost))
        notes.leave(
            "gone",
            f"the changes of these experiments are gone from git, their records are not: {spans(numbers)}",
            fix="fetch their commits from another clone or a backup, if there is one; the campaign goes on without them",
            experiments=numbers,
        )
    return other


def _elsewhere(shelf: Shelf, other: list[tuple[str, str]], notes: Notes, plan: _Plan, *, take: bool) -> None:
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


def _write(shelf: Shelf, plan: _Plan) -> None:
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
    best, name = found.bests[0], f"autoexp/{shelf.tag}"
    refs = Refs(shelf.repository)
    if (
        best == found.state.base
        or refs.read(f"refs/heads/{name}") is not None
        or shelf.repository.resolve(best) is None
    ):
        return
    if refs.read("refs/heads/autoexp") is None and notes.mend(
        "missing",
        found=f"the branch {name} is missing",
        done=f"the branch {name} is made again",
        refs=[f"refs/heads/{name}"],
    ):
        refs.move_view_branch(shelf.tag, best)
