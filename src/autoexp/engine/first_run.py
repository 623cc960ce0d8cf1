"""The measure command, run once on HEAD before there is a contract: what it printed, not what it is worth. Nothing is recorded."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType

from autoexp.engine.cache import cache_folder, campaign_identity
from autoexp.engine.cells import cells, notice
from autoexp.engine.completing import contents_for
from autoexp.engine.mending import mend
from autoexp.engine.scratch import scratch_executor
from autoexp.engine.signals import INTERRUPTED, StopFlag, heeding
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.lines import lines_of
from autoexp.harness.report import channel_of
from autoexp.processes.environment import remove
from autoexp.spec.model import Spec
from autoexp.workspaces.repository import Repository

MOST_LINES = 100_000
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How one run ended. `lines` are what it printed on stdout, or reported through the harness kit (`reported`).

    `detail` says why it did not pass, with what it printed last, and `fix` what may mend it.
    """

    outcome: Outcome
    lines: tuple[str, ...] = ()
    reported: bool = False
    detail: str = ""
    fix: str = ""
    wall_s: float = 0.0
    skipped: bool = False

    @property
    def passed(self) -> bool:
        """Tell whether the command ended well, whatever it printed."""
        return self.outcome in {Outcome.MEASURED, Outcome.BAD_METRIC}


def first_run(
    spec: Spec,
    repository: Repository,
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    allow_unsandboxed: bool = False,
) -> FirstRun:
    """Run `harness.measure` once on HEAD, in the sandbox of a sample; SIGINT ends it and gives a run that was skipped.

    Raises AutoexpError when no sandbox holds or the contract names what is not there, KeyboardInterrupt on a second SIGINT and other signals.
    """
    commit = repository.head()
    identity = campaign_identity(repository.common_dir, f"{spec.name} init {os.getpid()}")
    stop = StopFlag()
    cache = cache_folder(environ, identity)
    try:
        with (
            heeding(stop),
            _skipping(stop),
            cells(spec, repository, cache, environ=environ, allow_unsandboxed=allow_unsandboxed) as made,
        ):
            tell(notice(made.rules, made.levels, left_out=made.left_out))
            own = repository.beside(cache / "objects")
            contents = contents_for(spec, own, commit, cache)
            executor = scratch_executor(spec, contents, cache, environ=environ, identity=identity, stop=stop, made=made)
            taken = executor.sample(commit, Side.BASELINE, n="init", i=0, seed=0)
            contents.repository.close()
            own.close()
        if stop.interrupted:
            raise KeyboardInterrupt
        lines, reported = _printed(cache / "output" / taken.output)
        failed = taken.outcome not in {Outcome.MEASURED, Outcome.BAD_METRIC} and not stop()
        return FirstRun(
            outcome=taken.outcome,
            lines=lines,
            reported=reported,
            detail=taken.detail.strip(),
            fix=mend(spec, repository, taken.detail, command="measure", contents=contents, path=executor.path)
            if failed
            else "",
            wall_s=taken.usage.wall_s,
            skipped=bool(stop()),
        )
    finally:
        remove(cache)


@contextmanager
def _skipping(stop: StopFlag) -> Iterator[None]:
    """Let the first SIGINT end the command alone, and a second one all."""

    def heed(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.reason = INTERRUPTED if stop.reason else SKIPPED

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _printed(stdout: Path) -> tuple[tuple[str, ...], bool]:
    """Give the lines that count: those of the kit's report where there is one, else those of stdout."""
    report = stdout.with_suffix(".report")
    reported = channel_of(report) == "kit"
    try:
        with (report if reported else stdout).open("rb") as stream:
            return tuple(islice(lines_of(stream), MOST_LINES)), reported
    except OSError:
        return (), reported
