"""Start a command so that what it uses is its own.

Linux carries the memory peak of the process that forks over into the program that it starts, so a child of the engine
would report at least the engine's own size. Therefore a small shell is started in the new session and forks; then it is
killed, the engine, a subreaper, inherits its child, and that child becomes the command: it starts from a peak of about
1 MB. Where the system has no subreapers the command is started directly.
"""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from autoexp.processes.children import become_subreaper

# $0 is the file for stdin; until the program starts, fd 0 is the socket to the engine. The colon keeps the shell alive.
_FORK = '( read -r pid rest </proc/self/stat; echo "$pid" >&0; read -r go && exec "$@" <"$0" ); :'
_LONGEST_PID = 32


class Started(NamedTuple):
    """A running command and the session that it runs in."""

    pid: int
    session: int


class NotFound(Exception):  # noqa: N818  an answer, not a failure
    """The program or its folder is not there, in words."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started: `shell` stands before the small shell, `keep` are descriptors that go to the command."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    stdin: Path
    shell: Sequence[str] = ()
    keep: Sequence[int] = ()
    processors: frozenset[int] | None = None
    file_size: int | None = None


def launch(start: Start, *, stdout: int, stderr: int) -> Started:
    """Start a command in a session of its own; it is then a child of this process. Raises NotFound."""
    program = start.argv[0]
    _expect(program, start.cwd, start.env)
    try:
        with _pinned(start.processors):
            if become_subreaper():
                return _through_a_shell(start, stdout, stderr)
            return _directly(start, stdout, stderr)
    except (OSError, ValueError) as error:  # a text with a NUL, an argument list too long, no processes left
        raise NotFound(f"cannot start {program}: {getattr(error, 'strerror', None) or error}") from None


@contextlib.contextmanager
def _pinned(processors: frozenset[int] | None) -> Iterator[None]:
    """Let what this thread starts run on some processors only."""
    if processors is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _through_a_shell(start: Start, stdout: int, stderr: int) -> Started:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            shell = subprocess.Popen(
                [*start.shell, "/bin/sh", "-c", _FORK, str(start.stdin), *start.argv],
                cwd=start.cwd,
                env=start.env,
                stdin=theirs.fileno(),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=start.keep,
            )
        try:
            told = ours.recv(_LONGEST_PID)
        finally:  # also when a signal handler raises: without its `go` the child ends by itself
            shell.kill()
            shell.wait()
        if not told.strip().isdigit():
            raise NotFound(f"cannot start {start.argv[0]}: /bin/sh gave no process")
        bound(int(told), start.file_size)
        with contextlib.suppress(OSError):  # killed meanwhile by others: its wait status tells
            ours.send(b"go\n")
        return Started(int(told), shell.pid)


def bound(pid: int, file_size: int | None) -> None:
    """Limit the size of the files that a process and its children write; there are no core files."""
    if not hasattr(resource, "prlimit"):
        return
    with contextlib.suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        if file_size is not None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_size, file_size))


def _directly(start: Start, stdout: int, stderr: int) -> Started:
    with start.stdin.open("rb") as source:
        process = subprocess.Popen(
            [*start.shell, *start.argv],
            cwd=start.cwd,
            env=start.env,
            stdin=source,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=start.keep,
        )
    process.returncode = 0  # it is reaped by its number, with its usage: Popen must not wait for it
    return Started(process.pid, process.pid)


def _expect(program: str, cwd: Path, env: Mapping[str, str]) -> None:
    if not cwd.is_dir():
        raise NotFound(f"the folder to run in is not there: {cwd.name}")
    place = str(cwd / program) if "/" in program else program
    if shutil.which(place, path=env.get("PATH", os.defpath)) is None:
        known = "/" in program and os.access(place, os.F_OK)
        raise NotFound(f"cannot start {program}: {'it is not executable' if known else 'there is no such program'}")
