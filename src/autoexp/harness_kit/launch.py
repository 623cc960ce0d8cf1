"""Starts a program of the candidate's, and fells it with all that it started."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Mapping, Sequence

from . import system
from .confine import in_domain
from .errors import WorkerFailed

_running: set[int] = set()
_lock = threading.Lock()  # a program of another thread that has just started is no orphan


@dataclass
class Launched:
    """A program that runs, and since when."""

    process: subprocess.Popen[bytes]
    since_ns: int
    others: frozenset[int]
    over: threading.Event = field(repr=False)

    def fell(self) -> tuple[int, list[resource.struct_rusage]]:
        """Kill it; afterwards nothing of it runs. Give its status and what it and each orphan used. Call it once."""
        pid = self.process.pid
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        self.process.returncode = status
        self.over.set()
        with _lock:
            _running.discard(pid)
            return status, [used, *system.end_orphans(self.others | _running)]


def launch(
    argv: Sequence[str],
    *,
    cwd: str | None,
    env: Mapping[str, str],
    stdin: int | IO[bytes] | None,
    stdout: int | None = subprocess.PIPE,
    memory_mb: float | None = None,
    hide: Sequence[str] = (),
) -> Launched:
    """Start a program in a session and a domain of its own, with nothing open but its streams. Raises WorkerFailed."""
    others, over = system.children(), threading.Event()

    def start() -> Launched:
        since_ns = time.perf_counter_ns()
        process = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=stdout,
            cwd=cwd,
            env=dict(env),
            bufsize=0,
            close_fds=True,
            start_new_session=True,
        )
        return Launched(process, since_ns, others, over)

    try:
        with _lock:
            launched = in_domain(start, over, hide=hide)
            _running.add(launched.process.pid)
    except OSError as error:
        raise WorkerFailed(f"does not start: {error}") from None
    system.limit(launched.process.pid, memory_mb)
    return launched
