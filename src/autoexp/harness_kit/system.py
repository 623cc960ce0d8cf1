"""What the operating system tells of processes, read from outside of them."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_LINUX = sys.platform.startswith("linux")
_SET_PIPE_SIZE = 1031
_PIPE_BYTES = 1 << 20
_CPU_CLOCK = 2
_KB_PER_MB = 1024.0
_PER_MB = _KB_PER_MB if _LINUX else _KB_PER_MB**2  # ru_maxrss counts bytes on macOS
_PATIENCE_S = 5.0


def children() -> frozenset[int]:
    """Give the processes that this one would wait for; none where the system does not tell."""
    found: set[int] = set()
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with suppress(OSError):
                found.update(map(int, Path(f"/proc/self/task/{thread}/children").read_text(encoding="ascii").split()))
    return frozenset(found)


def widen(descriptor: int) -> None:
    """Let a pipe hold 1 MB, so that long answers need fewer turns."""
    with suppress(OSError):
        fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)


def limit(pid: int, memory_mb: float | None) -> None:
    """Let a process that has just started dump no core and, on Linux, have no more address space than this."""
    if hasattr(resource, "prlimit"):
        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
            if memory_mb is not None:
                resource.prlimit(pid, resource.RLIMIT_AS, (int(memory_mb * 2**20),) * 2)


def cpu_s(pid: int) -> float | None:
    """Give the CPU time of a process with its threads, without its children; None where it cannot be told."""
    with suppress(OSError):
        if _LINUX:
            return time.clock_gettime_ns((~pid << 3) | _CPU_CLOCK) / 1e9
    return None


def peak_rss_mb(pid: int) -> float | None:
    """Give the memory that a running process needed at most; None where it cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / _KB_PER_MB
    return None


def megabytes(maxrss: int) -> float:
    """Give a ru_maxrss in MB."""
    return maxrss / _PER_MB


def own_peak(maxrss: int) -> float:
    """Give a dead process's peak in MB; 0 when it may be this process's, which a child begins with."""
    return megabytes(maxrss) if maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0.0


def has_ended(pid: int) -> bool:
    """Say whether a child has ended, and leave it to be waited for."""
    if not hasattr(os, "waitid"):
        return _is_zombie(pid)
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def _is_zombie(pid: int) -> bool:
    """Ask `ps`, where Python (before 3.13 on macOS) cannot look at a child without taking its account away."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not told.strip() or told.strip().startswith("Z")


def wait_for_end(pid: int, timeout_s: float) -> None:
    """Wait until a child has ended, or the time is over."""
    deadline, pause_s = time.monotonic() + timeout_s, 0.0005
    while not has_ended(pid) and time.monotonic() < deadline:
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.02)


def how_it_ended(pid: int) -> str:
    """Give the end of a child in words that follow a sentence; "" while it runs."""
    if not hasattr(os, "waitid"):
        return ""
    with suppress(ChildProcessError):
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if end is not None:
            return f" (exit status {end.si_status})" if end.si_code == os.CLD_EXITED else f" (signal {end.si_status})"
    return ""


def end_orphans(others: frozenset[int]) -> list[resource.struct_rusage]:
    """Kill and reap the children that came to this process besides `others`; give what each used.

    Those of this process's own session are its own business: a worker has one of its own, and so have its daemons.
    """
    used, session, deadline = [], os.getsid(0), time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        mine = [pid for pid in children() - others if _session(pid) not in {session, None}]
        if not mine:
            break
        for pid in mine:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                used.append(os.wait4(pid, 0)[2])
    return used


def _session(pid: int) -> int | None:
    with suppress(OSError):
        return os.getsid(pid)
    return None
