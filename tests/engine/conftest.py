"""A session's parts in a temporary repository: real git and journal, a proposer and an executor that are a few lines."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from autoexp.campaign.events import Event, Record
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import Brief
from autoexp.engine import clocks
from autoexp.engine.cells import Cells
from autoexp.engine.clocks import Clocks, Instant
from autoexp.engine.contract import Contract
from autoexp.engine.faults import Faults
from autoexp.engine.loop import run
from autoexp.engine.recovery import recover
from autoexp.engine.signals import INTERRUPTED, StopFlag
from autoexp.engine.workshop import Workshop
from autoexp.errors import StorageError
from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal
from autoexp.ports import Checked, Desk, NothingLeft, Proposer
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec import load
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.lines import Stamp
from autoexp.strategies.greedy import Greedy
from autoexp.workspaces import ProposalCopy, Refs, Repository, Scope

CONTRACT = """\
scope: {edit: [value.txt]}
harness: {measure: "none is run", checks: "neither"}
metrics: {x: {role: primary, direction: lower}}
measurement: {deterministic: true}
budget: {consecutive_discards: null}
"""

SAME_MOMENT = {"GIT_AUTHOR_DATE": "@1700000000 +0000", "GIT_COMMITTER_DATE": "@1700000000 +0000"}
"""All campaigns begin at the same commit, so their seeds are the same."""

Step = Callable[[Desk], None]


@dataclass
class Values:
    """Proposes the values it was given, one an experiment; a function among them is called instead."""

    values: Sequence[int | Step]

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        if brief.position >= len(self.values):
            raise NothingLeft
        value = self.values[brief.position]
        if callable(value):
            value(desk)
        else:
            (desk.workspace / "value.txt").write_text(f"{value}\n")
        return Proposal(description=f"value {value}")


@dataclass
class Reading:
    """Measures a commit by reading its value.txt, with a noise that follows from value and seed. What stands in `failures` is raised once each."""

    repository: Repository
    failures: list[Exception] = field(default_factory=list)
    taken: int = 0
    noise: float = 0.0
    wall_s: float = 0.0

    def sample(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        if n and self.failures:
            raise self.failures.pop(0)
        self.taken += 1
        text = self.repository.read_blob(f"{commit}:value.txt").decode().strip()
        if text.startswith("crash"):
            return Sample(side=side, i=i, seed=seed, outcome=Outcome.CRASH, detail=f"Traceback: {text}")
        value = float(text) * (1 + self.noise * Random(f"{text} {seed}").gauss())
        return Sample(side=side, i=i, seed=seed, values={"x": value}, usage=Usage(wall_s=self.wall_s))

    def checks(self, commit: str, *, n: int) -> Checked:
        wrong = self.repository.read_blob(f"{commit}:value.txt").decode().strip() == "13"
        return Checked(Outcome.CHECKS_FAILED, "13 is wrong") if wrong else Checked(Outcome.MEASURED)

    def holdout(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        return self.sample(commit, side, n=n, i=i, seed=seed)

    def verify(self, n: int) -> tuple[str, ...]:
        return ()

    def fingerprint(self) -> Mapping[str, str]:
        return {}


@dataclass
class FullDisk:
    """A journal on a disk that is full from the n-th record on."""

    inner: FileJournal
    left: int
    asked: int = 0

    def read(self, start: int = 0):
        return self.inner.read(start)

    def append(self, event: Event) -> Record:
        self.asked += 1
        if self.asked > self.left:
            raise StorageError("no space left on device")
        return self.inner.append(event)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Bell:
    """A journal that has a person press Ctrl-C when so many records are written."""

    inner: FileJournal
    left: int
    stop: StopFlag

    def read(self, start: int = 0):
        return self.inner.read(start)

    def append(self, event: Event) -> Record:
        record = self.inner.append(event)
        self.left -= 1
        if self.left == 0:
            self.stop.reason = INTERRUPTED
        return record

    def close(self) -> None:
        self.inner.close()


@dataclass
class Bench:
    """Opens sessions of one campaign."""

    repository: Repository
    cache: Path
    values: Sequence[int | Step] = (90, 95, 80)
    failures: list[Exception] = field(default_factory=list)
    taken: int = 0
    proposer: Proposer | None = None
    waited: list[float] = field(default_factory=list)
    budget: str = ""
    look: Callable[[], Instant] = clocks.look
    contract: str = CONTRACT
    boot: str = "boot"
    noise: float = 0.0
    wall_s: float = 0.0
    reading: type[Reading] = Reading

    def session(
        self,
        *,
        records: int | None = None,
        experiments: int | None = None,
        interrupt: int | None = None,
        act: Callable[[Workshop], object] | None = None,
    ) -> CampaignState:
        """Run a session that may write some records, or is interrupted after some, and give the state that it reached.

        With `act` that is what the session does, once it has looked after what an earlier one left.
        """
        stop = StopFlag()
        text = self.contract.replace("consecutive_discards: null", f"consecutive_discards: null{self.budget}")
        spec = load(text)
        folder = CampaignFolder(self.repository.common_dir, spec.name)
        executor = self.reading(self.repository, self.failures, noise=self.noise, wall_s=self.wall_s)
        with FileJournal(folder.path, self.stamp) as journal:
            shop = Workshop(
                contract=Contract(spec, text, "", self.cache),
                folder=folder,
                repository=self.repository,
                refs=Refs(self.repository),
                journal=_journal(journal, stop, records, interrupt),
                copy=ProposalCopy(self.repository, self.cache / "propose"),
                scope=Scope(spec.scope.edit),
                proposer=self.proposer or Values(self.values),
                strategy=Greedy(),
                executor=executor,
                faults=Faults(),
                stop=stop,
                marker="autoexp-test:1",
                cells=Cells(Cell(), Cell(), {}, ""),
                desk=self.cache / "desk",
                home=self.cache / "home",
                torn=journal.torn,
                late=frozenset(),
                clock=time.monotonic,
                clocks=Clocks(self.look),
            )
            shop.load()
            try:
                if act is None:
                    run(shop, experiments=experiments)
                else:
                    recover(shop)
                    act(shop)
            finally:
                self.taken = executor.taken
        return shop.state

    def stamp(self) -> Stamp:
        """Give the time of a record, by the clocks that the session goes by."""
        now = self.look()
        return Stamp(now.wall, now.awake_s, self.boot)

    def git(self, *arguments: str) -> str:
        """Ask git in the user's repository."""
        command = ["git", "-C", str(self.repository.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _journal(journal: FileJournal, stop: StopFlag, records: int | None, interrupt: int | None):
    if interrupt is not None:
        return Bell(journal, interrupt, stop)
    return journal if records is None else FullDisk(journal, records)


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """Give a bench with a repository of its own."""
    root = folder / "project"
    root.mkdir(parents=True)
    (root / "value.txt").write_text("100\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
        subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, env={**os.environ, **SAME_MOMENT})
    repository = Repository.open(root)
    yield Bench(repository, folder / "cache")
    repository.close()


@pytest.fixture
def bench(tmp_path: Path):
    with opened(tmp_path) as made:
        yield made
