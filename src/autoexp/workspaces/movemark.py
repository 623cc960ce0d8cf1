"""What is about to happen to a user's checkout, written down beforehand, so that whoever comes after a crash can end it.

The mark is a file in the checkout's git directory. It is locked as long as somebody works, also by the git that does the work.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from autoexp.durable import sync_folder
from autoexp.errors import RepositoryError, StorageError

NAME = "autoexp-apply.json"
WAIT_S, STEP_S = 10.0, 0.05
"""How long the git of an `apply` that was killed may take to end, and how often that is looked at."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a branch with its checkout, from one commit to another."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of a checkout, held by this process."""

    path: Path
    fd: int

    def read(self) -> Move | None:
        """Give the move that was begun and not ended; None when there is none, or it was not written to its end."""
        return read_mark(self.path)

    def write(self, move: Move) -> None:
        """Write down a move, to last. Raises StorageError."""
        try:
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, json.dumps(asdict(move)).encode(), 0)
            os.fsync(self.fd)
            sync_folder(self.path.parent)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def clear(self) -> None:
        """Tell that the move has come to its end."""
        os.ftruncate(self.fd, 0)


def read_mark(path: Path) -> Move | None:
    """Give the move that a mark tells of; None where there is no mark, or none that is whole."""
    with suppress(OSError, ValueError, TypeError):
        return Move(**json.loads(path.read_text(encoding="utf-8")))
    return None


@contextmanager
def held(git_dir: Path) -> Iterator[Mark]:
    """Hold the mark of a checkout. Raises RepositoryError while somebody else does. One that tells of nothing is removed at the end."""
    path = git_dir / NAME
    fd = _locked(path)
    mark = Mark(path, fd)
    try:
        yield mark
    finally:
        if mark.read() is None:
            path.unlink(missing_ok=True)
        os.close(fd)


def _locked(path: Path) -> int:
    until = time.monotonic() + WAIT_S
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            if time.monotonic() > until:
                raise RepositoryError(
                    "another `autoexp apply` is at work on this checkout", where=str(path), fix="wait for its end"
                ) from None
            time.sleep(STEP_S)
            continue
        if _is_there(path, fd):
            return fd
        os.close(fd)


def _is_there(path: Path, fd: int) -> bool:
    """Tell whether the file that was locked is still the one of that name."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(fd).st_ino
    return False
