"""What a command prints, carried from a pipe to a file: nobody can take back, or write over, what was printed before.

A command that held the file itself could. The pipe is emptied ten times a second, and at once when much comes.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_PIPE = 1 << 20
_CHUNK = 1 << 18
_SET_SIZE = 1031  # F_SETPIPE_SZ


class Drain:
    """One output: `write_end` is what the command gets, `written` counts what has reached the file."""

    def __init__(self, path: Path, *, most: int) -> None:
        """Make the file, for its owner alone: it may hold secrets until they are masked. More than `most` bytes are let go."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        if sys.platform == "linux":
            import fcntl  # noqa: PLC0415

            with contextlib.suppress(OSError):  # the user's pipes may be used up
                fcntl.fcntl(self.write_end, _SET_SIZE, _PIPE)
        self._path = path
        self._most = most
        self.written = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take what is left, and close everything."""
        try:
            if kind is None:
                self.pump()
        finally:
            self.started()
            os.close(self._read_end)
            os.close(self._file)

    def started(self) -> None:
        """Close our copy of the command's end, once the command has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def pump(self) -> bool:
        """Carry over what waits; tell whether it was so much that more is likely to wait soon."""
        carried = 0
        for part in self._parts():
            carried += len(part)
            self.written += len(part)
            room = self._most + 1 - (self.written - len(part))
            view = memoryview(part)[: max(room, 0)]
            while view:
                view = view[self._write(view) :]
        return carried > _PIPE // 4

    def _write(self, view: memoryview) -> int:
        try:
            return os.write(self._file, view)
        except OSError as error:
            error.filename = str(self._path)
            raise

    def _parts(self) -> Iterator[bytes]:
        taken = 0
        while taken < 2 * _PIPE:
            try:
                part = os.read(self._read_end, _CHUNK)
            except BlockingIOError:
                return
            if not part:
                return
            taken += len(part)
            yield part
