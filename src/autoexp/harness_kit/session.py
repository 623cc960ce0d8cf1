"""The worker of a judged run, or one after the other: its answers, their times, and what it used."""

from __future__ import annotations

import secrets
from typing import Any, Sequence

from . import codec
from .confine import adopt_orphans
from .errors import WorkerFailed, WorkerTimeout
from .process import Used, Worker
from .runs import Run
from .start import Start

_FAREWELL = b'{"bye":true}\n'


class Session:
    """The worker, or one after the other, and what they used."""

    def __init__(self, start: Start, *, timeout_s: float, fresh: bool) -> None:
        self.name = start.name
        self.times_ns: list[int] = []
        self._start, self._timeout_s, self._fresh = start, timeout_s, fresh
        self._worker: Worker | None = None
        self._start_ns = 0
        self._cpu_s: float | None = 0.0
        self._peak_rss_mb: float | None = None

    def __enter__(self) -> None:
        self._was_parent_of_orphans = adopt_orphans(now=True)
        if not self._fresh:
            self._begin()

    def __exit__(self, kind: object, *_: object) -> None:
        if self._worker is not None:
            self._end(None if kind else _FAREWELL)
        adopt_orphans(now=self._was_parent_of_orphans)

    def count_from_here(self) -> None:
        """Forget the CPU time that was used up to now."""
        used = self._worker.cpu_s() if self._worker is not None else 0.0
        self._cpu_s = None if used is None else -used

    def answer(self, question: bytes, place: int, *, counted: bool) -> Any:
        """Give the plain answer to a question; note its time when it counts."""
        if self._fresh:
            self._begin()
            if self._cpu_s is not None:
                self._cpu_s -= (self._worker.cpu_s() if self._worker else None) or 0.0
        assert self._worker is not None  # noqa: S101
        sign = secrets.token_hex(8)  # unknown before, so that no answer can be written in advance
        try:
            line, taken = self._worker.ask(_signed(question, sign), timeout_s=self._timeout_s)
        except WorkerTimeout:
            raise WorkerTimeout(f"call {place} of {self.name}: no whole answer within {self._timeout_s:g} s") from None
        except WorkerFailed as error:
            raise WorkerFailed(f"call {place} of {self.name}: the worker {error}") from None
        self._worker.see_memory()
        if counted:
            self.times_ns.append(taken)
        if self._fresh:
            self._end(_FAREWELL)
        return _opened(line, sign, f"call {place} of {self.name}")

    def run(self, answers: Sequence[Any]) -> Run:
        """Give the whole as a value."""
        cpu_s = None if self._cpu_s is None else max(self._cpu_s, 0.0)
        return Run(tuple(self.times_ns), self._start_ns / 1e9, cpu_s, self._peak_rss_mb, tuple(answers))

    def _begin(self) -> None:
        self._worker, taken = self._start()
        self._start_ns += taken

    def _end(self, farewell: bytes | None) -> None:
        worker, self._worker = self._worker, None
        used: Used = worker.end(farewell)  # type: ignore[union-attr]
        if self._cpu_s is not None:
            self._cpu_s += used.cpu_s
        if used.peak_rss_mb is not None:
            self._peak_rss_mb = max(used.peak_rss_mb, self._peak_rss_mb or 0.0)


def _signed(question: bytes, sign: str) -> bytes:
    """Give the line of a question; the sign stands last, so that who knows it has the whole question."""
    return question[:-1] + b',"id":"' + sign.encode("ascii") + b'"}\n'


def _opened(line: bytes, sign: str, where: str) -> Any:
    """Give the plain answer in a line. Raises WorkerFailed when there is none."""
    try:
        message = codec.parse(line)
        if type(message) is not dict or message.get("id") != sign:
            raise WorkerFailed(f"{where}: the worker wrote a line that does not answer this call: {line[:80]!r}")
        if type(message.get("error")) is str:
            raise WorkerFailed(f"{where}: {message['error'][:500]}")
        if "answer" not in message:
            raise WorkerFailed(f"{where}: the worker's line holds neither an answer nor an error: {line[:80]!r}")
        return codec.decode(message["answer"])
    except codec.Malformed as error:
        raise WorkerFailed(f"{where}: the worker's answer cannot be read: {error}") from None
