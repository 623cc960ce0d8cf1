"""Run inside a command's process, before it: lets calls on a campaign's files fail.

AUTOEXP_TEST_FAILING=KIND:HOW:N lets the N-th call of a kind fail (write, sync, rename, cut, make), with `HOW` EIO or ENOSPC, or `short` for a write
that takes half; N+ also every later one. AUTOEXP_TEST_FOLDERS names the campaign's folders, divided by colons, AUTOEXP_TEST_STRUCK a file that is
made once a call has failed.
"""

import builtins
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

KINDS = {
    "write": ("write", "pwrite"),
    "sync": ("fsync", "fdatasync"),
    "rename": ("rename", "replace"),
    "cut": ("ftruncate",),
    "make": ("open", "mkdir"),
}


class Failing:
    """Counts calls of one kind, and fails the one it was told, or all from there on."""

    def __init__(self, setting: str, folders: str, struck: str) -> None:
        self.kind, self.how, n = setting.split(":")
        self._n, self._lasting = int(n.rstrip("+")), n.endswith("+")
        self._folders = tuple(os.path.realpath(folder) + os.sep for folder in folders.split(":"))
        self._struck = struck
        self._count = 0

    def patch(self) -> None:
        for name in KINDS[self.kind]:
            setattr(os, name, self._watched(getattr(os, name)))
        if self.kind == "make":  # files that Python opens itself
            io.open = builtins.open = self._opened(io.open)  # type: ignore[assignment]

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        making = call is os.open

        def made(target: Any, *more: Any, **named: Any) -> Any:
            if making and not (more and more[0] & os.O_CREAT):
                return call(target, *more, **named)
            return self._due(target) or call(target, *more, **named)

        def written(target: Any, data: Any, *more: Any) -> Any:
            if self._due(target):
                return call(target, data[: max(1, len(data) // 2)], *more)
            return call(target, data, *more)

        return written if self.how == "short" else made

    def _opened(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            if set(mode) & set("wax+"):
                self._due(file)
            return call(file, mode, *more, **named)

        return opened

    def _due(self, target: Any) -> bool:
        """Fail when it is time to; True for a call that is to be cut short."""
        if not self._is_campaigns(target):
            return False
        self._count += 1
        if self._count < self._n or (self._count > self._n and not self._lasting):
            return False
        _touch(self._struck)
        if self.how == "short":
            return True
        raise OSError(getattr(errno, self.how), os.strerror(getattr(errno, self.how)), str(target))

    def _is_campaigns(self, target: Any) -> bool:
        try:
            path = Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else os.fspath(target)
        except OSError:
            return False
        return os.path.realpath(os.fsdecode(path)).startswith(self._folders)


_open, _close = os.open, os.close


def _touch(path: str) -> None:
    _close(_open(path, os.O_CREAT | os.O_WRONLY, 0o644))


if setting := os.environ.get("AUTOEXP_TEST_FAILING"):
    Failing(setting, os.environ["AUTOEXP_TEST_FOLDERS"], os.environ["AUTOEXP_TEST_STRUCK"]).patch()
