"""Run one command to its end: output kept in files, limits kept, nothing of it left alive."""

import itertools
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autoexp.experiment.measurement import Usage
from autoexp.processes.account import Account, ask_to_end, high_file, read_account, report_pipe
from autoexp.processes.children import wait_for
from autoexp.processes.drain import Drain
from autoexp.processes.finished import Finished, How, Limits
from autoexp.processes.launch import NotFound, Start, launch
from autoexp.processes.sandbox.box import Box, OpenBox
from autoexp.processes.strays import Strays
from autoexp.processes.tree import Felled, Tree
from autoexp.processes.watchdog import overstepped

Command = str | tuple[str, ...]
_LOOK_S = 0.1
_serial = itertools.count(1)
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
_GRACE_S = 0.25
_TAIL = 500
_FLOOD = "it printed more than {} bytes"


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
    box: Box | None = None,
    report: Path | None = None,
) -> Finished:
    """Run `command` (text goes to `sh -c`, a tuple is argv) and give how it ended.

    The command sees `env`, plus AUTOEXP_RUN: `marker`, a colon and a number of this start. It runs in a session of its own; when this returns, the
    command and whatever it started are dead and reaped, also daemons that left its session. Children that outlive the command get a quarter of a second to
    end by themselves; those that do not are `leftovers`. A program or folder that
    is not there is an answer (`not_found`), not an exception; only a failing disk raises (OSError), or a
    process that cannot be killed (WorldError).
    `stop` is asked about ten times a second; once it says True, the whole tree is killed.
    With a `box` the command starts inside of it, and `cwd` is the box's matter. With `report` the command gets a descriptor
    to write that file, whose number is in AUTOEXP_REPORT_FD.
    """
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    box = box or OpenBox(cwd)
    most = limits.output_bytes
    with (
        Drain(stdout, most=most) as out,
        Drain(stderr, most=most) as err,
        report_pipe() as (ours, result),
        _reporting(report) as own,
    ):
        strays = Strays.of(marker)
        tree = Tree.plant(f"{marker}:{next(_serial):08d}")  # always as long: the size of an environment moves timings
        try:
            start = Start(
                argv=box.command(argv, result=result),
                cwd=box.cwd,
                env={**env, "AUTOEXP_RUN": tree.marker, **({"AUTOEXP_REPORT_FD": str(own)} if own else {})},
                stdin=stdin or Path(os.devnull),
                shell=box.shell(),
                keep=[*([result] if box.reports else []), *([own] if own else [])],
                processors=limits.processors,
                file_size=limits.file_size,
            )
            program = launch(start, stdout=out.write_end, stderr=err.write_end)
            started = time.monotonic()
            out.started()
            err.started()
            tree.grows(program.pid, program.session)
            beyond = partial(_beyond, tree, limits, box, strays)
            outputs = _Outputs(out, err, own, most)
            how, words = _watch(program.pid, started, limits, outputs, stop, beyond)
            wall_s = time.monotonic() - started
            if how != "exited" and box.reports:
                _end_gently(program.pid)
            felled = tree.fell(grace_s=_GRACE_S if how == "exited" and not box.reports else 0.0)
            outputs.pump()
        except NotFound as error:
            err.started()
            err.pump()
            return Finished("not_found", detail="\n".join(filter(None, [str(error), _last_words(stderr)])))
        except BaseException:
            tree.fell()
            raise
        finally:
            tree.forget()
            strays.forget()
        if how == "exited" and outputs.flooded():
            how, words = "flood", _FLOOD.format(limits.output_bytes)
        told = read_account(ours) if box.reports else None
        account = _seen(felled, wall_s) if told is None else told
        lost = box.reports and told is None and how == "exited"
    if account.missing:
        return Finished("not_found", detail=f"cannot start {account.missing}: there is no such program")
    if lost:
        why = _last_words(stderr) or f"exit status {os.waitstatus_to_exitcode(felled.status)}"
        return Finished("not_found", detail=f"the sandbox did not start, or was ended from outside: {why}")
    return _finished(how, words, account, wall_s)


@dataclass(frozen=True, slots=True)
class _Outputs:
    """What a command prints and reports."""

    out: Drain
    err: Drain
    report: int | None
    most: int

    def pump(self) -> bool:
        return any([self.out.pump(), self.err.pump()])

    def flooded(self) -> bool:
        reported = 0 if self.report is None else os.fstat(self.report).st_size
        return max(self.out.written, self.err.written, reported) > self.most


def _watch(
    pid: int,
    started: float,
    limits: Limits,
    outputs: _Outputs,
    stop: Callable[[], bool] | None,
    beyond: Callable[[], tuple[How, str] | None],
) -> tuple[How, str]:
    """Wait until the command ends or a limit is passed; say which, and in words. Reaps nothing."""
    deadline = None if limits.wall_s is None else started + limits.wall_s
    much = False
    with _alarm(pid) as ended:
        while True:
            left = _LOOK_S if deadline is None else min(_LOOK_S, deadline - time.monotonic())
            if ended(0.0 if much else max(left, 0.0)):
                outputs.pump()
                return "exited", ""
            much = outputs.pump()
            if stop is not None and stop():
                return "stopped", "it was stopped from outside"
            if deadline is not None and time.monotonic() >= deadline:
                return "timeout", f"it did not end within {limits.wall_s or 0:g} s"
            if outputs.flooded():
                return "flood", _FLOOD.format(limits.output_bytes)
            if (found := beyond()) is not None:
                return found


def _beyond(tree: Tree, limits: Limits, box: Box, strays: Strays) -> tuple[How, str] | None:
    """Look at the command and at those of its processes that its own end or theirs has made ours; those are written down."""
    roots = tree.roots()
    strays.note(roots[1:])
    return overstepped(roots, limits, aside=box.processes, in_memory=box.in_memory)


def _end_gently(pid: int) -> None:
    """Let a sandbox end what runs in it, and report; one that does not is killed as a whole soon after."""
    ask_to_end(pid)
    wait_for(pid, _GRACE_S * 4)


@contextmanager
def _reporting(report: Path | None) -> Iterator[int | None]:
    if report is None:
        yield None
        return
    descriptor = high_file(report)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


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


def _seen(felled: Felled, wall_s: float) -> Account:
    """Give the account of a command that runs without a sandbox which could tell."""
    usage = Usage(wall_s=wall_s, cpu_s=felled.used.cpu_s, peak_rss_mb=felled.used.max_rss * _RSS_UNIT / 1e6)
    return Account(felled.status, usage, felled.leftovers)


def _finished(how: How, words: str, account: Account, wall_s: float) -> Finished:
    code = None if account.status is None else os.waitstatus_to_exitcode(account.status)
    killed_by = -code if code is not None and code < 0 else None
    usage = account.usage if account.usage.wall_s else account.usage.model_copy(update={"wall_s": wall_s})
    if how != "exited":
        return Finished(how, signal=killed_by or int(signal.SIGKILL), usage=usage, detail=words)
    if code is None:
        return Finished("exited", None, int(signal.SIGTERM), usage, account.leftovers, "it ended its own sandbox")
    if killed_by is not None:
        return Finished(how, None, killed_by, usage, account.leftovers, f"killed by {_signal_name(killed_by)}")
    return Finished(how, code, None, usage, account.leftovers, f"exit code {code}" if code else "")


def _last_words(stderr: Path) -> str:
    with stderr.open("rb") as said:
        said.seek(max(said.seek(0, os.SEEK_END) - _TAIL, 0))
        return said.read().decode("utf-8", "replace").strip()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
