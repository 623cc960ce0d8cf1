"""Start a command so that what it uses is its own.

Linux carries the memory peak of the process that forks over into the program that it starts, so a child of the engine
would report at least the engine's own size. Therefore a small shell is started in the new session and forks; then it is
killed, the engine, a subreaper, inherits its child, and that child becomes the command: it starts from a peak of about
1 MB. Where the system has no subreapers the command is started directly.
"""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

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


def launch(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: Path, stdout: IO[bytes], stderr: IO[bytes]
) -> Started:
    """Start a command in a session of its own; it is then a child of this process. Raises NotFound."""
    _expect(argv[0], cwd, env)
    try:
        if become_subreaper():
            return _through_a_shell(argv, cwd, env, stdin, stdout, stderr)
        return _directly(argv, cwd, env, stdin, stdout, stderr)
    except (OSError, ValueError) as error:  # a text with a NUL, an argument list too long, no processes left
        raise NotFound(f"cannot start {argv[0]}: {getattr(error, 'strerror', None) or error}") from None


def _through_a_shell(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: Path, stdout: IO[bytes], stderr: IO[bytes]
) -> Started:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            shell = subprocess.Popen(
                ["/bin/sh", "-c", _FORK, str(stdin), *argv],
                cwd=cwd,
                env=env,
                stdin=theirs.fileno(),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        try:
            told = ours.recv(_LONGEST_PID)
        finally:  # also when a signal handler raises: without its `go` the child ends by itself
            shell.kill()
            shell.wait()
        if not told.strip().isdigit():
            raise NotFound(f"cannot start {argv[0]}: /bin/sh gave no process")
        with contextlib.suppress(OSError):  # killed meanwhile by others: its wait status tells
            ours.send(b"go\n")
        return Started(int(told), shell.pid)


def _directly(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: Path, stdout: IO[bytes], stderr: IO[bytes]
) -> Started:
    with stdin.open("rb") as source:
        process = subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=source, stdout=stdout, stderr=stderr, start_new_session=True
        )
    process.returncode = 0  # it is reaped by its number, with its usage: Popen must not wait for it
    return Started(process.pid, process.pid)


def _expect(program: str, cwd: Path, env: Mapping[str, str]) -> None:
    if not cwd.is_dir():
        raise NotFound(f"the folder to run in is not there: {cwd.name}")
    place = str(cwd / program) if "/" in program else program
    if shutil.which(place, path=env.get("PATH", os.defpath)) is None:
        known = "/" in program and Path(place).exists()
        raise NotFound(f"cannot start {program}: {'it is not executable' if known else 'there is no such program'}")
