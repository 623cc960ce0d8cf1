"""What a killed engine left running is ended by the next start, however it hides; kill -9 leaves an engine no time for that."""

import os
import random
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import machines
from tests.durability.laws import lawful
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

DAEMON = """\
import os, signal, sys
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.chdir("/")
os.execve("/bin/sleep", ["[kworker/7:1-events]", sys.argv[1]], {} if sys.argv[2:] else dict(os.environ))
"""
"""Forks twice, leaves its session and folder, ignores what asks it to end, and takes another name."""


@pytest.fixture
def token() -> Iterator[str]:
    """Give the argument by which a test's daemon is known; whatever happens, none outlives the test."""
    made = f"31536000.{random.randrange(10**12):012}"
    yield made
    for pid in alive(made):
        os.kill(pid, signal.SIGKILL)


def alive(token: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            state = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if words[:1] == [b"[kworker/7:1-events]"] and token.encode() in words and state not in b"ZX":
            found.append(int(entry.name))
    return found


def killed_beside_a_daemon(project: Project, token: str, *, noted: bool) -> None:
    """Kill the engine once the daemon of one of its commands runs, and has been written down if nothing else tells of it."""
    with project.start("run") as engine:
        found = f"*:{engine.pid}.strays".replace(":", "_")

        def ready() -> bool:
            there = alive(token)
            return bool(there) and (not noted or any(Path(tempfile.gettempdir()).glob(f"autoexp-{found}")))

        wait_until(lambda: ready() or engine.poll() is not None, "the daemon")
        assert engine.poll() is None, engine.printed("err")
        engine.send_signal(signal.SIGKILL)


def ended_by_the_next_start(project: Project, token: str, *, side: str, level: str, bare: str = "") -> None:
    """Let a command of one side leave a daemon, kill the engine, start the next one, and hold that the daemon is gone."""
    daemon = f"python3 daemon.py {token} {bare}"
    project.contract(CONTRACT.replace("level: none", f"level: {level}").replace("timeout: 5s", "timeout: 2s"))
    (project.path / "daemon.py").write_text(DAEMON)
    (project.path / "bench.sh").write_text(
        f'read -r x < value.txt\nif [ "$x" = 90 ]; then {daemon}; sleep 60; fi\n'
        'echo "METRIC x=$x"\necho "METRIC ok=1"\n'
    )
    project.git("add", ".")
    project.git("commit", "-qm", "with a daemon")
    project.edits(write(90) if side == "harness" else {"description": "d", "run": f"{daemon}; sleep 60"})
    killed_beside_a_daemon(project, token, noted=bool(bare))
    project.edits(write(80))
    project.run("run")
    assert alive(token) == []
    lawful(project)
    if level == "none":
        assert "still running and were ended" in str(project.journal())


@pytest.mark.parametrize("side", ["proposer", pytest.param("harness", marks=pytest.mark.long)])
@pytest.mark.parametrize("bare", [pytest.param("", marks=pytest.mark.long), "bare"])
def test_daemon_of_a_killed_engine_is_ended_by_the_next_start(
    project: Project, token: str, side: str, bare: str
) -> None:
    ended_by_the_next_start(project, token, side=side, level="none", bare=bare)


@pytest.mark.long
@pytest.mark.parametrize("side", ["proposer", "harness"])
def test_daemon_in_a_sandbox_ends_with_the_engine(project: Project, token: str, side: str) -> None:
    machines.needs_bubblewrap()
    ended_by_the_next_start(project, token, side=side, level="bwrap")
