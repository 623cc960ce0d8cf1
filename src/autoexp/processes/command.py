"""Run one command to its end: output straight to files, limits kept, nothing of it left alive."""

import itertools
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from autoexp.experiment.measurement import Usage
from autoexp.processes.children import wait_for
from autoexp.processes.finished import Finished, How, Limits
from autoexp.processes.launch import NotFound, launch
from autoexp.processes.tree import Felled, Tree

Command = str | tuple[str, ...]
_LOOK_S = 0.1
_serial = itertools.count(1)
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
_GRACE_S = 0.25


def run(  # noqa: PLR0913  each is a separate fact of one start
    command: Command,
    *,
    cwd: Path,
    env: Mapping[str, str],
    limits: Limits,
    stdout: Path,
    stderr: Path,
    marker: str,
    stdin: Path | None = None,
    stop: Callable[[], bool] | None = None,
) -> Finished:
    """Run `command` (text goes to `sh -c`, a tuple is argv) and give how it ended.

    The command sees `env`, plus AUTOEXP_RUN: `marker`, a colon and a number of this start. It runs in a session of its own; when this returns, the
    command and whatever it started are dead and reaped, also daemons that left its session. Children that outlive the command get a quarter of a second to
    end by themselves; those that do not are `leftovers`. A program or folder that
    is not there is an answer (`not_found`), not an exception; only a failing disk raises (OSError), or a
    process that cannot be killed (WorldError).
    `stop` is asked about ten times a second; once it says True, the whole tree is killed.
    """
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    with _private(stdout) as out, _private(stderr) as err:
        tree = Tree.plant(f"{marker}:{next(_serial):08d}")  # always as long: the size of an environment moves timings
        try:
            program = launch(
                argv,
                cwd=cwd,
                env={**env, "AUTOEXP_RUN": tree.marker},
                stdin=stdin or Path(os.devnull),
                stdout=out,
                stderr=err,
            )
            started = time.monotonic()
            tree.grows(program.pid, program.session)
            how = _watch(program.pid, started, limits, (out, err), stop)
            wall_s = time.monotonic() - started
            felled = tree.fell(grace_s=_GRACE_S if how == "exited" else 0.0)
        except NotFound as error:
            return Finished("not_found", detail=str(error))
        except BaseException:
            tree.fell()
            raise
        finally:
            tree.forget()
        if how == "exited" and _flooded((out, err), limits):
            how = "flood"
    return _finished(how, limits, wall_s, felled)


def _private(path: Path) -> IO[bytes]:
    """Open an output for its owner alone: it may hold secrets until they are masked."""
    return open(path, "wb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))


def _watch(
    pid: int, started: float, limits: Limits, outputs: tuple[IO[bytes], ...], stop: Callable[[], bool] | None
) -> How:
    """Wait until the command ends or a limit is passed, and say which. Reaps nothing."""
    deadline = None if limits.wall_s is None else started + limits.wall_s
    with _alarm(pid) as ended:
        while True:
            left = _LOOK_S if deadline is None else min(_LOOK_S, deadline - time.monotonic())
            if ended(max(left, 0.0)):
                return "exited"
            if stop is not None and stop():
                return "stopped"
            if deadline is not None and time.monotonic() >= deadline:
                return "timeout"
            if _flooded(outputs, limits):
                return "flood"


@contextmanager
def _alarm(pid: int) -> Iterator[Callable[[float], bool]]:
    """Give a function that waits some seconds for the end of `pid` and says whether it came."""
    try:
        descriptor = os.pidfd_open(pid) if sys.platform == "linux" else -1
    except OSError:
        descriptor = -1
    if descriptor < 0:
        yield lambda seconds: wait_for(pid, seconds)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        yield lambda seconds: bool(poll.poll(max(1, round(seconds * 1000))))
    finally:
        os.close(descriptor)


def _flooded(outputs: tuple[IO[bytes], ...], limits: Limits) -> bool:
    return any(os.fstat(output.fileno()).st_size > limits.output_bytes for output in outputs)


def _finished(how: How, limits: Limits, wall_s: float, felled: Felled) -> Finished:
    code = os.waitstatus_to_exitcode(felled.status)
    usage = Usage(wall_s=wall_s, cpu_s=felled.used.cpu_s, peak_rss_mb=felled.used.max_rss * _RSS_UNIT / 1e6)
    killed_by = -code if code < 0 else None
    if how != "exited":
        words = {
            "timeout": f"it did not end within {limits.wall_s or 0:g} s",
            "flood": f"it printed more than {limits.output_bytes} bytes",
            "stopped": "it was stopped from outside",
        }
        return Finished(how, signal=killed_by, usage=usage, detail=words[how])
    if killed_by is not None:
        return Finished(how, None, killed_by, usage, felled.leftovers, f"killed by {_signal_name(killed_by)}")
    return Finished(how, code, None, usage, felled.leftovers, f"exit code {code}" if code else "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
