"""What keeps a worker away from the process that judges it: Linux calls through ctypes, and nothing elsewhere."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from contextlib import suppress
from typing import Callable, Iterator, Sequence, TypeVar

from .errors import KitError

_T = TypeVar("_T")

_DUMPABLE, _NO_NEW_PRIVILEGES, _SUBREAPER, _IS_SUBREAPER = 4, 38, 36, 37
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture that Python runs on
_SCOPES = 1 | 2  # abstract sockets, signals
_READ_FILE, _MAKE_BLOCK, _REFER = 1 << 2, 1 << 11, 1 << 13
_ABI_WITH_REFER, _ABI_WITH_SCOPES = 2, 6


def close_to_others() -> None:
    """Let no other process of this user look into this one: its memory, its descriptors, its environment."""
    _prctl(_DUMPABLE, 0)


def adopt_orphans(*, now: bool) -> bool:
    """Become, or stop to be, the parent of processes whose own parent has ended; say how it was before."""
    before = ctypes.c_int(0)
    _prctl(_IS_SUBREAPER, ctypes.addressof(before))
    _prctl(_SUBREAPER, int(now))
    return bool(before.value)


def in_domain(start: Callable[[], _T], over: threading.Event, *, hide: Sequence[str] = ()) -> _T:
    """Give what `start` gives, which starts a process, and let that process be in a domain of its own.

    From inside, no process outside can be traced, its memory and descriptors cannot be opened, and (Linux 6.12 or newer)
    it cannot be signalled. The files and folders of `hide` cannot be read. A domain is a thread's before it is a
    process's: this process stays outside. The thread lives until `over` is set, for programs that end with their parent end
    with the thread that started them. Where the system has no domains `start` runs all the same; KitError when something
    is to be hidden.
    """
    given: list[_T] = []
    raised: list[BaseException] = []

    def body() -> None:
        try:
            _enter(hide)
            given.append(start())
        except BaseException as error:
            raised.append(error)
            over.set()
        started.set()
        over.wait()

    started = threading.Event()
    threading.Thread(target=body, daemon=True).start()
    started.wait()
    if raised:
        raise raised[0]
    return given[0]


def _enter(hide: Sequence[str]) -> None:
    try:
        _prctl(_NO_NEW_PRIVILEGES, 1)
        rules = _rules([os.path.realpath(path) for path in hide])
        try:
            _call(_RESTRICT_SELF, rules, 0)
        finally:
            os.close(rules)
    except (OSError, AttributeError) as error:
        if hide:
            raise KitError(
                f"files cannot be hidden from the worker, for the system has no Landlock ({error}): make fresh answers"
                " instead of reading them from files"
            ) from None


class _Handled(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _rules(hidden: Sequence[str]) -> int:
    """Give a ruleset; without hidden files it denies as good as nothing, for being in any domain is what counts."""
    abi = _call(_CREATE_RULESET, None, 0, 1)
    files = (_REFER if abi >= _ABI_WITH_REFER else 0) | (_READ_FILE if hidden else _MAKE_BLOCK)
    if abi < _ABI_WITH_SCOPES:
        rules = _call(_CREATE_RULESET, ctypes.byref(_Handled(files, 0, 0)), 8, 0)
    else:
        files = files if hidden else 0
        rules = _call(_CREATE_RULESET, ctypes.byref(_Handled(files, 0, _SCOPES)), 24, 0)
    if hidden:
        for path in _beside(hidden, "/"):
            _allow(rules, path, _READ_FILE)
    if files & ~_READ_FILE:  # REFER is denied in every domain of files unless it is handled and allowed
        _allow(rules, "/", files & ~_READ_FILE)
    return rules


def _beside(hidden: Sequence[str], folder: str) -> Iterator[str]:
    """Give paths that together hold everything below the folder but what is hidden."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if path in hidden or os.path.islink(path):
            continue
        if any(other.startswith(path + "/") for other in hidden):
            yield from _beside(hidden, path)
        else:
            yield path


def _allow(rules: int, path: str, rights: int) -> None:
    with suppress(OSError):  # gone in between, or of a kind that no rule is for: then it cannot be read
        descriptor = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
        try:
            _call(_ADD_RULE, rules, 1, ctypes.byref(_Beneath(rights, descriptor)), 0)
        finally:
            os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, "not Linux")
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    done = int(_libc().syscall(ctypes.c_long(number), *given))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def _prctl(what: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            zero = ctypes.c_ulong(0)
            _libc().prctl(ctypes.c_int(what), ctypes.c_ulong(value), zero, zero, zero)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
