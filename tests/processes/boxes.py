"""A folder that may be written and one that may not, and commands that are confined to the first."""

import ast
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoexp.processes import confine

UID = 12345
TOOLS = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/proc", "/sys/devices", "/opt"]
PROGRAM = Path(confine.__file__)
AS_ANOTHER = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs", "env"]  # the rights of
# root end with the first program that is started, so that one is env
SCOPES = 6
CALLS = confine.calls.CALLS.get(os.uname().machine, {})
NETWORK = {
    "tcp": "socket.create_connection(('127.0.0.1', port))",
    "tcp6": "socket.socket(socket.AF_INET6)",
    "listening": "socket.socket().bind(('127.0.0.1', 0))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
}


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


def python_of_another() -> str:
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        ready = [*AS_ANOTHER, python, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("no Python 3.11 that another user can run")


@contextmanager
def made_box(user: str) -> Iterator[Box]:
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
        if user == "caller":
            yield Box(folder, sys.executable, ())
            return
        if os.getuid() != 0 or shutil.which("setpriv") is None:
            pytest.skip("only root can become another user, by setpriv")
        os.chown(secret, UID, UID)
        yield Box(folder, python_of_another(), AS_ANOTHER)
