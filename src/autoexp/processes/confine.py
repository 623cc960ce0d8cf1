"""Restrict this process by Landlock, seccomp and resource limits, then become another program.

Runs by itself as `python -I -S -B confine.py JSON ARGV...`, with syscall_filter.py beside it, once for each command:
it loads little. Imported, it tells what would hold on this machine and restricts nothing.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import resource
import stat
import struct
import sys

TYPE_CHECKING = False  # the real one would load typing
if TYPE_CHECKING or __package__:
    from autoexp.processes import syscall_filter as calls
else:
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  pathlib costs as much as Python
    calls = __import__("syscall_filter")
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

KEYS = ("landlock", "network", "read", "rlimits", "shm", "unix", "write")
RLIMITS = ("AS", "CORE", "CPU", "FSIZE", "NOFILE", "NPROC")
NOT_CONFINED, NOT_FOUND = 126, 127

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every architecture
_VERSION, _BENEATH, _PORT = 1, 1, 2
_ABI_REFER, _ABI_TRUNCATE, _ABI_TCP, _ABI_IOCTL, _ABI_SCOPES, _ABI_UNIX = 2, 3, 4, 5, 6, 9
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 5
_MAKE_CHAR, _MAKE_REG, _MAKE_BLOCK = 1 << 6, 1 << 8, 1 << 11
_REFER, _TRUNCATE, _IOCTL, _CONNECT_UNIX = 1 << 13, 1 << 14, 1 << 15, 1 << 16
_TO_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TO_WRITE = ((_CONNECT_UNIX << 1) - 1) & ~(_MAKE_CHAR | _MAKE_BLOCK)  # a device node leads around every rule
_TO_USE = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL
_TO_SHARE = _READ_FILE | _WRITE_FILE | _TRUNCATE | _MAKE_REG | _REMOVE_FILE  # no listing: names of others stay unknown
_OF_A_FILE = _TO_USE | _EXECUTE | _CONNECT_UNIX
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_BIND_TCP, _CONNECT_TCP, _ALL_SCOPES = 1, 2, 3

_SET_FILTER, _HAS_ACTION, _FULL_SPEED = 1, 2, 4  # before Linux 5.16 a filter slows a program down unless told not to
_NO_NEW_PRIVILEGES, _IN_BOUND, _DROP_FROM_BOUND = 38, 23, 24
_CAPABILITIES_3 = 0x20080522
_KEPT = {0, 1, 3, 4, 6, 7}  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID: what root's file and user tools need
_LAST_CAPABILITY = 63
_IGNORED_BY_PYTHON = (13, 25)  # SIGPIPE, SIGXFSZ


class Refused(Exception):  # noqa: N818  an answer, not a failure
    """What was asked for cannot be had, in words."""


def landlock_abi() -> int:
    """Give the version of Landlock that this kernel offers, 0 for none."""
    if sys.platform != "linux":
        return 0
    try:
        return _syscall(_CREATE_RULESET, 0, 0, _VERSION)
    except OSError:
        return 0


def seccomp_works() -> bool:
    """Tell whether system calls can be filtered: the kernel offers it and the machine's calls are known."""
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in calls.CALLS or struct.calcsize("P") != 8:  # noqa: PLR2004  bytes
        return False
    action = ctypes.c_uint32(calls.REFUSE)
    try:
        return _syscall(calls.CALLS[machine]["seccomp"], _HAS_ACTION, 0, ctypes.addressof(action)) == 0
    except OSError:
        return False


def facts(config: Mapping[str, Any]) -> dict[str, str]:
    """Tell in words what a configuration will hold on this machine. Raises Refused when it makes no sense."""
    wanted = checked(config)
    abi = landlock_abi() if wanted["landlock"] else 0
    own = abi >= _ABI_SCOPES
    return {
        "files": _files_in_words(abi) if wanted["landlock"] else "not confined",
        "network": _network_in_words(wanted["network"], abi),
        "unix sockets": _unix_in_words(abi) if wanted["unix"] else "pairs only",
        "shared memory": "with all that the user runs" if wanted["shm"] else "none that outlives the command",
        "signals": "to its own processes only" if own else "not confined",
        "system calls": "seccomp" if seccomp_works() else "cannot be filtered here",
        "limits": ", ".join(f"{name} {value}" for name, value in sorted(wanted["rlimits"].items())) or "none",
    }


def _files_in_words(abi: int) -> str:
    if abi == 0:
        return "cannot be confined: this kernel has no Landlock"
    gaps = ((_ABI_REFER, "no rename between folders"), (_ABI_TRUNCATE, "truncation"), (_ABI_IOCTL, "device ioctl"))
    missing = [words if since == _ABI_REFER else f"{words} not confined" for since, words in gaps if abi < since]
    return ", ".join([f"landlock abi {abi}", *missing])


def _network_in_words(network: str | Mapping[str, list[int]], abi: int) -> str:
    if isinstance(network, str):
        return network
    if abi < _ABI_TCP:
        return "off: this kernel cannot limit ports, so there are none"
    return f"tcp to port {', '.join(map(str, network['connect'])) or 'none'} of any host"


def _unix_in_words(abi: int) -> str:
    if abi >= _ABI_UNIX:
        return "its own, and those beneath what it may write"
    return "any with a path, abstract only its own" if abi >= _ABI_SCOPES else "any"


def parsed(text: str) -> dict[str, Any]:
    """Read a configuration from JSON, every key filled in. Raises Refused."""
    try:
        found = _loads(text.strip())
    except (ValueError, RecursionError) as error:
        raise Refused(f"the configuration is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused("the configuration is not a JSON object")
    return checked(found)


def _loads(text: str) -> object:
    # The package json takes longer to load than all else together. Its inner part reads as well, but tells no errors.
    options: Any = _Options()
    try:
        from _json import make_scanner  # noqa: PLC0415

        found, end = make_scanner(options)(text, 0)
    except (ImportError, AttributeError, StopIteration, SystemError, ValueError):
        end = -1
    if end == len(text):
        return found
    import json  # noqa: PLC0415

    return json.loads(text)


class _Options:
    strict, parse_float, parse_int, parse_constant = True, float, int, str
    object_hook = object_pairs_hook = None
    memo: Mapping[str, str] = {}


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give the configuration with every key filled in; what is not granted is closed. Raises Refused, naming the key."""
    if unknown := sorted(set(config) - set(KEYS)):
        raise Refused(f"unknown key {unknown[0]}: the keys are {', '.join(KEYS)}")
    wanted = {"read": [], "write": [], "network": "off", "rlimits": {}, "landlock": True, "unix": True, "shm": True}
    wanted.update(config)
    limits = wanted["rlimits"]
    good = {
        **{key: _are_paths(wanted[key]) for key in ("read", "write")},
        **{key: isinstance(wanted[key], bool) for key in ("landlock", "unix", "shm")},
        "network": wanted["network"] in ("host", "off") or _are_ports(wanted["network"]),
        "rlimits": isinstance(limits, dict) and all(n in RLIMITS and _is_count(v) for n, v in limits.items()),
    }
    shapes = {
        "network": '"host", "off" or {"connect": [PORT, ...]}',
        "rlimits": f"an object of whole numbers named {', '.join(RLIMITS)}",
        **dict.fromkeys(("read", "write"), "a list of absolute paths"),
    }
    for key in (key for key in KEYS if not good[key]):
        raise Refused(f"{key} has to be {shapes.get(key, 'true or false')}")
    return wanted


def _are_paths(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(p, str) and p.startswith("/") and "\0" not in p for p in value)


def _are_ports(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"connect"} or not isinstance(value["connect"], list):
        return False
    return all(_is_count(port) and 0 < port < 1 << 16 for port in value["connect"])


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def confine(wanted: Mapping[str, Any]) -> None:
    """Restrict this process for good, as a whole configuration says. Raises Refused; it may then be half restricted."""
    if not seccomp_works():
        raise Refused("system calls cannot be filtered on this machine")
    abi = landlock_abi() if wanted["landlock"] else 0
    if wanted["landlock"] and abi == 0:
        raise Refused("this kernel has no Landlock")
    network = wanted["network"] if isinstance(wanted["network"], str) else "connect" if abi >= _ABI_TCP else "off"
    try:
        _prctl(_NO_NEW_PRIVILEGES, 1)
        if abi:
            _apply_landlock(wanted, abi)
        _drop_capabilities()
        _apply_filter(calls.syscall_filter(network, unix=wanted["unix"], shm=wanted["shm"], machine=os.uname().machine))
        _apply_limits(wanted["rlimits"])
    except (OSError, ValueError, MemoryError) as error:
        raise Refused(str(error) or "no memory") from None


def _apply_landlock(wanted: Mapping[str, Any], abi: int) -> None:
    files, tcp = _file_rights(abi), abi >= _ABI_TCP and wanted["network"] != "host"
    rights = struct.pack("=QQQ", files, (_BIND_TCP | _CONNECT_TCP) * tcp, _ALL_SCOPES * (abi >= _ABI_SCOPES))
    rules = _syscall(_CREATE_RULESET, rights, len(rights), 0)
    for path, access in _grants(wanted):
        _allow_beneath(rules, path, access & files)
    for number in (0, 1, 2):
        _allow_again(rules, number, files)
    if tcp and isinstance(wanted["network"], dict):
        for port in wanted["network"]["connect"]:
            _syscall(_ADD_RULE, rules, _PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
    _syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _file_rights(abi: int) -> int:
    later = ((_ABI_REFER, _REFER), (_ABI_TRUNCATE, _TRUNCATE), (_ABI_IOCTL, _IOCTL), (_ABI_UNIX, _CONNECT_UNIX))
    return _REFER - 1 | sum(right for since, right in later if abi >= since)


def _grants(wanted: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    yield from ((path, _TO_READ) for path in wanted["read"])
    yield from ((path, _TO_WRITE) for path in wanted["write"])
    yield from ((f"/dev/{name}", _TO_USE) for name in _DEVICES)
    if wanted["shm"]:
        yield "/dev/shm", _TO_SHARE  # noqa: S108


def _allow_beneath(rules: int, path: str, access: int) -> None:
    try:
        place = os.open(
            path.encode("utf-8", "surrogateescape"), os.O_PATH | os.O_CLOEXEC
        )  # whatever LANG the command has
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # what is out of reach needs no grant
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        access &= _OF_A_FILE
    _syscall(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", access, place), 0)
    os.close(place)


def _allow_again(rules: int, number: int, files: int) -> None:
    # A script that writes to /dev/stderr opens the file behind it anew.
    try:
        mode = os.fstat(number).st_mode
        way = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:  # closed
        return
    if stat.S_ISREG(mode) or stat.S_ISCHR(mode):
        access = {os.O_RDONLY: _READ_FILE, os.O_WRONLY: _WRITE_FILE | _TRUNCATE}.get(way, _TO_USE)
        access |= _IOCTL if stat.S_ISCHR(mode) else 0
        try:
            _syscall(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", access & files, number), 0)
        except OSError as error:
            if error.errno != errno.EBADFD:  # in memory only: nothing to grant
                raise


def _drop_capabilities() -> None:
    # Without new privileges a program of root still starts with all of root's: modules, raw devices, the clock.
    header, sets = struct.pack("=Ii", _CAPABILITIES_3, 0), ctypes.create_string_buffer(24)
    _check(_LIBC.capget(header, sets))
    now = struct.unpack("=6I", sets.raw)  # effective, permitted, inheritable (and with it ambient); lower halves first
    _check(_LIBC.capset(header, struct.pack("=6I", now[0], now[1], 0, now[3], now[4], 0)))
    if 0 not in {os.getuid(), os.geteuid()}:
        return
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _KEPT and _LIBC.prctl(*map(ctypes.c_ulong, (_IN_BOUND, capability, 0, 0, 0))) == 1:
            _prctl(_DROP_FROM_BOUND, capability)


def _apply_filter(steps: bytes) -> None:
    kept = ctypes.create_string_buffer(steps, len(steps))
    program = struct.pack("HP", len(steps) // 8, ctypes.addressof(kept))
    _syscall(calls.CALLS[os.uname().machine]["seccomp"], _SET_FILTER, _FULL_SPEED, program)


def _apply_limits(limits: Mapping[str, int]) -> None:
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, highest = resource.getrlimit(kind)
        # At the soft limit of CPU seconds comes a signal that says so; the hard one kills without a word.
        soft, hard = (value, value + 1) if name == "CPU" else (value, value)
        bound = (soft, hard) if highest == resource.RLIM_INFINITY else (min(soft, highest), min(hard, highest))
        resource.setrlimit(kind, bound)


def main(arguments: Sequence[str]) -> int:
    """Confine this process and become the command; an exit code means that it did not start."""
    if len(arguments) < 2:  # noqa: PLR2004
        return _say("cannot confine: use is confine.py JSON ARGV...", NOT_CONFINED)
    environ = _environment()
    try:
        confine(parsed(arguments[0]))
    except Refused as refused:
        return _say(f"cannot confine: {refused}", NOT_CONFINED)
    error = _become([os.fsencode(argument) for argument in arguments[1:]], environ)
    return _say(
        f"cannot start {arguments[1]}: {os.strerror(error)}", NOT_FOUND if error == errno.ENOENT else NOT_CONFINED
    )


def _environment() -> list[bytes]:
    # Python adds LC_CTYPE to its own environment where the locale is C; the command gets what was there before.
    try:
        with open("/proc/self/environ", "rb") as block:  # noqa: PTH123
            return [entry for entry in block.read().split(b"\0") if entry]
    except OSError:
        return [name + b"=" + value for name, value in os.environb.items()]


def _become(argv: list[bytes], environ: list[bytes]) -> int:
    for signal in _IGNORED_BY_PYTHON:
        _LIBC.signal(signal, None)
    # Not os.execvp: a script without a first line is given to sh, as shells do.
    _LIBC.execvpe(argv[0], (ctypes.c_char_p * (len(argv) + 1))(*argv), (ctypes.c_char_p * (len(environ) + 1))(*environ))
    return ctypes.get_errno()


def _say(words: str, code: int) -> int:
    os.write(2, f"autoexp: {words}\n".encode(errors="replace"))
    return code


def _prctl(option: int, value: int) -> None:
    _check(_LIBC.prctl(*map(ctypes.c_ulong, (option, value, 0, 0, 0))))


def _syscall(number: int, *arguments: int | bytes) -> int:
    words = [a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    return _check(_LIBC.syscall(ctypes.c_long(number), *words))


def _check(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
