"""The commands of a harness, each tried on HEAD: what does not pass is told with what mends it."""

from collections.abc import Callable
from dataclasses import dataclass

from autoexp.campaign.views import derived_seed
from autoexp.engine.contract import Contract
from autoexp.engine.mending import mend
from autoexp.engine.misprints import misprint
from autoexp.engine.sampling import valued
from autoexp.engine.signals import StopFlag
from autoexp.errors import HarnessError
from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.told import reasons_first
from autoexp.workspaces.contents import Contents
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Trial:
    """One look at the harness. Its methods raise HarnessError for what does not pass, KeyboardInterrupt when it is stopped."""

    contract: Contract
    repository: Repository
    executor: LocalExecutor
    commit: str
    tell: Callable[[str], None]
    stop: StopFlag
    contents: Contents | None = None

    def sample(self, i: int) -> Sample:
        """Measure once."""
        self.tell(f"measuring HEAD, sample {i + 1}")
        seed = derived_seed(0, "sample", i) % 2**31
        taken = self.executor.sample(self.commit, Side.BASELINE, n=0, i=i, seed=seed)
        sample = valued(self.contract.spec, taken)
        self._expect("measure", sample.outcome, sample.detail, f"ended as {sample.outcome.value}", sample.output)
        return sample

    def checks(self) -> float:
        """Run the checks, if there are some, and give the seconds that they took."""
        if self.contract.spec.harness.checks is None:
            return 0.0
        self.tell("running the checks on HEAD")
        checked = self.executor.checks(self.commit, n=0)
        self._expect("checks", checked.outcome, checked.detail, "do not pass")
        return checked.usage.wall_s

    def holdout(self) -> None:
        """Run the holdout, if there is one."""
        if self.contract.spec.harness.holdout is None:
            return
        self.tell("running the holdout on HEAD")
        held = self.executor.holdout(self.commit, Side.BASELINE, n=0, i=0, seed=1)
        self._expect("holdout", held.outcome, held.detail, f"ended as {held.outcome.value}")

    def _expect(self, command: str, outcome: Outcome, detail: str, words: str, output: str = "") -> None:
        if self.stop():
            raise KeyboardInterrupt
        if outcome is not Outcome.MEASURED:
            spec = self.contract.spec
            printed = self.executor.printed(output) if output else None
            path = self.executor.path
            hint = misprint(spec, detail, command=command, printed=printed, path=path)
            raise HarnessError(
                f"harness.{command} {words}:\n{reasons_first(detail)}",
                where=f"commit {self.commit[:12]}",
                fix=mend(spec, self.repository, detail, command=command, contents=self.contents, hint=hint, path=path),
            )
