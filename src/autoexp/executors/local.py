"""Measurements on this machine, one at a time."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

from autoexp.experiment.measurement import Sample, Side
from autoexp.harness import checks, fingerprint, measure
from autoexp.harness.bench import Bench, told
from autoexp.ports import Checked
from autoexp.processes.environment import secrets_from
from autoexp.spec.sections import HarnessSection, MeasurementSection, MetricSection, Section

PATHS_NAMED = 10


class Trees(Protocol):
    """The trees that a harness runs in."""

    def place(self, side: str, commit: str) -> Path:
        """Show the tree of a commit, exactly, and give its path."""
        ...

    def clean(self) -> tuple[str, ...]:
        """Undo what a command did to the tree in use; give the tracked paths that it had changed."""
        ...

    def release(self) -> None:
        """Put the tree in use away."""
        ...


class LocalOptions(Section):
    """Keys of `executor: {kind: local}`. More than one slot is not built yet."""

    slots: Literal[1] = 1


class LocalExecutor:
    """Fills the role `ports.Executor` with commands on this machine."""

    Options = LocalOptions

    def __init__(  # noqa: PLR0913  what the session hands in
        self,
        *,
        harness: HarnessSection,
        metrics: Mapping[str, MetricSection],
        measurement: MeasurementSection,
        trees: Trees,
        output: Path,
        marker: str,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Take what stays the same. Raises AutoexpError when a variable of `harness.env_from` is not set."""
        secrets_from(environ, harness.env_from)
        self._trees = trees
        self._bench = Bench(
            harness=harness,
            metrics=metrics,
            output=output,
            marker=marker,
            environ=environ,
            stop=stop,
            warmup=measurement.warmup,
        )

    def sample(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        """Run the harness once on the tree of `commit`; a run that changed tracked files carries the flag `touched`."""
        tree = self._trees.place(_shelf(side), commit)
        try:
            taken = measure.sample(self._bench, tree, side, i=i, seed=seed, name=f"{n}/{side.value}-{i}")
        finally:
            touched = self._trees.clean()
        if not touched:
            return taken
        return taken.model_copy(
            update={"flags": (*taken.flags, "touched"), "detail": told(taken.detail, _named(touched))}
        )

    def checks(self, commit: str, *, n: int) -> Checked:
        """Run the checks on the tree of `commit`; outcome measured means that they passed."""
        if self._bench.harness.checks is None:
            return checks.check(self._bench, Path(), name="")
        side = Side.CANDIDATE if n else Side.BASELINE
        tree = self._trees.place(_shelf(side), commit)
        try:
            return checks.check(self._bench, tree, name=f"{n}/checks")
        finally:
            self._trees.clean()

    def fingerprint(self) -> Mapping[str, str]:
        """Give the facts of this machine that numbers depend on."""
        return fingerprint.fingerprint(self._bench.environ)


def _shelf(side: Side) -> str:
    """Name the tree that a side uses: a baseline is an incumbent that has no challenger yet."""
    return (Side.INCUMBENT if side is Side.BASELINE else side).value


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - PATHS_NAMED} more" if len(paths) > PATHS_NAMED else ""
    return f"the run changed tracked files (put back): {', '.join(paths[:PATHS_NAMED])}{more}"
