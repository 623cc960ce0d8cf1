"""What keeps a worker away from the process that judges it: Linux calls through ctypes, and nothing elsewhere.

Loaded by path in the worker as well, so it imports nothing of the kit.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

_DUMPABLE, _NO_NEW_PRIVILEGES, _SUBREAPER, _IS_SUBREAPER = 4, 38, 36, 37
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture that Python runs on
_SCOPES = 1 | 2  # abstract sockets, signals
_MAKE_BLOCK, _REFER = 1 << 11, 1 << 13
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


def shut_in(memory_mb: float | None = None) -> bool:
    """Shut this process and all that it starts into a domain of its own; say whether the system can do that.

    From inside, no process outside can be traced, its memory and descriptors cannot be opened, and (Linux 6.12 or newer)
    it cannot be signalled. Files and network stay as they are. `memory_mb` limits the address space.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory_mb is not None:
            resource.setrlimit(resource.RLIMIT_AS, (int(memory_mb * 2**20),) * 2)
    if not sys.platform.startswith("linux"):
        return False
    _prctl(_NO_NEW_PRIVILEGES, 1)
    with suppress(OSError, AttributeError):
        rules = _rules()
        try:
            return _call(_RESTRICT_SELF, rules, 0) == 0
        finally:
            os.close(rules)
    return False


class _Handled(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _rules() -> int:
    """Give a ruleset that denies as good as nothing: being in any domain is what counts."""
    abi = _call(_CREATE_RULESET, None, 0, 1)
    if abi >= _ABI_WITH_SCOPES:
        return _call(_CREATE_RULESET, ctypes.byref(_Handled(0, 0, _SCOPES)), 24, 0)
    # The domain must handle something. REFER is denied in every domain of files unless it is handled and allowed.
    files = _MAKE_BLOCK | (_REFER if abi >= _ABI_WITH_REFER else 0)
    rules = _call(_CREATE_RULESET, ctypes.byref(_Handled(files, 0, 0)), 8, 0)
    root = os.open("/", getattr(os, "O_PATH", os.O_RDONLY))
    try:
        _call(_ADD_RULE, rules, 1, ctypes.byref(_Beneath(files, root)), 0)
    finally:
        os.close(root)
    return rules


def _call(number: int, *arguments: object) -> int:
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
