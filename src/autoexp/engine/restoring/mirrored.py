"""The blobs' part of a repair: verdicts, segments and the tail hold every record of the journal."""

from collections.abc import Sequence

from autoexp.engine.restoring.findings import Notes, many, some
from autoexp.engine.restoring.plan import Plan
from autoexp.engine.restoring.shelf import Shelf
from autoexp.engine.restoring.wanted import Anchor, Wanted
from autoexp.stores.blobs import Held, packed
from autoexp.stores.salvage import Line
from autoexp.workspaces.refs import RefUpdate


def mend_blobs(shelf: Shelf, found: Wanted, lines: Sequence[Line], notes: Notes, plan: Plan) -> list[tuple[str, str]]:
    """See that the blobs hold every record, and give the refs whose blobs tell something else, with what they should be."""
    covered = 0
    missing: list[str] = []
    old: list[str] = []
    thin: list[str] = []
    other: list[tuple[str, str]] = []
    for anchor in found.anchors.values():
        held, name = shelf.held.get(anchor.name), anchor.name
        if held is not None and not agrees(held, lines):
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
        text = f"{many(len(missing), 'ref')} of verdicts or segments missing in git: {some(missing)}"
        notes.mend("missing", found=text, done=f"{text}; made again from the journal", refs=missing)
    if thin:
        text = f"records that no blob holds, before {some(thin)}"
        notes.mend("missing", found=text, done=f"{text}: added there", refs=thin)
    if old:
        text = f"{many(len(old), 'blob')} of an earlier version held summaries and no records"
        notes.tell("summaries", text + ("" if notes.looking else ": the records are in git now"), refs=old)
    _tail(shelf, found, covered, lines, notes, plan)
    return other


def _tail(shelf: Shelf, found: Wanted, covered: int, lines: Sequence[Line], notes: Notes, plan: Plan) -> None:
    tail, at = shelf.held.get("tail"), shelf.names.get("tail")
    if covered >= len(lines) and tail is None and at is not None:
        plan.moves.append(RefUpdate(f"{shelf.prefix}tail", None, at))
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


def agrees(held: Held, lines: Sequence[Line]) -> bool:
    """Tell whether a blob's lines are the journal's. The chain vouches for those before the last."""
    return held.end <= len(lines) and all(
        line.text == text for line, text in zip(lines[held.first : held.end], held.lines, strict=True)
    )
