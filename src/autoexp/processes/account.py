"""What a sandbox's first process reports: read back, and joined with what was seen from outside."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from autoexp.experiment.measurement import Usage
from autoexp.processes.watchdog import descendants

_MOST = 4096
_FIRST = 64  # descriptors that go through a shell must not be those that it uses itself


@dataclass(frozen=True, slots=True)
class Account:
    """One command's end as told from inside: wait status (None: it was stopped), seconds, CPU, MB, leftovers."""

    status: int | None
    usage: Usage
    leftovers: int = 0
    missing: str = ""


@contextlib.contextmanager
def report_pipe() -> Iterator[tuple[int, int]]:
    """Give both ends of the pipe that a report comes through: ours, and the one for the sandbox."""
    ours, theirs = os.pipe()
    high = _high(theirs)
    try:
        yield ours, high
    finally:
        os.close(ours)
        os.close(high)


def _high(descriptor: int) -> int:
    """Move a descriptor up, beyond those that shells use."""
    import fcntl  # noqa: PLC0415  not there on every system

    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST)
    finally:
        os.close(descriptor)


def high_file(path: "os.PathLike[str]") -> int:
    """Make a file for a harness's own report, and give a descriptor to write it."""
    return _high(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600))


def read_account(descriptor: int) -> Account | None:
    """Read a report; None when there is none, or not a whole one."""
    os.set_blocking(descriptor, False)
    try:
        text = os.read(descriptor, _MOST).decode("utf-8", "replace")
    except BlockingIOError:
        return None
    facts = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    if "missing" in facts:
        return Account(None, Usage(), missing=facts["missing"])
    try:
        usage = Usage(
            wall_s=float(facts.get("wall", 0)),
            cpu_s=float(facts.get("cpu", 0)),
            peak_rss_mb=int(facts.get("rss", 0)) * 1024 / 1e6,
        )
        status = None if "stopped" in facts else int(facts["status"])
        return Account(status, usage, int(facts.get("left", 0)))
    except (KeyError, ValueError):
        return None


def ask_to_end(root: int) -> None:
    """Ask the first process of a sandbox to end everything and report; `root` is what started the sandbox."""
    for pid in descendants(root):
        if pid != root:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
            return
