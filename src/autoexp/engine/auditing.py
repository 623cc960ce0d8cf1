"""The ground that audits stand on: HEAD, and trees that differ from it, measured by the same executor. Nothing of it is recorded."""

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from autoexp.campaign.views import derived_seed
from autoexp.engine.sampling import valued
from autoexp.engine.signals import StopFlag
from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Sample, Side
from autoexp.harness.audits import Edits, Figure
from autoexp.ports import Checked
from autoexp.spec.model import Spec
from autoexp.workspaces.changes import PLAIN, Change, Entry
from autoexp.workspaces.repository import Repository

PRINTED = 1_000_000
"""Characters of a run's output that audits may read."""
TIMES, MORE_S = 5.0, 5.0
"""A run on another tree than HEAD's may take so many times a run on HEAD, and so many seconds more."""


@dataclass(slots=True)
class AuditGround:
    """Fills the role `harness.audits.Ground`. `repository` has a store of its own, so that the user's gets no object.

    Every method that runs something raises KeyboardInterrupt once somebody wants to stop.
    """

    spec: Spec
    commit: str
    repository: Repository
    executor: LocalExecutor
    scope: tuple[str, ...]
    samples: tuple[Sample, ...]
    deterministic: bool
    noise: float | None
    sample_s: float
    checks_s: float
    output: Path
    stop: StopFlag
    tell: Callable[[str], None]
    budget_s: float
    began: float = field(default_factory=time.monotonic)
    figures: list[Figure] = field(default_factory=list)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _commits: dict[str, str] = field(default_factory=dict)
    _measured: dict[tuple[str, int], Sample] = field(default_factory=dict)
    _checked: dict[str, Checked] = field(default_factory=dict)
    _runs: int = 0

    def __post_init__(self) -> None:
        """Look at the tree once."""
        self._entries = self.repository.entries(self.commit)

    @property
    def paths(self) -> tuple[str, ...]:
        """Give all paths at HEAD."""
        return tuple(self._entries)

    def read(self, path: str) -> bytes:
        """Give a file's content at HEAD."""
        return self.repository.read_blob(self._entries[path].oid)

    def measure(self, edits: Edits, *, i: int = 0) -> Sample:
        """Run the harness once; what is known already is not run again."""
        if not edits and i < len(self.samples):
            return self.samples[i]
        commit = self._commit(edits)
        if (commit, i) not in self._measured:
            self._runs += 1
            seed = derived_seed(0, "sample", i) % 2**31
            with self._limits(edits):
                taken = self.executor.sample(commit, Side.CANDIDATE, n=self._runs, i=i, seed=seed)
            self._refuse_to_go_on()
            self._measured[commit, i] = valued(self.spec, taken)
        return self._measured[commit, i]

    def checks(self, edits: Edits) -> Checked:
        """Run the checks once; what is known already is not run again."""
        commit = self._commit(edits)
        if commit not in self._checked:
            self._runs += 1
            with self._limits(edits):
                checked = self.executor.checks(commit, n=self._runs)
            self._refuse_to_go_on()
            self._checked[commit] = checked
        return self._checked[commit]

    def holdout(self, edits: Edits) -> Sample:
        """Run the holdout once."""
        if self.spec.harness.holdout is None:
            raise LookupError("the contract has no holdout")
        self._runs += 1
        taken = self.executor.holdout(self._commit(edits), Side.CANDIDATE, n=self._runs, i=0, seed=1)
        self._refuse_to_go_on()
        return taken

    def printed(self, sample: Sample) -> str:
        """Give what a run printed."""
        return self._text(sample.output)

    def _text(self, name: str) -> str:
        path = self.output / name
        if not name or not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as text:
            return text.read(PRINTED)

    def complained(self, sample: Sample) -> str:
        """Give what a run printed on stderr."""
        return self._text(sample.output.removesuffix(".out") + ".err") if sample.output else ""

    def figure(self, figure: Figure) -> None:
        """Keep what is to be shown."""
        self.figures.append(figure)

    def left_s(self) -> float:
        """Give how many seconds audits may still take."""
        return self.budget_s - (time.monotonic() - self.began)

    def _limits(self, edits: Edits) -> AbstractContextManager[None]:
        """Hurry runs on edited trees, which may hang; not longer than what is left, but for a moment to end in."""
        if not edits:
            return nullcontext()
        left_s = max(self.left_s(), 1.0)
        return self.executor.hurried(
            min(TIMES * self.sample_s + MORE_S, left_s), checks_s=min(TIMES * self.checks_s + MORE_S, left_s)
        )

    def _refuse_to_go_on(self) -> None:
        if self.stop():
            raise KeyboardInterrupt

    def _commit(self, edits: Edits) -> str:
        if not edits:
            return self.commit
        key = hashlib.sha256()
        for path, content in sorted(edits.items()):
            key.update(repr((path, content)).encode())
        if key.hexdigest() not in self._commits:
            changes = [self._change(path, content) for path, content in sorted(edits.items())]
            self._commits[key.hexdigest()] = self.repository.commit(self.commit, changes, "An audit's tree\n", when=0)
        return self._commits[key.hexdigest()]

    def _change(self, path: str, content: bytes | None) -> Change:
        old = self._entries.get(path)
        if content is None:
            return Change(path, old, None)
        return Change(path, old, Entry(old.mode if old else PLAIN, self.repository.write_blob(content)))
