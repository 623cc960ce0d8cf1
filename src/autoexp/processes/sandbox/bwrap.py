"""The level `bwrap`: namespaces of its own for files, processes, network and users, through the bubblewrap program."""

import functools
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.processes.sandbox.box import PYTHON
from autoexp.processes.sandbox.system import ETC, HARDWARE, NETWORK_ETC, ROOTS, prefixes
from autoexp.processes.sandbox.view import WORK, Bind, View

HOME, TMP = "/home/run", "/tmp"  # noqa: S108  a private one
TMP_BYTES, HOME_BYTES = 4 << 30, 1 << 30
PROXY, PROXY_PORT = "/px", 3128
SOCKET = "s"

_PROGRAMS = Path(__file__).parent.parent
_INSIDE = "/.autoexp"
"""Where the small programs around a command are shown."""

_APART = (
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--disable-userns",
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--cap-drop",
    "ALL",
    "--hostname",
    "run",
)


def program() -> str | None:
    """Give the path of bubblewrap: the system's, which is the one that its security profiles know, else the one on PATH."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin") or shutil.which("bwrap")


@dataclass(frozen=True, slots=True)
class Bubblewrapped:
    """`network_space` is False where the system refuses network namespaces: sockets are then refused by a filter."""

    program: str
    network_space: bool = True
    level: str = "bwrap"
    homes: tuple[str, str] | None = (HOME, TMP)
    mounts: bool = True

    def sees(self, bind: Bind) -> str:
        """Give the path inside."""
        return bind.target

    def box(self, view: View, *, cwd: str = ".") -> "MountedBox":
        """Build the mounts of one command."""
        inside = os.path.normpath(f"{WORK}/{cwd}")
        return MountedBox(self.program, tuple(_mounts(view)), view, inside, network_space=self.network_space)


@dataclass(frozen=True, slots=True)
class MountedBox:
    """A command in mounts of its own; the shim is its process 1."""

    program: str
    mounts: tuple[str, ...]
    view: View
    inside: str
    network_space: bool
    cwd: Path = Path("/")
    reports: bool = True

    def command(self, argv: Sequence[str], *, result: int) -> list[str]:
        """Give the call of bubblewrap."""
        apart = list(_APART)
        if self.view.network != "host" and self.network_space:
            apart.append("--unshare-net")
        forward = [f"{_INSIDE}/forwarder.py", str(PROXY_PORT), f"{PROXY}/{SOCKET}", *self.view.local]
        shim = [*PYTHON, f"{_INSIDE}/sandbox/shim.py", str(result), "\n".join(forward) if self.view.proxy else ""]
        return [self.program, *apart, *self.mounts, "--chdir", self.inside, "--", *shim, *self._filter(), *argv]

    def shell(self) -> list[str]:
        """Give nothing: the shell that forks it stays outside."""
        return []

    def _filter(self) -> list[str]:
        if self.view.network == "host" or self.network_space:
            return []
        return [*PYTHON, f"{_INSIDE}/confine.py", '{"landlock": false, "network": "off"}']


def _mounts(view: View) -> Iterator[str]:
    yield from _system(view.path, host_network=view.network == "host")
    yield from ("--ro-bind", str(_PROGRAMS), _INSIDE)
    yield from ("--bind" if view.editable else "--ro-bind", str(view.tree), WORK)
    for place in view.scratch:
        yield from ("--perms", "0755", "--size", str(TMP_BYTES), "--tmpfs", f"{WORK}/{place}")
    for bind in view.binds:
        yield from ("--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target)
    if view.proxy:
        yield from ("--ro-bind", str(view.proxy), PROXY)
    yield from ("--remount-ro", "/")


@functools.lru_cache(maxsize=32)
def _system(path: str, *, host_network: bool) -> tuple[str, ...]:
    """Give the mounts that are the same for every command with this PATH."""
    mounts: list[str] = []
    for root in ROOTS:
        if Path(root).is_symlink():
            mounts += ["--symlink", str(Path(root).readlink()), root]
        elif Path(root).is_dir():
            mounts += ["--ro-bind", root, root]
    names = (*ETC, *(NETWORK_ETC if host_network else ()))
    for file in [*(f"/etc/{name}" for name in names), *HARDWARE]:
        if os.access(file, os.F_OK):
            mounts += ["--ro-bind", file, file]
    mounts += ["--proc", "/proc", "--dev", "/dev"]
    mounts += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", TMP]
    mounts += ["--perms", "0700", "--size", str(HOME_BYTES), "--tmpfs", HOME]
    for prefix in prefixes(path):
        mounts += ["--ro-bind", prefix, prefix]
    return tuple(mounts)
