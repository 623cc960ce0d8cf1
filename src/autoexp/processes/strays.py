"""Strays: processes of a running command that have left their parent, written down while it runs, for a start after a kill.

One that cleared its environment carries no marker. Its number alone would not do, for numbers are given anew: with its
start and the machine's it names one process for ever.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from autoexp.processes.environment import FOLDER_PREFIX, plain

_ENDING = ".strays"


@dataclass(slots=True)
class Strays:
    """The strays of one engine's commands. There is no file as long as there are none."""

    path: Path
    written: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, marker: str) -> Self:
        """Give those of the commands that carry a marker."""
        return cls(Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{plain(marker)}{_ENDING}")

    def note(self, pids: Iterable[int]) -> None:
        """Write down who is not written down yet; a disk that takes nothing loses no more than this."""
        new = [pid for pid in pids if pid not in self.written]
        lines = [f"{name}\n" for pid in new if (name := _name(pid)) is not None]
        self.written.update(new)
        if not lines:
            return
        with suppress(OSError):
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, "".join(lines).encode())
            finally:
                os.close(fd)

    def forget(self) -> None:
        """Remove the file: the command has ended, and all that belongs to it."""
        if self.written:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


def left(marker_prefix: str) -> Iterator[int]:
    """Give the strays that still run of engines whose marker starts with a prefix. Only what this user wrote is believed."""
    for path in _files(marker_prefix):
        with suppress(OSError, ValueError):
            if path.lstat().st_uid == os.getuid() and not path.is_symlink():
                for line in path.read_text(encoding="ascii").splitlines():
                    pid = int(line.split()[0])
                    if _name(pid) == line:
                        yield pid


def forget(marker_prefix: str) -> None:
    """Remove what such engines wrote down."""
    for path in _files(marker_prefix):
        with suppress(OSError):
            path.unlink()


def _files(marker_prefix: str) -> list[Path]:
    return sorted(Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}{plain(marker_prefix)}*{_ENDING}"))


def _name(pid: int) -> str | None:
    """Name a process so that no other has the name; None when it has ended."""
    try:
        state, *told = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        started = told[18]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError, IndexError):
        return None
    return None if state in "ZX" else f"{pid} {started} {boot}"
