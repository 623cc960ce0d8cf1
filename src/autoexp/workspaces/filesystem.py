"""Single steps in a tree that somebody hostile may have prepared: no link is followed, no odd file can block."""

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autoexp.workspaces.changes import EXECUTABLE, LINK, PLAIN, Entry
from autoexp.workspaces.objects import object_id

READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def look(path: str) -> os.stat_result | None:
    """Return the state of what stands at a path itself, None when nothing does or nothing can."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_real_folder(path: Path) -> bool:
    """Tell whether a folder itself stands at a path, not a link to one."""
    state = look(os.fspath(path))
    return state is not None and stat.S_ISDIR(state.st_mode)


def read_regular(path: str, limit: int) -> bytes | None:
    """Return a regular file's bytes; None for anything else, for more than `limit` bytes, and when it is forbidden."""
    try:
        descriptor = os.open(path, READ_FLAGS)
    except OSError:
        return None
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        parts = []
        left = limit + 1
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
    return b"".join(parts) if left > 0 else None


def identify(path: str, object_format: str) -> Entry | None:
    """Return the mode and id that git would give to what stands at a path; None for nothing and for odd things."""
    state = look(path)
    if state is None or stat.S_ISDIR(state.st_mode):
        return None
    if stat.S_ISLNK(state.st_mode):
        return Entry(LINK, object_id("blob", os.fsencode(os.readlink(path)), object_format))  # noqa: PTH115
    try:
        descriptor = os.open(path, READ_FLAGS)
    except OSError:
        return None
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return None
        digest = hashlib.new(object_format, f"blob {state.st_size}\0".encode(), usedforsecurity=False)
        while part := file.read(1 << 20):
            digest.update(part)
    return Entry(EXECUTABLE if state.st_mode & 0o100 else PLAIN, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes that new files and folders get on this file system under this umask."""

    plain: int
    executable: int
    folder: int

    @classmethod
    def probe(cls, folder: Path) -> "Modes":
        """Make one of each kind and look at it."""
        probe = folder / "probe"
        found = []
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            probe.rmdir()  # of an engine that was killed right here
        for mode in (0o666, 0o777):
            probe.unlink(missing_ok=True)
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
            found.append(probe.lstat().st_mode)
        probe.unlink()
        probe.mkdir()
        found.append(probe.lstat().st_mode)
        probe.rmdir()
        return cls(*found)

    def of(self, mode: str) -> int:
        """Return the file mode that an entry of a tree becomes."""
        return self.executable if mode == "100755" else self.plain


def open_up(path: str) -> None:
    """Give the owner all rights in a real folder."""
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_IRWXU != stat.S_IRWXU:
        os.chmod(path, stat.S_IMODE(mode) | stat.S_IRWXU)  # noqa: PTH101


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file of the engine's in one step."""
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(data)
    draft.replace(path)


def change_clock_ns(folder: Path) -> int:
    """Return the present time as the file system stamps it on changes."""
    probe = folder / "clock"
    with contextlib.suppress(FileNotFoundError):
        probe.unlink()
    os.close(os.open(probe, os.O_CREAT | os.O_WRONLY, 0o600))
    return probe.lstat().st_ctime_ns
