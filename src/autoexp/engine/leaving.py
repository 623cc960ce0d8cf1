"""The best so far without some of its keeps, as a commit: what an ablation measures, and what a prune tries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autoexp.campaign.members import Keep
from autoexp.workspaces.changes import Change
from autoexp.workspaces.merging import Conflict, Draft, Trees
from autoexp.workspaces.repository import Repository

PLACES_NAMED = 6


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The best so far without some keeps: its `commit`, or None where there is no such tree, and `detail` says why.

    `together` are later keeps that had to go as well, oldest first, because they are built on what is left out; `hunks` name the places in words.
    """

    commit: str | None
    together: tuple[int, ...] = ()
    hunks: tuple[str, ...] = ()
    detail: str = ""


def leave_out(repository: Repository, best: str, keeps: Sequence[Keep], n: int) -> LeftOut:
    """Give the best so far without keep `n`; `keeps` is the whole kept line, as campaign.members.kept_line gives it.

    The commit has no ref: made again from the same journal it is the same commit, to the byte, so a command that was killed makes it once more,
    and git may take it once nobody measures it. Raises GitError where a commit of the line is gone.
    """
    return leave_out_all(repository, best, keeps, (n,))


def leave_out_all(repository: Repository, best: str, keeps: Sequence[Keep], members: Collection[int]) -> LeftOut:
    """Give the best so far without several keeps at once. See `leave_out`."""
    taken = without(repository, best, keeps, members)
    if not taken.changes:
        return LeftOut(None, taken.together, taken.hunks, taken.detail)
    numbers = ", ".join(map(str, sorted({*members, *taken.together})))
    message = f"the best so far without experiment{'s' if ',' in numbers else ''} {numbers}\n"
    commit = repository.commit(best, taken.changes, message, when=keeps[-1].when)
    return LeftOut(commit, taken.together, taken.hunks)


@dataclass(frozen=True, slots=True)
class Taken:
    """The changes to the best so far that leave some keeps out; none where that cannot be done, and `detail` says why."""

    changes: tuple[Change, ...] = ()
    together: tuple[int, ...] = ()
    hunks: tuple[str, ...] = ()
    detail: str = ""


def without(repository: Repository, best: str, keeps: Sequence[Keep], members: Collection[int]) -> Taken:
    """Work out what leaving keeps out changes, with the smallest set of later keeps that goes with them; contents are stored."""
    known = {keep.n for keep in keeps if keep.stands}
    if unknown := sorted(set(members) - known):
        return Taken(detail=f"{_numbered(unknown)} not in the best so far")
    line = _Line(repository, best, keeps)
    together = _together(line, members)
    if together is None:
        return Taken(hunks=line.words(members), detail="what was taken out of the best so far since is built on it")
    draft = line.draft({*members, *together})
    changes = draft.store() if draft else ()
    hunks = line.words({*members, *together}) if together else ()
    return Taken(changes, together, hunks, "" if changes else "nothing of it is left in the best so far")


def _together(line: "_Line", members: Collection[int]) -> tuple[int, ...] | None:
    """Find the later keeps that have to go as well: those that hold lines of the members, or of one another, and no more than needed."""
    taken = set(members)
    while stuck := line.stuck(taken):
        held_by = line.holders(*stuck, aside=taken) or line.later(taken)
        if not held_by:
            return None
        taken |= held_by
    for n in sorted(taken.difference(members)):  # the oldest first: what is built on it is out of the way then
        if not line.stuck(taken - {n}):
            taken.discard(n)
    return tuple(sorted(taken.difference(members)))


class _Line:
    """The kept line under the best so far, and what taking some of it out would bring."""

    def __init__(self, repository: Repository, best: str, keeps: Sequence[Keep]) -> None:
        self._repository = repository
        self._best = best
        self._keeps = keeps
        self._trees = Trees(repository)

    def draft(self, members: Collection[int]) -> Draft | None:
        """Give the best so far without these keeps, None with a conflict."""
        draft = Draft(self._repository, self._best, self._trees)
        return None if self._revert(draft, members) else draft

    def stuck(self, members: Collection[int]) -> tuple[Keep, tuple[Conflict, ...]] | None:
        """Give the first of these keeps, newest first, that cannot be taken out where all others are left in, and the places."""
        return self._revert(Draft(self._repository, self._best, self._trees), members)

    def holders(self, keep: Keep, conflicts: Sequence[Conflict], *, aside: Collection[int]) -> set[int]:
        """Give the standing keeps that put the lines of conflicts there, in a best so far without those `aside`."""
        found = {self._holder(conflict, keep, aside=aside) for conflict in conflicts}
        return {one.n for one in self._keeps if one.n in found and one.stands}

    def later(self, members: Collection[int]) -> set[int]:
        """Give all standing keeps after the first of these."""
        return {keep.n for keep in self._keeps if keep.stands and keep.n > min(members)} - set(members)

    def words(self, members: Collection[int]) -> tuple[str, ...]:
        """Name the places of the best so far where later keeps hold on to one of these, and the keeps."""
        found: dict[str, None] = {}
        for keep in self._keeps:
            if keep.n in members:
                draft = Draft(self._repository, self._best, self._trees)
                for conflict in draft.merge(base=keep.commit, theirs=keep.parent):
                    found[self._named(conflict, keep)] = None
        more = len(found) - PLACES_NAMED
        return (*list(found)[:PLACES_NAMED], *([f"and {more} more places"] if more > 0 else []))

    def _revert(self, draft: Draft, members: Collection[int]) -> tuple[Keep, tuple[Conflict, ...]] | None:
        for keep in reversed(self._keeps):
            if keep.n in members and (conflicts := draft.merge(base=keep.commit, theirs=keep.parent)):
                return keep, conflicts
        return None

    def _named(self, conflict: Conflict, keep: Keep) -> str:
        holder = self._holder(conflict, keep, aside=())
        if holder is None:
            return f"{conflict.place}, {conflict.why}"
        what = "in the hunk of" if conflict.start is not None else "which was changed by"
        return f"{conflict.place}, {what} experiment {holder}"

    def _holder(self, conflict: Conflict, keep: Keep, *, aside: Collection[int]) -> int | None:
        """Follow lines of the best so far down the kept line, to the newest keep after `keep` that put them there.

        Those `aside` were taken out before, so that they have moved no line.
        """
        at = None if conflict.start is None else conflict.start - 1
        for later in reversed(self._keeps):
            if later.n <= keep.n:
                return None
            change = self._trees.changes(later.parent, later.commit).get(conflict.path)
            if change is None or later.n in aside:
                continue
            if at is None or change.old is None or change.new is None:
                return later.n
            shift = 0
            for hunk in self._trees.hunks(change.old.oid, change.new.oid):
                if _holds(hunk.new, hunk.new_count, at, conflict.count):
                    return later.n
                if hunk.new + hunk.new_count <= at:
                    shift += hunk.old_count - hunk.new_count
            at += shift
        return None


def _holds(start: int, length: int, at: int, count: int) -> bool:
    """Tell whether two ranges of lines share a line, or one of them is a place in the other where lines were removed."""
    if length == 0 or count == 0:
        return start <= at + count and at <= start + length
    return start < at + count and at < start + length


def _numbered(numbers: Sequence[int]) -> str:
    several = len(numbers) > 1
    return f"experiment{'s' if several else ''} {', '.join(map(str, numbers))} {'are' if several else 'is'}"
