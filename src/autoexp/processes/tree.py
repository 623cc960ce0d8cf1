"""The processes that one command started: found and killed to the last, also those that left its session.

On Linux the engine is made a *subreaper*: a process whose parent ends becomes a child of the engine, whatever it did
with groups and sessions. So after a command, its leftovers are the engine's new children. A child counts as a leftover
when it lives in a foreign session and its environment carries this command's marker, or its session is this command's;
one without any marker counts when no other command runs at the moment. Processes that the engine starts by itself in a
session of their own must therefore not be started while a command ends. Elsewhere the process group alone is killed.
"""

import contextlib
import ctypes
import functools
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from autoexp.errors import WorldError

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_S, _HANG_S = 10.0, 60.0
_SHORTEST_S, _LONGEST_S = 0.0005, 0.02

_growing: "set[Tree]" = set()
_lock = threading.Lock()


class Used(NamedTuple):
    """CPU seconds, and the largest resident set in the unit of the system."""

    cpu_s: float
    max_rss: int

    def __add__(self, other: object) -> "Used":
        """Join two: CPU adds up, the larger set counts."""
        if not isinstance(other, Used):
            return NotImplemented
        return Used(self.cpu_s + other.cpu_s, max(self.max_rss, other.max_rss))


class Felled(NamedTuple):
    """The wait status of a command, what all of it used, and how many of its processes outlived it."""

    status: int
    used: Used
    leftovers: int


@dataclass(eq=False, slots=True)
class Tree:
    """One running command and everything below it."""

    marker: str
    before: frozenset[int]
    root: int = 0
    session: int = 0
    reaped: set[int] = field(default_factory=set)

    @classmethod
    def plant(cls, marker: str) -> "Tree":
        """Start to watch; call it before the command starts."""
        become_subreaper()
        with _lock:
            tree = cls(marker, children())
            _growing.add(tree)
        return tree

    def grows(self, root: int, session: int) -> None:
        """Learn which process is the command, and its session."""
        self.root, self.session = root, session

    def forget(self) -> None:
        """Stop to watch."""
        with _lock:
            _growing.discard(self)

    def fell(self, *, grace_s: float = 0.0) -> Felled:
        """Kill and reap the command and all that is left of it; what ends by itself within `grace_s` is not counted.

        Raises WorldError when the command does not die, for it hangs in the kernel. The group is signalled before the
        root is reaped: until then its number cannot belong to others.
        """
        if not self.root or self.root in self.reaped:
            return Felled(0, Used(0.0, 0), 0)
        self._let_end(grace_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.session, signal.SIGKILL)
        if not wait_for(self.root, _HANG_S):
            raise WorldError(f"process {self.root} was killed and did not end within {_HANG_S:g} s")
        _, status, usage = os.wait4(self.root, 0)
        self.reaped.add(self.root)
        used, leftovers = Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss), 0
        deadline = time.monotonic() + _PATIENCE_S
        while (mine := self._orphans()) and time.monotonic() < deadline:
            for pid in mine:
                more, was_alive = _end(pid, deadline)
                used += more
                leftovers += was_alive
                self.reaped.add(pid)
        return Felled(status, used, leftovers)

    def _let_end(self, grace_s: float) -> None:
        deadline, pause = time.monotonic() + grace_s, _SHORTEST_S
        while time.monotonic() < deadline and not all(_is_over(pid) for pid in self._orphans()):
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_S)

    def _orphans(self) -> list[int]:
        new = children() - self.before - self.reaped - {self.root}
        if not new:
            return []
        with _lock:
            others = [tree for tree in _growing if tree is not self]
        roots, own = {tree.root for tree in others}, os.getsid(0)
        return [pid for pid in new - roots if _session(pid) not in {None, own} and self._owns(pid, others)]

    def _owns(self, pid: int, others: "list[Tree]") -> bool:
        if _session(pid) == self.session:
            return True
        found = marker_of(pid)
        return found == self.marker if found is not None else not others


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
    deadline, pause = time.monotonic() + seconds, _SHORTEST_S
    while not _is_over(pid):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_S)
    return True


def _is_over(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _end(pid: int, deadline: float) -> tuple[Used, bool]:
    """Kill and reap one child; give what it used and whether it was alive. One that does not die is left behind."""
    was_alive = not _is_over(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    if wait_for(pid, max(deadline - time.monotonic(), 0.0)):
        with contextlib.suppress(ChildProcessError):
            _, _, usage = os.wait4(pid, 0)
            return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss), was_alive
    return Used(0.0, 0), was_alive
