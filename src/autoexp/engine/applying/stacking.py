"""Kept changes put on top of a commit, one after the other, each by a three-way merge: no checkout is needed, and nothing moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autoexp.campaign.members import Keep
from autoexp.workspaces.history import date_of
from autoexp.workspaces.merging import Conflict, merged
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Put:
    """A kept change on a branch: `commit` is what it became there, which is the kept commit itself where that fits as it is."""

    n: int
    kept: str
    commit: str

    @property
    def is_copy(self) -> bool:
        """Tell whether it had to be made anew."""
        return self.commit != self.kept


@dataclass(frozen=True, slots=True)
class Stuck:
    """A kept change that does not go on top, and where."""

    keep: Keep
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """What came of putting keeps on a commit: the `tip`, what was put there, what changes nothing there, and what does not go."""

    tip: str
    puts: tuple[Put, ...]
    void: tuple[int, ...]
    stuck: tuple[Stuck, ...]


def stack(repository: Repository, onto: str, keeps: Sequence[Keep], message_of: Callable[[Keep], str]) -> Stack:
    """Put keeps on a commit, in order; one that does not go is left out, and those after it are tried all the same.

    Commits have no ref. Made again from the same commits they are the same, to the byte. Raises GitError where a kept commit is gone.
    """
    tip, begun = onto, date_of(repository, onto)
    puts: list[Put] = []
    void: list[int] = []
    stuck: list[Stuck] = []
    for keep in keeps:
        commit = keep.commit
        if keep.parent != tip:
            found = merged(repository, base=keep.parent, ours=tip, theirs=keep.commit)
            if found.conflicts:
                stuck.append(Stuck(keep, found.conflicts))
                continue
            if not found.changes:
                void.append(keep.n)
                continue
            commit = repository.commit(tip, found.changes, message_of(keep), when=max(keep.when, begun))
        puts.append(Put(keep.n, keep.commit, commit))
        tip = commit
    return Stack(tip, tuple(puts), tuple(void), tuple(stuck))
