"""Refs and runs of a session that leaves nothing: refs are kept on paper, and the runs may be bounded."""

from collections.abc import Mapping, Sequence

from autoexp.errors import RefMovedError
from autoexp.experiment.measurement import Sample, Side
from autoexp.ports import Checked, Executor
from autoexp.workspaces.refs import WAIT_S, Refs, RefUpdate
from autoexp.workspaces.repository import Repository


class PaperRefs(Refs):
    """Refs that read like those of the repository, and whose moves nobody else sees."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self._moved: dict[str, str | None] = {}

    def read(self, name: str) -> str | None:
        """Return the object a ref points at, None when it does not exist."""
        return self._moved[name] if name in self._moved else super().read(name)

    def list(self, prefix: str) -> dict[str, str]:
        """Return all refs below a prefix."""
        below = {name: oid for name, oid in self._moved.items() if name.startswith(prefix)}
        return {name: oid for name, oid in {**super().list(prefix), **below}.items() if oid is not None}

    def update(self, updates: Sequence[RefUpdate], *, wait_s: float = WAIT_S) -> None:
        """Move all refs or none, on paper; RefMovedError when one of them is not where it was expected."""
        del wait_s
        for update in updates:
            if (found := self.read(update.name)) != update.old:
                raise RefMovedError(f"{update.name} is at {found}, expected {update.old}")
        self._moved |= {update.name: update.new for update in updates}


class EnoughRuns(Exception):  # noqa: N818  an answer, not a failure
    """As many runs were made as were asked for, and the rule asks for another one."""


class Bounded:
    """Fills the role `ports.Executor` with another executor that makes at most `most` runs of an experiment; None does not bound them."""

    def __init__(self, executor: Executor, most: int | None) -> None:
        self._executor = executor
        self._left = most

    def sample(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the harness once. Raises EnoughRuns; the runs of a baseline are not counted."""
        if self._left is not None and n:
            if self._left <= 0:
                raise EnoughRuns
            self._left -= 1
        return self._executor.sample(commit, side, n=n, i=i, seed=seed)

    def checks(self, commit: str, *, n: int) -> Checked:
        """Run the checks."""
        return self._executor.checks(commit, n=n)

    def holdout(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the holdout once."""
        return self._executor.holdout(commit, side, n=n, i=i, seed=seed)

    def verify(self, n: int | str) -> tuple[str, ...]:
        """Look at the trees once more."""
        return self._executor.verify(n)

    def fingerprint(self) -> Mapping[str, str]:
        """Give the facts of this environment."""
        return self._executor.fingerprint()
