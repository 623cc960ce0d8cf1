"""How a worker starts: for a function of Python, or for any program that speaks the worker protocol."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Mapping, Sequence

from . import codec
from .errors import KitError, WorkerFailed, WorkerTimeout
from .process import Worker

NOT_READY = 'the first line of a worker is {"ready":true}, and this one wrote something else'
_RUN = "AUTOEXP_RUN"
_WORKER = str(Path(__file__).with_name("worker.py"))


class Start:
    """Starts workers for one target, each in a session and a domain of its own."""

    def __init__(
        self,
        target: str | Sequence[str],
        *,
        memory_mb: float | None,
        hide: Sequence[str],
        cwd: str | None,
        env: Mapping[str, str],
        python: str,
        longest: int,
        timeout_s: float,
    ) -> None:
        self.name = target if isinstance(target, str) else os.path.basename(target[0])
        self._cwd, self._longest, self._timeout_s = cwd, longest, timeout_s
        self._memory_mb, self._hide = memory_mb, hide
        self._env = {**environment(), **env}
        if isinstance(target, str):
            place, colon, function = target.rpartition(":")
            if not (place and colon and function):
                raise KitError(f'a target is "module:function", "path.py:function" or an argv, and not {target!r}')
            self._argv = [python, _WORKER, target]
        else:
            self._argv = list(target)

    def __call__(self) -> tuple[Worker, int]:
        """Start a worker; give it when it is ready, with the nanoseconds that it took. Raises WorkerFailed."""
        start = time.perf_counter_ns()
        try:
            worker = self._started()
        except WorkerFailed as error:
            raise WorkerFailed(f"{self.name}: the worker {error}") from None
        try:
            self._await_ready(worker)
        except BaseException:
            worker.end()
            raise
        return worker, time.perf_counter_ns() - start

    def _started(self) -> Worker:
        return Worker(
            self._argv,
            cwd=self._cwd,
            env=self._env,
            longest=self._longest,
            memory_mb=self._memory_mb,
            hide=self._hide,
        )

    def _await_ready(self, worker: Worker) -> None:
        try:
            message = codec.parse(worker.listen(timeout_s=self._timeout_s))
        except WorkerTimeout:
            raise WorkerTimeout(f"{self.name}: the worker was not ready within {self._timeout_s:g} s") from None
        except WorkerFailed as error:
            raise WorkerFailed(f"{self.name}: the worker {error}") from None
        except codec.Malformed:
            message = None
        if message != {"ready": True}:
            told = message.get("error") if type(message) is dict else None
            raise WorkerFailed(f"{self.name}: {told if type(told) is str else NOT_READY}")


def environment() -> dict[str, str]:
    """Give this process's environment without what autoexp tells the harness: seeds and channels are not the candidate's.

    AUTOEXP_RUN stays: by it autoexp finds what a run has left behind when both of them were killed.
    """
    return {name: value for name, value in os.environ.items() if name == _RUN or not name.startswith("AUTOEXP_")}
