"""How much memory and how many processes a running command uses with all below it, seen from outside."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from autoexp.processes.finished import How, Limits

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARE_OF_MEMORY = 0.8


def default_memory() -> int:
    """Give the bytes that a command may use when nobody said how many: four fifths of what there is."""
    return int(os.sysconf("SC_PHYS_PAGES") * _PAGE * _SHARE_OF_MEMORY)


def overstepped(roots: Iterable[int], limits: Limits, *, aside: int = 0) -> tuple[How, str] | None:
    """Tell which limit some processes with all below them have passed, and in words; None while they keep to them.

    `aside` processes are the sandbox's own and do not count. Shared memory counts once for each process at first; only
    beyond the limit the exact proportional sizes are read.
    """
    pids = tuple(pid for root in roots for pid in descendants(root))
    if limits.processes is not None and len(pids) - aside > limits.processes:
        return "processes", f"it ran more than {limits.processes} processes at once"
    memory = limits.memory if limits.memory is not None else default_memory()
    if sum(map(_resident, pids)) > memory and (exact := sum(map(_proportional, pids))) > memory:
        return "memory", f"it used {exact / 1e6:.0f} MB of memory, more than the {memory / 1e6:.0f} MB allowed"
    return None


def descendants(root: int) -> Iterator[int]:
    """Give a process and all below it, as far as the system lists children."""
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        with contextlib.suppress(OSError):  # it may end at any moment
            for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  often, and for every process
                waiting += map(int, Path(f"/proc/{pid}/task/{task}/children").read_bytes().split())


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return _resident(pid)
