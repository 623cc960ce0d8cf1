"""The flag that stops a session's work, and the signals that raise it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

INTERRUPTED = "interrupted"
_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class StopFlag:
    """Raised by a signal or a request; polled by whoever runs a command."""

    reason: str = ""

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return bool(self.reason)

    @property
    def interrupted(self) -> bool:
        """Tell whether a signal raised it."""
        return self.reason == INTERRUPTED


@contextmanager
def heeding(stop: StopFlag) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise the flag, however often they come, until the block ends.

    A signal that the caller has ignored (nohup, a shell's background job) stays ignored. Only the main thread of a process
    is told of signals: in another thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heed(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.reason = INTERRUPTED

    before = {number: handler for number in _HEEDED if (handler := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, heed)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
