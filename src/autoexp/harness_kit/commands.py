"""Runs a command once, as a candidate: its input on stdin, its answer on stdout, the clock outside."""

from __future__ import annotations

import os
import select
import tempfile
import time
from dataclasses import dataclass
from typing import Mapping, Sequence

from . import system
from .errors import WorkerFailed, WorkerTimeout
from .launch import launch

_CHUNK = 1 << 20
_GRACE_S = 2.0


@dataclass(frozen=True)
class Ended:
    """What a command answered, and what that took. `rss_mb` is no smaller than this process's own memory may be."""

    stdout: bytes
    wall_ns: int
    cpu_s: float
    rss_mb: float


def run(
    argv: Sequence[str],
    stdin: bytes,
    *,
    env: Mapping[str, str],
    cwd: str | None = None,
    timeout_s: float = 60.0,
    longest: int = 64 << 20,
    hide: Sequence[str] = (),
) -> Ended:
    """Run a command to its end; the clock runs from its start until its stdout is closed.

    Raises WorkerTimeout, and WorkerFailed when it ends with another status than 0 or answers with more than is allowed.
    Nothing that it started runs on.
    """
    with tempfile.TemporaryFile() as question:  # without a name: a file beside it cannot be found
        question.write(stdin)
        question.seek(0)
        launched = launch(argv, cwd=cwd, env=env, stdin=question, hide=hide)
    process = launched.process
    assert process.stdout is not None  # noqa: S101
    try:
        stdout = _all(process.stdout.fileno(), launched.since_ns + int(timeout_s * 1e9), longest)
        taken = time.perf_counter_ns() - launched.since_ns
        system.wait_for_end(process.pid, _GRACE_S)
        told = system.how_it_ended(process.pid)
    finally:
        process.stdout.close()
        status, used = launched.fell()
    if status != 0:
        raise WorkerFailed(f"did not end well{told or ': it closed its stdout and ran on'}")
    return Ended(
        stdout,
        taken,
        sum(each.ru_utime + each.ru_stime for each in used),
        max(system.megabytes(each.ru_maxrss) for each in used),
    )


def _all(descriptor: int, deadline: int, longest: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        left_ms = (deadline - time.perf_counter_ns()) / 1e6
        if left_ms <= 0 or not poll.poll(left_ms):
            raise WorkerTimeout("gave no whole answer within the time allowed")
        piece = os.read(descriptor, _CHUNK)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > longest:
            raise WorkerFailed(f"answered with more than {longest:,} bytes (raise --longest-mb if that is right)")
