"""Clear away what a killed engine left: processes that carry its marker, and their private folders."""

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path

from autoexp.processes import strays
from autoexp.processes.children import marker_of
from autoexp.processes.environment import FOLDER_PREFIX, plain, remove
from autoexp.processes.watchdog import descendants

_ROUNDS = 50


def sweep(marker_prefix: str, *, scratch: Path | None = None) -> int:
    """Kill processes of our own user whose AUTOEXP_RUN starts with the prefix, and all below them; give how many there were.

    Known strays count as well, whatever is left of their environment (see autoexp.processes.strays).
    End a prefix with a separator, or `etl` also meets `etl-2`. Private folders made under such a marker go as well.
    Without /proc nothing is found and the answer is 0. Call it while no command of the same campaign runs.
    """
    if not marker_prefix:
        return 0
    killed: set[int] = set()
    for _ in range(_ROUNDS):
        found = _found(marker_prefix)
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.01)
    for folder in Path(scratch or tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}{plain(marker_prefix)}*"):
        remove(folder)
    strays.forget(marker_prefix)
    return len(killed)


def _found(prefix: str) -> set[int]:
    """Give who carries the prefix or is a known stray, with all below them: a child may have cleared its environment."""
    roots = (*_carrying(prefix), *strays.left(prefix))
    return {pid for root in roots for pid in descendants(root)} - {os.getpid(), os.getppid()}


def _carrying(prefix: str) -> list[int]:
    own, us = os.getuid(), {os.getpid(), os.getppid()}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(OSError):
            if pid not in us and entry.stat().st_uid == own and (marker_of(pid) or "").startswith(prefix):
                found.append(pid)
    return found
