"""The commits' part of a repair: every candidate and the best so far are reachable, as far as their objects exist."""

from collections.abc import Mapping

from autoexp.engine.restoring.findings import Notes, many, some, spans
from autoexp.engine.restoring.plan import Plan
from autoexp.engine.restoring.shelf import Shelf, number_of, without_objects
from autoexp.engine.restoring.wanted import Wanted
from autoexp.workspaces.bundles import kinds
from autoexp.workspaces.refs import RefUpdate


def unjudged_commits(shelf: Shelf, found: Wanted) -> dict[str, int]:
    """Give the commits of experiments without a verdict on record, with their numbers."""
    known = {shelf.names[name]: number_of(name) or 0 for name in shelf.later(found.state.last_n)}
    opened = found.state.open
    if opened is not None and opened.outcome is None and opened.candidate is not None:
        known[opened.candidate.commit] = opened.n
    return known


def mend_commits(
    shelf: Shelf, found: Wanted, unjudged: Mapping[str, int], notes: Notes, plan: Plan
) -> list[tuple[str, str]]:
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
    other += _best(shelf, found, unjudged, notes, plan, missing=missing, lost=lost)
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


def _best(
    shelf: Shelf,
    found: Wanted,
    unjudged: Mapping[str, int],
    notes: Notes,
    plan: Plan,
    *,
    missing: list[str],
    lost: list[int],
) -> list[tuple[str, str]]:
    """See that the best so far is where the record says; a verdict that is lost is none. Gives it when somebody else moved it."""
    best, at = found.bests[0], shelf.names.get("best")
    if kinds(shelf.repository.git, [best])[best] is None:
        lost.append(found.state.incumbent.n)
    elif at is None:
        missing.append("best")
        plan.moves.append(RefUpdate(shelf.prefix + "best", best, None))
    elif at in unjudged and at not in found.bests:
        text = f"best stands at the change of experiment {unjudged[at]}, whose verdict is lost"
        done = f"{text}: it goes back to the best on record, and the former one is kept below {shelf.prefix}lost"
        notes.mend("moved", found=text, done=done, refs=["best"])
        plan.moves += [*shelf.aside("best"), RefUpdate(f"{shelf.prefix}best", best, at)]
    elif at not in found.bests:
        return [("best", best)]
    return []
