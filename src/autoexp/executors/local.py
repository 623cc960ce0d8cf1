"""Measurements on this machine, one at a time."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness import checks, fingerprint, measure
from autoexp.harness.bench import Bench, told
from autoexp.harness.holdout import hold_out
from autoexp.harness.patience import Patience
from autoexp.harness.quiet import Disturbance, Moment, Watch
from autoexp.ports import Checked
from autoexp.processes.environment import secrets_from
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec.sections import HarnessSection, MeasurementSection, MetricSection, Section
from autoexp.workspaces.quoting import listed

PATHS_NAMED = 10
_OPEN = Cell()

Ran = TypeVar("Ran", Sample, Checked)

_OWN_DOING = frozenset({Outcome.MEASURED, Outcome.TAMPERED, Outcome.INTERRUPTED})
"""What no sleep of the machine brings about. Any other end may be its work: a clock that ran on, a connection that is gone."""


class Trees(Protocol):
    """The trees that a harness runs in."""

    def place(self, side: str, commit: str) -> Path:
        """Show the tree of a commit, exactly, and give its path."""
        ...

    def place_whole(self, side: str, commit: str) -> Path:
        """Show it with what is hidden, until the next `clean`."""
        ...

    def clean(self) -> tuple[str, ...]:
        """Undo what a command did to the tree in use; give the tracked paths that it had changed."""
        ...

    def trust(self) -> None:
        """Believe that the tree in use is as it was."""
        ...

    def verify(self) -> tuple[str, ...]:
        """Compare every tree with its commit, put it right, and give the tracked paths that had changed."""
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
        cell: Cell = _OPEN,
        look: Callable[[], Moment] | None = None,
    ) -> None:
        """Take what stays the same; `look` tells what the machine does (None: look at this one). Raises AutoexpError when a variable of `harness.env_from` is not set."""
        secrets_from(environ, harness.env_from)
        self._trees = trees
        self._verified: set[tuple[int | str, str]] = set()
        self._watched = measurement.deterministic is not True
        self._patience = Patience()
        self._look = look
        self._bench = Bench(
            harness=harness,
            metrics=metrics,
            output=output,
            marker=marker,
            environ=environ,
            stop=stop,
            warmup=measurement.warmup,
            cell=cell,
        )

    @property
    def path(self) -> str:
        """Give the PATH of the harness's commands."""
        return self._bench.harness.env.get("PATH") or self._bench.environ.get("PATH", os.defpath)

    def printed(self, name: str) -> Path:
        """Give the place of what a run printed, by the name that stands in its record."""
        return self._bench.output / name

    def sample(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the harness once on the tree of `commit`; a run that changed tracked files is `tampered`.

        When something else used the machine meanwhile, or it slept, the run does not count and another one is taken,
        within reason (see autoexp.harness.patience); a run that has to stand all the same carries the flag `disturbed`.
        A run that failed is taken again only after a sleep. What void runs have cost is part of the cost.
        """
        runs, found = self._undisturbed(lambda: self._once(commit, side, n=n, i=i, seed=seed), self._harms)
        return _standing(runs, found)

    @contextmanager
    def hurried(self, sample_s: float, *, checks_s: float) -> Iterator[None]:
        """Until the block ends, give samples and checks at most so many seconds each, if the contract gives more, and take none again."""
        bench, watched = self._bench, self._watched
        limits = {
            "timeout_s": min(bench.harness.timeout_s, sample_s),
            "checks_timeout_s": min(bench.harness.checks_timeout_s, checks_s),
        }
        self._bench = replace(bench, harness=bench.harness.model_copy(update=limits))
        self._watched = False
        try:
            yield
        finally:
            self._bench, self._watched = bench, watched

    def _undisturbed(
        self, once: Callable[[], Ran], harms: Callable[[Disturbance, Ran], bool]
    ) -> tuple[list[Ran], Disturbance | None]:
        """Run something until no disturbance harms it, within reason; give all runs, and what harmed the last one, which stands."""
        runs: list[Ran] = []
        while True:
            watch = Watch.begin(cpus=self._bench.cell.processors, look=self._look)
            runs.append(once())
            found = watch.end(own_cpu_s=runs[-1].usage.cpu_s)
            if found is not None and not harms(found, runs[-1]):
                found = None
            again, self._patience = self._patience.may_retake(found), self._patience.after(found)
            if not again:
                return runs, found

    def _harms(self, found: Disturbance, taken: Sample) -> bool:
        """Tell whether a disturbance makes a sample void: any does where the number varies, and a sleep where there is none."""
        return self._watched if taken.outcome is Outcome.MEASURED else _failed_asleep(found, taken)

    def _once(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        tree = self._place(commit, side, n=n)
        try:
            taken = measure.sample(self._bench, tree, side, i=i, seed=seed, name=f"{n}/{side.value}-{i}")
        finally:
            touched = self._left()
        return _tampered(taken, touched) if touched else taken

    def checks(self, commit: str, *, n: int) -> Checked:
        """Run the checks on the tree of `commit`; outcome measured means that they passed.

        Checks that failed while the machine slept are run again, within reason.
        """
        if self._bench.harness.checks is None:
            return checks.check(self._bench, Path(), name="")
        runs, _ = self._undisturbed(lambda: self._checked_once(commit, n=n), _failed_asleep)
        return runs[-1]

    def _checked_once(self, commit: str, *, n: int) -> Checked:
        tree = self._place(commit, Side.CANDIDATE if n else Side.BASELINE, n=n)
        try:
            checked = checks.check(self._bench, tree, name=f"{n}/checks")
        finally:
            touched = self._left()
        return replace(checked, outcome=Outcome.TAMPERED, detail=_named(touched)) if touched else checked

    def verify(self, n: int | str) -> tuple[str, ...]:
        """Look once more at the trees that experiment n was measured in; give the tracked paths that had changed."""
        if not any(number == n for number, _ in self._verified):
            return ()
        self._verified.clear()
        return self._trees.verify()

    def _place(self, commit: str, side: Side, *, n: int | str) -> Path:
        """Show a tree; before its first use in an experiment it is compared with its commit."""
        shelf = _shelf(side)
        tree = self._trees.place(shelf, commit)
        if self._sealed and (n, shelf) not in self._verified:
            self._verified = {known for known in self._verified if known[0] == n} | {(n, shelf)}
            self._trees.clean()
        return tree

    def _left(self) -> tuple[str, ...]:
        """Undo what a command did to its tree, and give the tracked paths it changed; it cannot change one it saw read-only."""
        if self._sealed:
            self._trees.trust()
            return ()
        return tuple(path for path in self._trees.clean() if not self._is_scratch(path))

    @property
    def _sealed(self) -> bool:
        return self._bench.cell.sandbox.mounts

    def _is_scratch(self, path: str) -> bool:
        return any(path == place or path.startswith(f"{place}/") for place in self._bench.cell.scratch)

    def holdout(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the holdout once on the tree of `commit`, with what is hidden in it: one value, under any name.

        When the machine slept meanwhile it is run again, within reason, as a sample is; other programs are not looked for.
        """
        runs, found = self._undisturbed(
            lambda: self._held_out_once(commit, side, n=n, i=i, seed=seed),
            lambda found, taken: found.kind == "suspended" and self._harms(found, taken),
        )
        return _standing(runs, found)

    def _held_out_once(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        tree = self._trees.place_whole(_shelf(side), commit)
        try:
            taken = hold_out(self._bench, tree, side, i=i, seed=seed, name=f"{n}/holdout-{side.value}-{i}")
        finally:
            touched = tuple(path for path in self._trees.clean() if not self._is_scratch(path))
        return _tampered(taken, touched) if touched else taken

    def fingerprint(self) -> Mapping[str, str]:
        """Give the facts of this machine that numbers depend on."""
        return fingerprint.fingerprint(self._bench.environ)


def _standing(runs: list[Sample], found: Disturbance | None) -> Sample:
    """Give the last of some runs, with the number and the cost of those before it, which are void."""
    taken = runs[-1]
    flags = (*taken.flags, "disturbed") if found else taken.flags
    told = [run.cost_usd for run in runs if run.cost_usd is not None]
    return taken.model_copy(update={"voided": len(runs) - 1, "flags": flags, "cost_usd": sum(told) if told else None})


def _failed_asleep(found: Disturbance, ran: Sample | Checked) -> bool:
    """Tell whether a run did not pass while the machine was suspended: its own limits and connections may have run out."""
    return found.kind == "suspended" and ran.outcome not in _OWN_DOING


def _shelf(side: Side) -> str:
    """Name the tree that a side uses: a baseline is an incumbent that has no challenger yet."""
    return (Side.INCUMBENT if side is Side.BASELINE else side).value


def _tampered(taken: Sample, touched: tuple[str, ...]) -> Sample:
    detail = told(_named(touched), taken.detail)
    return taken.model_copy(update={"outcome": Outcome.TAMPERED, "values": {}, "items": {}, "detail": detail})


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - PATHS_NAMED} more" if len(paths) > PATHS_NAMED else ""
    return f"the run changed tracked files (put back): {listed(paths, PATHS_NAMED)}{more}"
