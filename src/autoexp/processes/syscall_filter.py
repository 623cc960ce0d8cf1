"""Which system calls a confined command may make, as a seccomp filter in the kernel's form. Nothing is applied here.

Also loaded by confine.py, which runs alone: this module imports next to nothing.
"""

from __future__ import annotations

import errno
import struct

TYPE_CHECKING = False  # the real one would load typing
if TYPE_CHECKING:
    from collections.abc import Iterable

# What reaches into other processes, changes mounts or namespaces, or opens doors that measured programs do not need.
REFUSED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "keyctl", "add_key", "request_key", "bpf",
    "userfaultfd", "perf_event_open", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr",
    "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "setns", "open_by_handle_at", "fanotify_init",
)  # fmt: skip
IO_URING = ("io_uring_setup", "io_uring_enter", "io_uring_register")  # it makes sockets past every filter
SHARED = ("shmget", "semget", "msgget", "mq_open")  # what outlives the command and is found by others
_NEW = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "mount_setattr": 442, "open_tree_attr": 467,
}  # fmt: skip
CALLS = {
    "x86_64": {
        **_NEW, "ioctl": 16, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240, "socket": 41, "sendto": 44, "sendmsg": 46, "clone": 56, "ptrace": 101, "setpriority": 141,
        "pivot_root": 155, "mount": 165, "umount2": 166, "add_key": 248, "request_key": 249, "keyctl": 250,
        "ioprio_set": 251, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300, "prlimit64": 302,
        "open_by_handle_at": 304, "sendmmsg": 307, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "seccomp": 317, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": {
        **_NEW, "ioctl": 29, "ioprio_set": 30, "umount2": 39, "mount": 40, "pivot_root": 41, "unshare": 97,
        "ptrace": 117, "setpriority": 140, "mq_open": 180, "msgget": 186, "semget": 190, "shmget": 194, "socket": 198, "sendto": 206, "sendmsg": 211, "add_key": 217,
        "request_key": 218, "keyctl": 219, "clone": 220, "perf_event_open": 241, "prlimit64": 261,
        "fanotify_init": 262, "open_by_handle_at": 265, "setns": 268, "sendmmsg": 269, "process_vm_readv": 270,
        "process_vm_writev": 271, "seccomp": 277, "bpf": 280, "userfaultfd": 282,
    },
}  # fmt: skip
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _IS, _AT_LEAST, _HAS, _AND, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_X32 = 0x40000000
_NAMESPACES, _NAMESPACE_OF_TIME = 0x7E020000, 0x80  # clone reads the latter as a part of its signal
_UNIX, _INET, _INET6 = 1, 2, 10
_TYPE, _STREAM, _TCP = 0xF, 1, 6
_FASTOPEN = 0x20000000
_TYPING = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put text into the terminal as if it were typed

Steps = list[bytes]


def syscall_filter(network: str, *, unix: bool, shm: bool, machine: str) -> bytes:
    """Give the filter for a machine and a network: "host", "off" or "connect" (TCP only; ports are not told here).

    Without `unix` no unix socket can be made but in pairs; without `shm` no System V or POSIX queue, semaphore or memory
    that others could find. Raises KeyError for an unknown machine.
    """
    calls = CALLS[machine]
    no, yes = _answer(REFUSE | errno.EPERM), _answer(ALLOW)
    steps = [_step(_LOAD, 4), *_unless(_IS, ARCHITECTURES[machine], _answer(KILL)), _step(_LOAD, 0)]
    if machine == "x86_64":
        steps += _when(_AT_LEAST, _X32, no)
    refused = (*REFUSED, *(() if network == "host" else IO_URING), *(() if shm else SHARED))
    blocks = [(name, no) for name in refused]
    blocks += [*_process_blocks(no, yes), *_socket_blocks(network, unix=unix)]
    for name, block in blocks:
        steps += _when(_IS, calls[name], block)
    return b"".join([*steps, *yes])


def _process_blocks(no: Steps, yes: Steps) -> Iterable[tuple[str, Steps]]:
    # The flags of clone3 lie in memory, out of a filter's sight. Told that it is not there, C libraries use clone.
    yield "clone3", _answer(REFUSE | errno.ENOSYS)
    yield "clone", [*_argument(0), *_when(_HAS, _NAMESPACES, no), *yes]
    yield "unshare", [*_argument(0), *_when(_HAS, _NAMESPACES | _NAMESPACE_OF_TIME, no), *yes]
    yield "prlimit64", [*_argument(0), *_when(_IS, 0, yes), *no]  # 0: the caller itself
    for name, of_user in (("setpriority", 2), ("ioprio_set", 3)):  # there 0 is all that the user runs, the engine too
        yield name, [*_argument(0), *_when(_IS, of_user, no), *_argument(1), *_when(_IS, 0, yes), *no]
    yield "ioctl", [*_argument(1), *(step for request in _TYPING for step in _when(_IS, request, no)), *yes]


def _socket_blocks(network: str, *, unix: bool) -> Iterable[tuple[str, Steps]]:
    no, yes = _answer(REFUSE | errno.EACCES), _answer(ALLOW)
    local = _when(_IS, _UNIX, yes if unix else no)
    if network == "host":
        yield "socket", [*_argument(0), *local, *yes]
        return
    if network == "off":
        yield "socket", [*_argument(0), *local, *no]
        return
    stream = [*_argument(1), _step(_AND, _TYPE), *_unless(_IS, _STREAM, no)]
    tcp = [*stream, *_argument(2), *_when(_IS, 0, yes), *_when(_IS, _TCP, yes), *no]  # others pass Landlock by
    yield "socket", [*_argument(0), *local, *_when(_IS, _INET, tcp), *_when(_IS, _INET6, tcp), *no]
    for name, flags in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):  # data with the first packet connects unseen
        yield name, [*_argument(flags), *_when(_HAS, _FASTOPEN, no), *yes]


def _argument(number: int) -> Steps:
    return [_step(_LOAD, 16 + 8 * number)]  # the lower half; of these arguments the kernel reads no more


def _answer(value: int) -> Steps:
    return [_step(_ANSWER, value)]


def _when(test: int, value: int, then: Steps) -> Steps:
    return [_step(test, value, 0, len(then)), *then]


def _unless(test: int, value: int, then: Steps) -> Steps:
    return [_step(test, value, len(then), 0), *then]


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_so, if_not, value)
