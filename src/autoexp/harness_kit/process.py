"""One worker process: start it, ask it, end it with all that it started. Clock and limits are on this side."""

from __future__ import annotations

import gc
import os
import select
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Iterator, Mapping, Sequence

from . import system
from .errors import WorkerFailed, WorkerTimeout
from .launch import launch

_CHUNK = 1 << 20
_GRACE_S = 2.0


@dataclass(frozen=True)
class Used:
    """What a worker and all that it started used."""

    cpu_s: float
    peak_rss_mb: float | None


class Worker:
    """A running program that answers one line on stdout for each line on stdin."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None,
        env: Mapping[str, str],
        longest: int,
        memory_mb: float | None = None,
        hide: Sequence[str] = (),
    ) -> None:
        self.longest = longest
        self.peak_rss_mb: float | None = None
        self._launched = launch(argv, cwd=cwd, env=env, stdin=subprocess.PIPE, memory_mb=memory_mb, hide=hide)
        self.process = self._launched.process
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        self._to, self._from = self.process.stdin.fileno(), self.process.stdout.fileno()
        for descriptor in (self._to, self._from):
            os.set_blocking(descriptor, False)
            system.widen(descriptor)

    def ask(self, line: bytes, *, timeout_s: float) -> tuple[bytes, int]:
        """Send a line and wait for the whole answer; give it with the nanoseconds that it took.

        Raises WorkerTimeout, and WorkerFailed when the worker wrote before it was asked, writes more than one line or more
        than is allowed, or ends.
        """
        if self._readable(0.0):
            raise WorkerFailed("wrote before it was asked") if self._read() else self._ended()
        with _no_collection():
            start = time.perf_counter_ns()
            deadline = start + int(timeout_s * 1e9)
            self._send(line, deadline)
            answer = self._receive(deadline)
            taken = time.perf_counter_ns() - start
        self._still_there()
        return answer, taken

    def listen(self, *, timeout_s: float) -> bytes:
        """Wait for a line that needs no question. Raises as `ask` does."""
        answer = self._receive(time.perf_counter_ns() + int(timeout_s * 1e9))
        self._still_there()
        return answer

    def cpu_s(self) -> float | None:
        """Give the CPU time of the worker's own process up to now."""
        return system.cpu_s(self.process.pid)

    def see_memory(self) -> None:
        """Take note of the memory that the worker needed at most up to now."""
        seen = system.peak_rss_mb(self.process.pid)
        if seen is not None:
            self.peak_rss_mb = max(seen, self.peak_rss_mb or 0.0)

    def end(self, farewell: bytes | None = None) -> Used:
        """Say farewell, or kill at once without one; afterwards nothing of the worker runs. Call it once."""
        pid = self.process.pid
        if farewell is not None:
            with suppress(OSError, WorkerFailed):
                self._send(farewell, time.perf_counter_ns() + int(_GRACE_S * 1e9))
        with suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        if farewell is not None:
            system.wait_for_end(pid, _GRACE_S)
        self.see_memory()
        with suppress(OSError):
            self.process.stdout.close()  # type: ignore[union-attr]
        _, used = self._launched.fell()
        peak = max(self.peak_rss_mb or 0.0, *(system.own_peak(each.ru_maxrss) for each in used))
        return Used(sum(each.ru_utime + each.ru_stime for each in used), peak or None)

    def _send(self, line: bytes, deadline: int) -> None:
        rest = memoryview(line)
        while rest:
            self._wait(self._to, select.POLLOUT, deadline)
            rest = rest[self._write(rest[:_CHUNK]) :]

    def _write(self, piece: memoryview) -> int:
        try:
            return os.write(self._to, piece)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise self._ended() from None

    def _receive(self, deadline: int) -> bytes:
        pieces, size = [], 0
        while True:
            self._wait(self._from, select.POLLIN, deadline)
            piece = self._read()
            if not piece:
                raise self._ended()
            pieces.append(piece)
            size += len(piece)
            place = piece.find(b"\n")
            if size > self.longest:
                raise WorkerFailed(
                    f"answered with more than {self.longest:,} bytes (raise longest_answer_mb if that is right)"
                )
            if place >= 0:
                if place != len(piece) - 1:
                    raise WorkerFailed("wrote more than one line as its answer")
                return b"".join(pieces)

    def _read(self) -> bytes:
        with suppress(BlockingIOError):
            return os.read(self._from, _CHUNK)
        return b""

    def _readable(self, timeout_ms: float) -> bool:
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        return bool(poll.poll(timeout_ms))

    def _wait(self, descriptor: int, event: int, deadline: int) -> None:
        left_ms = (deadline - time.perf_counter_ns()) / 1e6
        poll = select.poll()
        poll.register(descriptor, event)
        if left_ms <= 0 or not poll.poll(left_ms):
            raise WorkerTimeout("gave no whole answer within the time allowed")

    def _still_there(self) -> None:
        """An answer of a process that the worker left behind does not count."""
        if system.has_ended(self.process.pid):
            raise self._ended()

    def _ended(self) -> WorkerFailed:
        system.wait_for_end(self.process.pid, 0.2)
        return WorkerFailed(f"closed its output or ended before it had answered{system.how_it_ended(self.process.pid)}")


@contextmanager
def _no_collection() -> Iterator[None]:
    """The judge's own garbage is not collected while the clock runs."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
