"""Promises of a confined command, each tried by a real process: what is refused works for the same user without."""

import ast
import dataclasses
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from autoexp.processes import confine

pytestmark = pytest.mark.skipif(
    confine.landlock_abi() == 0 or not confine.seccomp_works(), reason="this kernel has no Landlock or no seccomp"
)
UID = 12345
TOOLS = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/proc", "/sys/devices", "/opt"]
PROGRAM = Path(confine.__file__)
AS_ANOTHER = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs", "env"]  # the rights of
# root end with the first program that is started, so that one is env
SCOPES = 6


@dataclasses.dataclass(frozen=True)
class Box:
    """A folder that may be written, `inside`, one that may not, `outside`, and a user that could write both."""

    folder: Path
    python: str
    prefix: Sequence[str]

    @property
    def inside(self) -> Path:
        return self.folder / "inside"

    @property
    def outside(self) -> Path:
        return self.folder / "outside"

    def run(self, *argv, env=None, config=None, confined=True, **more) -> subprocess.CompletedProcess[str]:
        config = {"read": [*TOOLS, sys.base_prefix, sys.prefix], "write": [str(self.inside)], **(config or {})}
        program = [self.python, "-I", "-S", "-B", str(self.folder / "program/confine.py"), json.dumps(config)]
        return subprocess.run(
            [*self.prefix, *(program if confined else ()), *argv],
            cwd=self.inside,
            env={"PATH": os.environ["PATH"], "HOME": str(self.inside), "TMPDIR": str(self.inside), **(env or {})},
            text=True,
            check=False,
            timeout=60,
            **{"capture_output": True, **more},
        )

    def try_all(self, codes: Mapping[str, str], *, config=None, confined=True, **names) -> dict[str, str]:
        """Run pieces of Python code, each in a process; give "done" for each, or the name of the error that it met."""
        given = {"inside": str(self.inside), "outside": str(self.outside), "codes": dict(codes), **names}
        script = "\n".join([PRELUDE, *(f"{name} = {value!r}" for name, value in given.items()), EACH])
        done = self.run(self.python, "-I", "-B", "-c", script, config=config, confined=confined)
        assert done.returncode == 0, done.stderr
        return dict(ast.literal_eval(line) for line in done.stdout.splitlines())

    def try_(self, code: str, **more) -> str:
        return self.try_all({"it": code}, **more)["it"]


PRELUDE = """
import ctypes, errno, os, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    answer = libc.syscall(ctypes.c_long(number), *(a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "")
    return answer
"""
EACH = """
for name, code in codes.items():
    if os.fork() == 0:
        try:
            exec(code, globals())
            result = "done"
        except OSError as error:
            result = errno.errorcode[error.errno]
        except BaseException as error:
            result = repr(error)
        os.write(1, (repr((name, result)) + "\\n").encode())
        os._exit(0)
    os.wait()
"""


@pytest.fixture(params=["caller", "another"])
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="autoexp-test-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "program").mkdir()
        for name in ("confine.py", "syscall_filter.py"):
            shutil.copy(PROGRAM.with_name(name), folder / "program" / name)
        for name in ("inside", "outside"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)
        secret = folder / "outside" / "secret"
        secret.write_text("secret")
        secret.chmod(0o777)
        if request.param == "caller":
            yield Box(folder, sys.executable, ())
            return
        if os.getuid() != 0 or shutil.which("setpriv") is None:
            pytest.skip("only root can become another user, by setpriv")
        os.chown(secret, UID, UID)
        yield Box(folder, _python_of_another(), AS_ANOTHER)


def _python_of_another() -> str:
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        ready = [*AS_ANOTHER, python, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("no Python 3.11 that another user can run")


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


NETWORK = {
    "tcp": "socket.create_connection(('127.0.0.1', port))",
    "tcp6": "socket.socket(socket.AF_INET6)",
    "listening": "socket.socket().bind(('127.0.0.1', 0))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


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


CALLS = confine.calls.CALLS.get(os.uname().machine, {})
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
    handed = dataclasses.replace(box, python=_python_of_another(), prefix=[*given, "env"])
    assert int(handed.run(*ask, confined=False).stdout.split()[1], 16) == 1 << 13
    assert int(handed.run(*ask).stdout.split()[1], 16) == 0
    for_root = dataclasses.replace(box, python=_python_of_another(), prefix=["setpriv", "--inh-caps=+net_raw", "env"])
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


PROGRAMS = {
    "shell": (
        "sh",
        "-c",
        "echo one two | tr ' ' '\\n' | sort | xargs -n1 echo > list; cat list >/dev/null; (sleep 0 & wait)",
    ),
    "git": (
        "sh",
        "-c",
        "git init -q r; cd r; echo 1 >f; git add f; git -c user.name=a -c user.email=a@b.c commit -qm m; git gc -q",
    ),
    "gcc": ("sh", "-c", "echo 'int main(){return 0;}' >m.c; gcc m.c -o m; ./m"),
    "node": (
        "node",
        "-e",
        "require('child_process').execSync('true'); new (require('worker_threads').Worker)('1', {eval: true})",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_usual_program_runs(box: Box, name: str) -> None:
    for tool in ("git", "gcc", "node"):
        if tool == name and box.run("sh", "-c", f"{tool} --version", confined=False).returncode != 0:
            pytest.skip(f"{tool} is not there")
    done = box.run(*PROGRAMS[name])
    assert (done.returncode, done.stderr) == (0, "")


def test_python_runs_with_its_processes_and_threads(box: Box) -> None:
    code = """import asyncio, multiprocessing, tempfile, threading, concurrent.futures
with multiprocessing.get_context('fork').Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert list(pool.map(abs, [-1])) == [1]
from multiprocessing import shared_memory
kept = shared_memory.SharedMemory(create=True, size=10); kept.unlink(); kept.close()
tempfile.TemporaryFile().write(b'x')
asyncio.run(asyncio.sleep(0))
asyncio.run(asyncio.create_subprocess_exec('true'))
child = subprocess.Popen(['sleep', '60']); child.kill(); assert child.wait() == -9
os.nice(1); open('/dev/null', 'w').write('x'); open('/dev/urandom', 'rb').read(1); os.urandom(1)"""
    assert box.try_(code) == "done"


SHARED = {
    "memory": "from multiprocessing import shared_memory as m; kept = m.SharedMemory(create=True, size=10); kept.unlink()",
    "system v": "kept = call(CALLS['shmget'], 0, 10, 0o600); libc.shmctl(kept, 0, None)",
}


def test_shared_memory_can_be_closed(box: Box) -> None:
    assert box.try_all(SHARED, CALLS=CALLS) == dict.fromkeys(SHARED, "done")
    assert set(box.try_all(SHARED, CALLS=CALLS, config={"shm": False}).values()) == {"EACCES", "EPERM"}


def test_another_sandbox_around_it_changes_nothing(box: Box, listener: socket.socket) -> None:
    around = [
        "bwrap",
        "--unshare-user",
        "--unshare-pid",
        "--dev-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--cap-drop",
        "ALL",
    ]
    if shutil.which("bwrap") is None or box.run(*around, "true", confined=False).returncode != 0:
        pytest.skip("bubblewrap is not there or may not make namespaces")
    inner = dataclasses.replace(box, prefix=[*box.prefix, *around])
    for config in ({}, {"landlock": False}):
        assert inner.try_(NETWORK["tcp"], port=listener.getsockname()[1], config=config) == "EACCES"
    assert inner.try_("open(outside + '/new', 'w')") == "EACCES"


def test_environment_passes_exactly(box: Box) -> None:
    given = {"PATH": os.environ["PATH"], "HOME": "/", "TMPDIR": "", "ODD": "a=b\nc é", "LC_ALL": "C"}
    done = box.run("cat", "/proc/self/environ", env=given)
    assert dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry) == given
    done = box.run("cat", "/proc/self/environ", env={"HOME": "/"})
    assert "LC_CTYPE" not in done.stdout


def test_descriptors_pass(box: Box) -> None:
    read, write = os.pipe()
    code = f"import os, sys; print(sys.stdin.read()); print('err', file=sys.stderr); os.write({write}, b'extra')"
    done = box.run(box.python, "-I", "-c", code, input="in", pass_fds=(write,))
    os.close(write)
    with os.fdopen(read) as extra:
        assert (done.stdout, done.stderr, extra.read()) == ("in\n", "err\n", "extra")


def test_output_files_can_be_opened_again(box: Box) -> None:
    with (box.outside / "out").open("w") as out, (box.outside / "secret").open() as source:
        os.fchmod(out.fileno(), 0o666)
        script = "cat /dev/stdin >>/dev/stdout"
        done = box.run("sh", "-c", script, stdin=source, stdout=out, stderr=subprocess.PIPE, capture_output=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (box.outside / "out").read_text() == "secret"


def test_input_without_a_file_system_is_taken(box: Box) -> None:
    with os.fdopen(os.memfd_create("in"), "w+b") as source:
        source.write(b"in")
        source.seek(0)
        assert box.run("cat", stdin=source).stdout == "in"


def test_signals_and_exit_codes_are_those_of_the_command(box: Box) -> None:
    assert box.run("sh", "-c", "exit 7").returncode == 7
    assert box.run("sh", "-c", "kill -9 $$").returncode == -signal.SIGKILL
    look = ("grep", "SigIgn", "/proc/self/status")
    outside = subprocess.run(look, capture_output=True, text=True, check=True)  # whoever runs the tests may ignore some
    assert box.run(*look).stdout == outside.stdout
    assert box.run("nowhere-to-be-found", env={"PATH": "/usr/bin"}).returncode == 127
    (box.inside / "script").write_text("echo no first line\n")
    (box.inside / "script").chmod(0o755)
    assert box.run("./script").stdout == "no first line\n"


def test_file_size_is_limited(box: Box) -> None:
    config = {"rlimits": {"FSIZE": 1000, "CORE": 0}}
    assert box.try_("open('big', 'wb', 0).write(bytes(1000))", config=config) == "done"
    assert box.try_("open('big', 'ab', 0).write(bytes(1000))", config=config) == "EFBIG"
    done = box.run("sh", "-c", "exec head -c 2000 /dev/zero >big", config=config)
    assert done.returncode == -signal.SIGXFSZ


def test_memory_is_limited(box: Box) -> None:
    script = "try: bytes(1 << 30)\nexcept MemoryError: print('refused')"
    assert box.run(box.python, "-c", script, config={"rlimits": {"AS": 1 << 29}}).stdout == "refused\n"
    assert box.run(box.python, "-c", script).stdout == ""


def test_files_cpu_and_processes_are_limited(box: Box) -> None:
    assert box.try_("[os.dup(0) for _ in range(100)]", config={"rlimits": {"NOFILE": 50}}) == "EMFILE"
    assert box.run("sh", "-c", "while :; do :; done", config={"rlimits": {"CPU": 1}}).returncode == -signal.SIGXCPU
    if box.prefix:  # root is not counted
        done = box.run(box.python, "-I", "-c", "import os; os.fork()", config={"rlimits": {"NPROC": 0}})
        assert "BlockingIOError" in done.stderr


@pytest.mark.parametrize("limits", [{"AS": 1}, {"AS": 1 << 20}, {"NOFILE": 0}, {"FSIZE": 0}])
def test_limit_below_what_starting_takes_never_starts_without_it(box: Box, limits: dict[str, int]) -> None:
    done = box.run("sh", "-c", "echo x >new", config={"rlimits": limits})
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_limits_cannot_be_raised_again(box: Box) -> None:
    code = "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))\nexcept ValueError: raise OSError(1, '')"
    assert box.try_(code, config={"rlimits": {"NOFILE": 50}}) == "EPERM"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = box.run("sh", "-c", "ulimit -n", config={"rlimits": {"NOFILE": 1 << 40}})
    assert done.stdout == f"{hard}\n"


WRONG = {
    "": "is not JSON",
    "{": "is not JSON",
    "{} {}": "Extra data",
    "[]": "not a JSON object",
    '{"reed": []}': "unknown key reed",
    '{"read": "/usr"}': "read has to be a list of absolute paths",
    '{"read": ["usr"]}': "read has to be",
    '{"write": [7]}': "write has to be",
    '{"network": "on"}': "network has to be",
    '{"network": {"connect": [0]}}': "network has to be",
    '{"network": {"connect": [true]}}': "network has to be",
    '{"network": {"listen": [1]}}': "network has to be",
    '{"rlimits": {"RSS": 1}}': "rlimits has to be",
    '{"rlimits": {"AS": -1}}': "rlimits has to be",
    '{"rlimits": {"AS": 1.5}}': "rlimits has to be",
    '{"landlock": 1}': "landlock has to be true or false",
    "[" * 100_000: "is not JSON",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:30]) for text in WRONG])
def test_wrong_configuration_starts_nothing(tmp_path: Path, text: str) -> None:
    program = [sys.executable, "-I", "-S", "-B", str(PROGRAM), text, "touch", str(tmp_path / "started")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 126
    assert done.stderr.startswith("autoexp: cannot confine: ")
    assert WRONG[text] in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "started").exists()


def test_what_the_kernel_refuses_starts_nothing(box: Box) -> None:
    config = {"read": ["/"], "write": ["/"]}
    program = [box.python, "-I", "-S", "-B", str(box.folder / "program/confine.py"), json.dumps(config)]
    done = box.run(*program * 16, "touch", "started", config=config)  # Landlock stacks 16 deep
    assert done.returncode == 126
    assert done.stderr == "autoexp: cannot confine: [Errno 7] Argument list too long\n"
    assert not (box.inside / "started").exists()


def test_facts_say_what_holds() -> None:
    told = confine.facts({"network": {"connect": [443]}, "rlimits": {"AS": 5}})
    assert told["files"].startswith("landlock abi ")
    assert told["limits"] == "AS 5"
    assert told["system calls"] == "seccomp"
    assert confine.facts({"landlock": False})["files"] == "not confined"
    assert confine.facts({"landlock": False, "network": {"connect": [443]}})["network"].startswith("off")
    assert confine.facts({})["network"] == "off"
    with pytest.raises(confine.Refused, match="unknown key"):
        confine.facts({"files": []})
