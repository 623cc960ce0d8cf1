"""The processes that one command started: found and killed to the last, also those that left its session.

On Linux the engine is made a *subreaper*: a process whose parent ends becomes a child of the engine, whatever it did
with groups and sessions. So after a command, its leftovers are the engine's new children. A child counts as a leftover
when it lives in a foreign session and its environment carries this command's marker, or its session is this command's;
one without any marker counts when no other command runs at the moment. Processes that the engine starts by itself in a
session of their own must therefore not be started while a command ends. Elsewhere the process group alone is killed.
"""

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from autoexp.errors import WorldError
from autoexp.processes.children import (
    LONGEST_S,
    SHORTEST_S,
    become_subreaper,
    children,
    is_over,
    marker_of,
    session_of,
    wait_for,
)

_PATIENCE_S, _HANG_S = 10.0, 60.0

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

    def roots(self) -> list[int]:
        """Give the command, and those of its processes whose own parent has ended."""
        return [self.root, *self._orphans()]

    def fell(self, *, grace_s: float = 0.0) -> Felled:
        """Kill and reap the command and all that is left of it; what ends by itself within `grace_s` is not counted.

        Raises WorldError when the command does not die, for it hangs in the kernel. The group is signalled before the
        root is reaped: until then its number cannot belong to others.
        """
        if not self.root or self.root in self.reaped:
            return Felled(0, Used(0.0, 0), 0)
        ended = self._let_end(grace_s)
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
                more, killed = _end(pid, deadline)
                used += more
                leftovers += killed and pid not in ended
                self.reaped.add(pid)
        return Felled(status, used, leftovers)

    def _let_end(self, grace_s: float) -> frozenset[int]:
        """Wait for the orphans, and give those that have ended by themselves."""
        deadline, pause = time.monotonic() + grace_s, SHORTEST_S
        while True:
            orphans = frozenset(self._orphans())
            ended = frozenset(pid for pid in orphans if is_over(pid))
            if ended == orphans or time.monotonic() >= deadline:
                return ended
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_S)

    def _orphans(self) -> list[int]:
        new = children() - self.before - self.reaped - {self.root}
        if not new:
            return []
        with _lock:
            others = [tree for tree in _growing if tree is not self]
        roots, own = {tree.root for tree in others}, os.getsid(0)
        return [pid for pid in new - roots if session_of(pid) not in {None, own} and self._owns(pid, others)]

    def _owns(self, pid: int, others: "list[Tree]") -> bool:
        if session_of(pid) == self.session:
            return True
        found = marker_of(pid)
        return found == self.marker if found is not None else not others


def _end(pid: int, deadline: float) -> tuple[Used, bool]:
    """Kill and reap one child; give what it used and whether SIGKILL ended it. One that does not die is left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    if wait_for(pid, max(deadline - time.monotonic(), 0.0)):
        with contextlib.suppress(ChildProcessError):
            _, status, usage = os.wait4(pid, 0)
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss), killed
    return Used(0.0, 0), True
