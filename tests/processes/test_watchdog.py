"""What a running command uses, seen from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoexp.processes import Limits
from autoexp.processes.watchdog import default_memory, descendants, overstepped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seen through /proc")


@contextmanager
def running(*argv: str, ready: str = "ready\n") -> Iterator[int]:
    """Start a program that says when it is ready."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == ready
            yield process.pid
        finally:
            for pid in list(descendants(process.pid)):
                os.kill(pid, 9)


FAMILY = "(sleep 60 & sleep 60 & wait) & sleep 60 & sleep 0.1; echo ready; wait"


def test_all_generations_are_descendants() -> None:
    with running("sh", "-c", FAMILY) as root:
        found = list(descendants(root))
        assert found[0] == root
        assert len(set(found)) == len(found) == 5


def test_a_process_that_is_gone_has_itself_only() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        assert list(descendants(process.pid)) == [process.pid]
        assert overstepped([process.pid], Limits(memory=1, processes=1)) is None


@pytest.mark.parametrize(("limit", "aside", "beyond"), [(5, 0, False), (4, 0, True), (4, 1, False), (3, 1, True)])
def test_processes_are_counted_but_those_of_the_sandbox(limit: int, aside: int, *, beyond: bool) -> None:
    with running("sh", "-c", FAMILY) as root:
        found = overstepped([root], Limits(processes=limit), aside=aside)
        assert (found is not None and found[0] == "processes") == beyond


def test_memory_of_all_is_counted() -> None:
    code = "import os, time; x = bytearray(b'x' * 60_000_000); print('ready', flush=True); time.sleep(60)"
    with running(sys.executable, "-c", code) as one, running(sys.executable, "-c", code) as two:
        assert overstepped([one], Limits(memory=100_000_000)) is None
        found = overstepped([one, two], Limits(memory=100_000_000))
        assert found is not None
        assert found[0] == "memory"
        assert "100 MB allowed" in found[1]


def test_shared_memory_counts_once() -> None:
    code = (
        "import os, time; x = bytearray(b'x' * 60_000_000)\n"
        "for _ in range(3):\n    if os.fork() == 0: time.sleep(60)\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    with running(sys.executable, "-c", code) as root:
        time.sleep(0.2)
        assert overstepped([root], Limits(memory=150_000_000)) is None
        assert overstepped([root], Limits(memory=50_000_000)) is not None


def test_without_a_limit_most_of_the_machine_may_be_used() -> None:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert whole / 2 < default_memory() < whole
    assert overstepped([os.getpid()], Limits()) is None


@pytest.mark.parametrize("command", ["(setsid sh -c '{}' &) ; sleep 60", "{}"])
def test_limits_hold_also_for_what_has_lost_its_parent(start, alive, tmp_path: Path, command: str) -> None:
    """A daemon is no descendant of the command any more."""
    forks = "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait"
    finished = start(command.format(forks), processes=6)
    assert finished.how == "processes"
    assert alive() == []
