"""Room set aside on the journal's disk while a session works, and given up so that its last records can still be written."""

import errno
import os
from contextlib import suppress
from pathlib import Path

SIZE = 8 * 2**20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a system call says where there is no room left, on the disk or in a quota."""

_CHUNK = 2**20


class Reserve:
    """Some megabytes of a disk. Its file has no name while it is held: the room is free again however the process ends."""

    def __init__(self, path: Path, *, size: int = SIZE) -> None:
        """Nothing is taken yet; `path` is where the file has a name for an instant."""
        self.given_up = False
        self._path = path
        self._size = size
        self._fd = -1

    def take(self) -> bool:
        """Set the room aside; False, and nothing is taken, where there is less than twice as much or it cannot be had."""
        try:
            found = os.statvfs(self._path.parent)
            if found.f_blocks and found.f_bavail * found.f_frsize < 2 * self._size:
                return False
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            self._path.unlink()
            self._fill()
        except OSError:
            self.close()
            return False
        return True

    def give_up(self) -> bool:
        """Free the room for others; False when none is held."""
        if self._fd < 0:
            return False
        with suppress(OSError):  # some file systems free nothing before it is synced
            os.ftruncate(self._fd, 0)
            os.fsync(self._fd)
        self.close()
        self.given_up = True
        return True

    def close(self) -> None:
        """Let go of what is held."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _fill(self) -> None:
        with suppress(AttributeError, OSError):  # macOS has no such call, some file systems do not know it
            os.posix_fallocate(self._fd, 0, self._size)
            return
        for start in range(0, self._size, _CHUNK):
            os.pwrite(self._fd, bytes(min(_CHUNK, self._size - start)), start)
        os.fsync(self._fd)
