"""Promises of a confined command: doors of the kernel are closed, also where Landlock is older or missing."""

import dataclasses
import os
import shutil
import signal
import socket

import pytest
from tests.processes.boxes import CALLS, NETWORK, PRELUDE, UID, Box, python_of_another

from autoexp.processes import confine

pytestmark = pytest.mark.skipif(
    confine.landlock_abi() == 0 or not confine.seccomp_works(), reason="this kernel has no Landlock or no seccomp"
)


DOORS = {  # each meets another error, or none, where it is not refused: bad arguments, or no right
    "traceme": "call(CALLS['ptrace'], 0, 0, 0, 0)",
    "user namespace": "call(CALLS['unshare'], 0x10000000)",
    "namespaces by clone": "call(CALLS['clone'], 0x7E020000 | 17, 0, 0, 0, 0) or os._exit(0)",
    "setns": "call(CALLS['setns'], -1, 0)",
    "mount": "call(CALLS['mount'], 0, 0, 0, 0, 0)",
    "move_mount": "call(CALLS['move_mount'], -1, -1, -1, 0, 0)",
    "keys": "call(CALLS['keyctl'], 0, -3, 0)",
    "userfaultfd": "call(CALLS['userfaultfd'], -1)",
    "perf": "call(CALLS['perf_event_open'], 0, 0, 0, 0, 0)",
    "bpf": "call(CALLS['bpf'], 0, 0, 0)",
    "io_uring": "call(CALLS['io_uring_setup'], 0, 0)",
    "typing": "call(CALLS['ioctl'], 0, 0x5412, b'x')",
}


def test_doors_of_the_kernel_are_closed(box: Box) -> None:
    assert box.try_all(DOORS, CALLS=CALLS) == dict.fromkeys(DOORS, "EPERM")
    if not box.prefix and os.getuid() == 0:
        assert "EPERM" not in box.try_all(DOORS, CALLS=CALLS, confined=False).values()


def test_programs_of_32_bits_are_refused(box: Box) -> None:
    if os.uname().machine != "x86_64" or shutil.which("gcc") is None:
        pytest.skip("needs gcc on x86_64")
    source = '#include <stdio.h>\nint main(){long a=20;asm volatile("int $0x80":"+a"(a));puts(a>0?"works":"no");}'
    (box.inside / "old.c").write_text(source)
    assert box.run("sh", "-c", "gcc -w old.c -o old && ./old", confined=False).stdout == "works\n"
    assert box.run("./old").returncode == -signal.SIGSYS
    assert box.try_("call(0x40000000 + 39)") == "EPERM"


def test_door_of_clone3_leads_back_to_clone(box: Box) -> None:
    assert box.try_("call(CALLS['clone3'], 0, 0)", CALLS=CALLS) == "ENOSYS"


def test_dangerous_rights_of_root_are_gone(box: Box) -> None:
    done = box.run("sh", "-c", "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status")
    kept = sum(1 << capability for capability in confine._KEPT)
    sets = {line.split()[0]: int(line.split()[1], 16) for line in done.stdout.splitlines()}
    assert len(sets) == 5
    assert sets["CapEff:"] | sets["CapPrm:"] | sets["CapInh:"] | sets["CapAmb:"] <= kept
    assert not (sets["CapEff:"] | sets["CapPrm:"]) & ~kept


def test_rights_handed_down_by_root_are_gone(box: Box) -> None:
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can hand its rights down, by setpriv")
    ask = ("grep", "CapEff", "/proc/self/status")
    given = ["setpriv", "--inh-caps=+net_raw", "--ambient-caps=+net_raw", f"--reuid={UID}", "--clear-groups"]
    handed = dataclasses.replace(box, python=python_of_another(), prefix=[*given, "env"])
    assert int(handed.run(*ask, confined=False).stdout.split()[1], 16) == 1 << 13
    assert int(handed.run(*ask).stdout.split()[1], 16) == 0
    for_root = dataclasses.replace(box, python=python_of_another(), prefix=["setpriv", "--inh-caps=+net_raw", "env"])
    assert not int(for_root.run(*ask).stdout.split()[1], 16) & 1 << 13


@pytest.mark.skipif(confine.landlock_abi() < 4, reason="this Landlock cannot limit ports")
def test_only_listed_ports_can_be_reached(box: Box, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = {"network": {"connect": [port]}}
        code = "socket.create_connection(('127.0.0.1', port)).close()"
        assert box.try_(code, port=port, config=config) == "done"
        assert box.try_(code, port=other.getsockname()[1], config=config) == "EACCES"
        assert box.try_(code, port=other.getsockname()[1], config={"network": "host"}) == "done"


PAST_THE_PORTS = {
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "multipath": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "first packet": "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', port))",
    "first packet by sendmsg": "socket.socket().sendmsg([b'x'], [], 0x20000000, ('127.0.0.1', port))",
    "listening": "socket.socket().bind(('127.0.0.1', 0))",
}


@pytest.mark.skipif(confine.landlock_abi() < 4, reason="this Landlock cannot limit ports")
def test_ports_cannot_be_passed_by(box: Box, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    refused = box.try_all(PAST_THE_PORTS, port=port, config={"network": {"connect": [1]}})
    assert refused == dict.fromkeys(PAST_THE_PORTS, "EACCES")
    without = box.try_all(PAST_THE_PORTS, port=port, confined=False)
    assert {"udp", "first packet", "listening"} <= {name for name, result in without.items() if result == "done"}


def test_without_landlock_the_calls_are_still_filtered(box: Box, listener: socket.socket) -> None:
    config, port = {"landlock": False}, listener.getsockname()[1]
    assert box.try_("open(outside + '/new', 'w')", config=config) == "done"
    assert box.try_(NETWORK["tcp"], port=port, config=config) == "EACCES"
    assert box.try_(NETWORK["tcp"], port=port, config={**config, "network": {"connect": [port]}}) == "EACCES"


@pytest.mark.parametrize("abi", range(1, confine.landlock_abi() + 1))
def test_older_landlock_confines_what_it_can(box: Box, abi: int) -> None:
    script = f"""{PRELUDE}
sys.path.insert(0, {str(box.folder / "program")!r})
import confine
config = confine.checked({{"read": ["/usr", "/proc"], "write": [{str(box.inside)!r}]}})
confine._prctl(38, 1)
confine._apply_landlock(config, {abi})
open({str(box.inside / "new")!r}, "w")
try:
    open({str(box.outside / "new")!r}, "w")
except OSError as error:
    print(errno.errorcode[error.errno])
"""
    done = box.run(box.python, "-I", "-B", "-c", script, confined=False)
    assert (done.stdout, done.stderr) == ("EACCES\n", "")
