"""Recording what this process does to the files below a folder: calls of `os`, and streams that `open` gives."""

import builtins
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.durability.disk import Cut, Disk, Name

WATCHED = (
    "open",
    "close",
    "write",
    "pwrite",
    "ftruncate",
    "fsync",
    "fdatasync",
    "rename",
    "replace",
    "unlink",
    "remove",
    "rmdir",
    "mkdir",
    "link",
)


@contextmanager
def recording(root: Path) -> Iterator[Disk]:
    """Record until the block ends."""
    disk = Disk(root)
    calls = _Calls(disk)
    with pytest.MonkeyPatch.context() as patch:
        for name in WATCHED:
            patch.setattr(os, name, getattr(calls, name))
        for module in (io, builtins):
            patch.setattr(module, "open", _streams(disk))
        yield disk


class _Calls:
    """The functions of `os`, each of which does what it did before and notes it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._really = {name: getattr(os, name) for name in WATCHED}

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        fd: int = self._really["open"](path, flags, mode, **more)
        if (name := self._disk.name_of(path)) is not None:
            self._disk.opened(fd, name, cut=bool(flags & os.O_TRUNC), append=bool(flags & os.O_APPEND))
        return fd

    def close(self, fd: int) -> None:
        self._disk.open.pop(fd, None)
        self._really["close"](fd)

    def write(self, fd: int, data: bytes) -> int:
        here = self._disk.open.get(fd)
        offset = 0
        if here:
            offset = os.fstat(fd).st_size if here[2] else os.lseek(fd, 0, os.SEEK_CUR)
        written: int = self._really["write"](fd, data)
        if here:
            self._disk.wrote(fd, bytes(data)[:written], offset)
        return written

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        written: int = self._really["pwrite"](fd, data, offset)
        if fd in self._disk.open:
            self._disk.wrote(fd, bytes(data)[:written], offset)
        return written

    def ftruncate(self, fd: int, size: int) -> None:
        self._really["ftruncate"](fd, size)
        if fd in self._disk.open and (file := self._disk.open[fd][1]) is not None:
            self._disk.calls.append(Cut(file, size))

    def fsync(self, fd: int) -> None:
        self._really["fsync"](fd)
        if fd in self._disk.open:
            self._disk.synced(fd)

    def fdatasync(self, fd: int) -> None:
        self._really["fdatasync"](fd)
        if fd in self._disk.open:
            self._disk.synced(fd)

    def rename(self, old: Any, new: Any, **more: Any) -> None:
        self._really["rename"](old, new, **more)
        self._moved(old, new)

    def replace(self, old: Any, new: Any, **more: Any) -> None:
        self._really["replace"](old, new, **more)
        self._moved(old, new)

    def _moved(self, old: Any, new: Any) -> None:
        names = self._disk.name_of(old), self._disk.name_of(new)
        if names[0] is not None and names[1] is not None:
            self._disk.moved(names[0], names[1])

    def unlink(self, path: Any, **more: Any) -> None:
        self._really["unlink"](path, **more)
        self._removed(path)

    def remove(self, path: Any, **more: Any) -> None:
        self._really["remove"](path, **more)
        self._removed(path)

    def rmdir(self, path: Any, **more: Any) -> None:
        self._really["rmdir"](path, **more)
        self._removed(path)

    def _removed(self, path: Any) -> None:
        if (name := self._disk.name_of(path)) is not None:
            self._disk.removed(name)

    def mkdir(self, path: Any, mode: int = 0o777, **more: Any) -> None:
        self._really["mkdir"](path, mode, **more)
        if (name := self._disk.name_of(path)) is not None:
            self._disk.calls.append(Name(name, -1))

    def link(self, old: Any, new: Any, **more: Any) -> None:
        self._really["link"](old, new, **more)
        names = self._disk.name_of(old), self._disk.name_of(new)
        if names[0] is not None and names[1] is not None:
            self._disk.linked(names[1], names[0])


def _streams(disk: Disk) -> Any:
    """Give an `open` whose streams are seen: where they are written, each write of their buffer is a call."""
    really = io.open

    class Raw(io.FileIO):
        """A file whose writes are seen."""

        def write(self, data: Any) -> int:
            offset = os.fstat(self.fileno()).st_size if "a" in self.mode else self.tell()
            written = super().write(data) or 0
            disk.wrote(self.fileno(), bytes(data)[:written], offset)
            return written

        def truncate(self, size: int | None = None) -> int:
            size = super().truncate(size)
            if (file := disk.open[self.fileno()][1]) is not None:
                disk.calls.append(Cut(file, size))
            return size

        def close(self) -> None:
            fd = None if self.closed else self.fileno()
            super().close()
            disk.open.pop(fd or -1, None)

    def opened(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        name = None if isinstance(file, int) else disk.name_of(file)
        if name is None or not set(mode) & set("wax+"):
            return really(file, mode, buffering, *more, **named)
        raw = Raw(file, mode.replace("b", "").replace("t", ""))
        disk.opened(raw.fileno(), name, cut="w" in mode, append="a" in mode)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *more, **named)

    return opened
