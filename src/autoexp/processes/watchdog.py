"""How much memory and how many processes a running command uses with all below it, seen from outside."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from autoexp.processes.finished import How, Limits

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARE_OF_MEMORY = 0.8


def default_memory() -> int:
    """Give the bytes that a command may use when nobody said how many: four fifths of what there is."""
    return int(os.sysconf("SC_PHYS_PAGES") * _PAGE * _SHARE_OF_MEMORY)


def overstepped(
    roots: Iterable[int], limits: Limits, *, aside: int = 0, in_memory: Sequence[str] = ()
) -> tuple[How, str] | None:
    """Tell which limit some processes with all below them have passed, and in words; None while they keep to them.

    `aside` processes are the sandbox's own and do not count. Shared memory counts once for each process at first; only
    beyond the limit the exact proportional sizes are read. `in_memory` are folders of the sandbox whose files take memory.
    """
    pids = tuple(pid for root in roots for pid in descendants(root))
    if limits.processes is not None and len(pids) - aside > limits.processes:
        return "processes", f"it ran more than {limits.processes} processes at once"
    memory = limits.memory if limits.memory is not None else default_memory()
    files = _files(pids, in_memory)
    if sum(map(_resident, pids)) + files > memory and (exact := _exact(pids, files)) > memory:
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


def _files(pids: Sequence[int], places: Sequence[str]) -> int:
    """Give the bytes in files of some folders, as the first process sees them that has a root of its own."""
    for pid in pids if places else ():
        root = f"/proc/{pid}/root"
        with contextlib.suppress(OSError):
            if os.stat(f"{root}/").st_dev != os.stat("/").st_dev:  # noqa: PTH116  often
                found = [os.statvfs(root + place) for place in places]
                return sum((one.f_blocks - one.f_bfree) * one.f_frsize for one in found)
    return 0


def _exact(pids: Iterable[int], files: int) -> int:
    """Give the memory of all with that of files: those that are mapped stand in both accounts, and count once."""
    both = [_proportional(pid) for pid in pids]
    return max(sum(size for size, _ in both), sum(size - shared for size, shared in both) + files)


def _proportional(pid: int) -> tuple[int, int]:
    """Give a process's part of memory, and how much of that is shared memory and mapped files in memory."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
        sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(b":") for line in lines[1:])}
        return sizes[b"Pss"], sizes.get(b"Pss_Shmem", 0)
    except (OSError, ValueError, KeyError, IndexError):
        return _resident(pid), 0
