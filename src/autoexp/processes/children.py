"""The children of this process: adopted, listed, told apart, and waited for without reaping them."""

import contextlib
import ctypes
import functools
import os
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
SHORTEST_S, LONGEST_S = 0.0005, 0.02


@functools.cache
def become_subreaper() -> bool:
    """Make orphans of our commands our children; tell whether the system can do that."""
    if sys.platform != "linux":
        return False
    try:
        return int(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False


def children() -> frozenset[int]:
    """Give the children of this process; none where /proc does not tell."""
    found: set[int] = set()
    lists = list(Path("/proc/self/task").glob("*/children"))
    for task in lists:
        with contextlib.suppress(OSError):
            found.update(map(int, task.read_bytes().split()))
    return frozenset(found) if lists else children_by_parent()


def children_by_parent() -> frozenset[int]:
    """Give the same by a look at every process, for kernels that keep no lists of children."""
    found, us = set(), str(os.getpid()).encode()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if entry.read_bytes().rpartition(b")")[2].split()[1] == us:
                found.add(int(entry.parent.name))
    return frozenset(found)


def marker_of(pid: int) -> str | None:
    """Give the marker in a process's environment; None when there is none, or it cannot be read."""
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    for entry in environ.split(b"\0"):
        if entry.startswith(b"AUTOEXP_RUN="):
            return entry.partition(b"=")[2].decode(errors="replace")
    return None


def wait_for(pid: int, seconds: float) -> bool:
    """Tell whether a child ended within `seconds`, without reaping it: short sleeps of growing length."""
    deadline, pause = time.monotonic() + seconds, SHORTEST_S
    while not is_over(pid):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_S)
    return True


def is_over(pid: int) -> bool:
    """Tell whether a process has ended (a zombie has)."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def session_of(pid: int) -> int | None:
    """Give the session that a process belongs to, None when it is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return None
