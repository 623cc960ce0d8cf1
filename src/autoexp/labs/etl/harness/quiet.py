"""Cores that run at full speed just now.

A core that another program, or another machine behind the hypervisor, shares with this one does the same work in up to twice the
CPU time, for milliseconds or for seconds, and no counter tells it. A short loop of the judge's own tells it.
"""

import math
import os
import time
from pathlib import Path

MOST = 4  # cores that are looked at; each look takes a quarter of a millisecond
LOOP = 3_000
AT_SPEED = 1.15  # times the shortest loop of this run
PATIENCE_S = 0.02  # for each question; a core is slow for one to three milliseconds most of the time


class Cores:
    """The cores that this process may use, and the shortest time that its loop ever took on one of them."""

    def __init__(self) -> None:
        """Ask the system; where it does not tell (not Linux) nothing is ever moved."""
        self.all = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
        self.shortest_s = math.inf

    def look(self) -> dict[int, float]:
        """Say how long the loop takes on each core, and stay on the last one."""
        seen = {}
        for core in self.all[:MOST]:
            os.sched_setaffinity(0, {core})
            seen[core] = _loop_s()
            self.shortest_s = min(self.shortest_s, seen[core])
        return seen

    def give_quiet(self, pid: int, *, patience_s: float = PATIENCE_S) -> None:
        """Put a process on the fastest core, and stay off it; wait a moment when none is at full speed."""
        if not self.all:
            return
        until = time.perf_counter() + patience_s
        while True:
            seen = self.look()
            core = min(seen, key=seen.__getitem__)
            if seen[core] < AT_SPEED * self.shortest_s or time.perf_counter() > until:
                break
        for thread in Path(f"/proc/{pid}/task").iterdir():
            _put(int(thread.name), {core})
        _put(0, {*self.all} - {core} or {core})


def _loop_s() -> float:
    for rounds in (LOOP // 10, LOOP):  # the first one warms up
        start, total = time.thread_time_ns(), 0
        for number in range(rounds):
            total += number * number
        taken = time.thread_time_ns() - start
    return taken / 1e9


def _put(thread: int, cores: set[int]) -> None:
    try:
        os.sched_setaffinity(thread, cores)
    except OSError:  # the thread has ended, or the system forbids it: then it runs where it is
        return
