"""Promises of a confined command: usual programs run as they do outside."""

import dataclasses
import os
import shutil
import signal
import socket
import subprocess

import pytest
from tests.processes.boxes import CALLS, NETWORK, Box

from autoexp.processes import confine

pytestmark = pytest.mark.skipif(
    confine.landlock_abi() == 0 or not confine.seccomp_works(), reason="this kernel has no Landlock or no seccomp"
)


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
