"""Promises of a confined command, each tried by a real process: files, network and processes outside are out of reach."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.processes.boxes import CALLS, NETWORK, SCOPES, TOOLS, Box

from autoexp.processes import confine

pytestmark = pytest.mark.skipif(
    confine.landlock_abi() == 0 or not confine.seccomp_works(), reason="this kernel has no Landlock or no seccomp"
)


FILES = {
    "new file": "open(outside + '/new', 'w')",
    "append": "open(outside + '/secret', 'a')",
    "truncate": "os.truncate(outside + '/secret', 1)",
    "folder": "os.mkdir(outside + '/folder')",
    "link out": "open(inside + '/a', 'w'); os.symlink(inside + '/a', outside + '/link')",
    "socket file": "socket.socket(socket.AF_UNIX).bind(outside + '/socket')",
    "fifo": "os.mkfifo(outside + '/fifo')",
    "through a link": "os.symlink(outside, inside + '/link'); open(inside + '/link/new', 'w')",
    "up and over": "open(inside + '/../outside/newer', 'w')",
    "read": "open(outside + '/secret').read()",
    "list": "os.listdir(outside)",
    "execute": "subprocess.run([outside + '/tool'])",
    "remove": "os.remove(outside + '/secret')",
}


def test_files_outside_are_refused(box: Box) -> None:
    shutil.copy("/bin/true", box.outside / "tool")
    assert box.try_all(FILES) == dict.fromkeys(FILES, "EACCES")
    assert {path.name for path in box.outside.iterdir()} == {"secret", "tool"}
    assert (box.outside / "secret").read_text() == "secret"
    shutil.rmtree(box.inside)
    box.inside.mkdir()
    box.inside.chmod(0o777)
    assert box.try_all(FILES, confined=False) == dict.fromkeys(FILES, "done")


@pytest.mark.parametrize("way", ["os.rename", "os.link"])
def test_files_do_not_move_out_or_in(box: Box, way: str) -> None:
    moves = (
        f"{way}(outside + '/secret', inside + '/mine')",
        f"open(inside + '/a', 'w'); {way}(inside + '/a', outside + '/b')",
    )
    for code in moves:
        assert box.try_(code) in {"EACCES", "EXDEV"}
    for code in moves:
        assert box.try_(code, confined=False) == "done"


def test_folder_that_may_be_read_cannot_be_written(box: Box) -> None:
    config = {"read": [*TOOLS, sys.base_prefix, sys.prefix, str(box.outside)]}
    assert box.try_("assert open(outside + '/secret').read() == 'secret'", config=config) == "done"
    assert box.try_("open(outside + '/new', 'w')", config=config) == "EACCES"


def test_no_device_is_made_where_all_else_is(box: Box) -> None:
    code = "os.mknod('device', 0o020600, 0)"  # the one kind that needs no right of root
    assert box.try_(code) == "EACCES"
    if (without := box.try_(code, confined=False)) != "done":
        pytest.skip(f"not possible on this machine anyway: {without}")


def test_single_file_can_be_granted(box: Box) -> None:
    config = {"write": [str(box.inside), str(box.outside / "secret"), str(box.outside / "not there")]}
    assert box.try_("open(outside + '/secret', 'w').write('mine')", config=config) == "done"
    assert (box.outside / "secret").read_text() == "mine"
    assert box.try_("open(outside + '/new', 'w')", config=config) == "EACCES"


def test_names_with_any_bytes_can_be_granted(box: Box) -> None:
    for name in ("ü", os.fsdecode(b"\xff")):
        place = box.outside / name
        place.mkdir()
        place.chmod(0o777)
        done = box.run("touch", str(place / "new"), config={"write": [str(place)]}, env={"LC_ALL": "POSIX"})
        assert (done.returncode, done.stderr) == (0, "")


def test_granted_folder_takes_all_that_programs_do(box: Box) -> None:
    code = """os.makedirs('a/b'); os.mkdir('c')
open('a/b/f', 'w').write('1'); os.rename('a/b/f', 'c/f'); os.link('c/f', 'a/f'); os.rename('c', 'a/b/c')
os.symlink('a', 's'); os.mkfifo('p'); os.truncate('s/f', 0); os.remove('a/f'); os.chmod('p', 0o600)
os.remove('a/b/c/f'); os.removedirs('a/b/c'); open('tool', 'w').write('#!/bin/sh\\n'); os.chmod('tool', 0o755)
subprocess.run(['./tool'], check=True)"""
    assert box.try_(code) == "done"


def test_network_off_refuses_every_socket_but_unix(box: Box, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert box.try_all(NETWORK, port=port) == dict.fromkeys(NETWORK, "EACCES")
    assert box.try_all(NETWORK, port=port, config={"network": "host"}) == dict.fromkeys(NETWORK, "done")


def test_unix_sockets_work_without_network(box: Box) -> None:
    code = """left, right = socket.socketpair()
left.send(b'x'); assert right.recv(1) == b'x'
server = socket.socket(socket.AF_UNIX); server.bind('s'); server.listen()
socket.socket(socket.AF_UNIX).connect('s')
server = socket.socket(socket.AF_UNIX); server.bind('\\0own-' + str(os.getpid())); server.listen()
socket.socket(socket.AF_UNIX).connect(server.getsockname())"""
    assert box.try_(code) == "done"


def test_unix_sockets_can_be_left_to_pairs(box: Box) -> None:
    for network in ("off", "host"):
        config = {"unix": False, "network": network}
        assert box.try_("left, right = socket.socketpair(); left.send(b'x')", config=config) == "done"
        assert box.try_("socket.socket(socket.AF_UNIX)", config=config) == "EACCES"


@pytest.mark.skipif(confine.landlock_abi() < SCOPES, reason="this Landlock has no scopes")
def test_abstract_sockets_outside_are_refused(box: Box) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0autoexp-test-" + str(os.getpid()))
        server.listen()
        code, name = "socket.socket(socket.AF_UNIX).connect(address)", server.getsockname()
        assert box.try_(code, address=name) == "EPERM"
        assert box.try_(code, address=name, confined=False) == "done"


@pytest.fixture
def sleeper(box: Box) -> Iterator[int]:
    """A process outside that the box's user owns."""
    with subprocess.Popen([*box.prefix, "sleep", "60"]) as process:
        yield process.pid
        process.kill()


@pytest.mark.skipif(confine.landlock_abi() < SCOPES, reason="this Landlock has no scopes")
def test_processes_outside_get_no_signal(box: Box, sleeper: int) -> None:
    assert box.try_("os.kill(pid, 0)", pid=sleeper) == "EPERM"
    assert box.try_("os.kill(pid, 0)", pid=sleeper, confined=False) == "done"


OTHERS = {
    "environment": "open(f'/proc/{pid}/environ').read()",
    "descriptors": "os.stat(f'/proc/{pid}/fd/0')",
    "memory": "open(f'/proc/{pid}/mem', 'rb')",
    "limits": "import resource; resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))",
    "priority": "os.setpriority(os.PRIO_PROCESS, pid, 19)",
    "tracing": "call(CALLS['ptrace'], 0x4206, pid, 0, 0)",
    "reading": "call(CALLS['process_vm_readv'], pid, 0, 0, 0, 0, 0)",
    "descriptor": "call(CALLS['pidfd_getfd'], os.pidfd_open(pid), 0, 0)",
}


def test_processes_outside_are_out_of_reach(box: Box, sleeper: int) -> None:
    assert set(box.try_all(OTHERS, pid=sleeper, CALLS=CALLS).values()) <= {"EACCES", "EPERM"}
    without = box.try_all(OTHERS, pid=sleeper, CALLS=CALLS, confined=False)
    assert without == dict.fromkeys(OTHERS, "done")
