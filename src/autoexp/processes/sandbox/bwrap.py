"""The level `bwrap`: namespaces of its own for files, processes, network and users, through the bubblewrap program."""

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.processes.sandbox import shim as _compiled  # noqa: F401  see _SHIM
from autoexp.processes.sandbox.box import PYTHON
from autoexp.processes.sandbox.links import links
from autoexp.processes.sandbox.system import ETC, HARDWARE, KERNEL, NETWORK_ETC, ROOTS, prefixes
from autoexp.processes.sandbox.view import WORK, Bind, View

HOME, TMP = "/home/run", "/tmp"  # noqa: S108  private ones
SHARED = (TMP, "/var/tmp", "/dev/shm")  # noqa: S108  by all users elsewhere, and here by one
TMP_BYTES, HOME_BYTES = 4 << 30, 1 << 30
PROXY, PROXY_PORT = "/px", 3128
SOCKET = "s"

_PROGRAMS = Path(__file__).parent.parent
_INSIDE = "/.autoexp"
"""Where the small programs around a command are shown."""

_SHIM = f"import sys; sys.path.insert(0, '{_INSIDE}/sandbox'); import shim; shim.main(sys.argv[1:])"
"""The shim as a module: the engine's own import of it has left compiled code beside it."""

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
    "localhost",  # a name that resolves: servers and distributed runtimes look their own one up
)
_NEWER = {"--disable-userns": 0, "--size": 1, "--perms": 1}
_PATIENCE_S = 10


def program() -> str | None:
    """Give the path of bubblewrap: the system's, which is the one that its security profiles know, else the one on PATH."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin") or shutil.which("bwrap")


@dataclass(frozen=True, slots=True)
class Bubblewrapped:
    """`network_space` is False where the system refuses network namespaces: sockets are then refused by a filter.

    `etc` is a copy of what a command may read of /etc; without one the files themselves are shown, which takes longer.
    """

    program: str
    network_space: bool = True
    etc: Path | None = None
    level: str = "bwrap"
    homes: tuple[str, str] | None = (HOME, TMP)
    mounts: bool = True

    def sees(self, bind: Bind) -> str:
        """Give the path inside."""
        return bind.target

    def box(self, view: View, *, cwd: str = ".") -> "MountedBox":
        """Build the mounts of one command."""
        inside = os.path.normpath(f"{WORK}/{cwd}")
        return MountedBox(self.program, tuple(_mounts(view, self.etc)), view, inside, network_space=self.network_space)


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

    @property
    def processes(self) -> int:
        """Count bubblewrap, the shim and the forwarder."""
        return 3 if self.view.proxy else 2

    @property
    def in_memory(self) -> tuple[str, ...]:
        """Name the private folders, those aside that a bind of the view has taken the place of."""
        bound = {bind.target for bind in self.view.binds}
        places = (*SHARED, HOME, *(f"{WORK}/{place}" for place in self.view.scratch))
        return tuple(place for place in places if place not in bound)

    def command(self, argv: Sequence[str], *, result: int) -> list[str]:
        """Give the call of bubblewrap."""
        apart = list(_APART)
        if self.view.network != "host" and self.network_space:
            apart.append("--unshare-net")
        forward = [f"{_INSIDE}/forwarder.py", str(PROXY_PORT), f"{PROXY}/{SOCKET}", *self.view.local]
        shim = [*PYTHON, "-c", _SHIM, str(result), "\n".join(forward) if self.view.proxy else ""]
        options = understood(self.program, [*apart, *self.mounts, "--chdir", self.inside])
        return [self.program, *options, "--", *shim, *self._filter(), *argv]

    def shell(self) -> list[str]:
        """Give nothing: the shell that forks it stays outside."""
        return []

    def _filter(self) -> list[str]:
        if self.view.network == "host" or self.network_space:
            return []
        return [*PYTHON, f"{_INSIDE}/confine.py", '{"landlock": false, "network": "off"}']


def understood(program: str, options: Sequence[str]) -> list[str]:
    """Leave out what an older bubblewrap does not know: closed user namespaces, sizes and modes of private folders."""
    unknown = _unknown(program)
    kept: list[str] = []
    skip = 0
    for option in options:
        if skip:
            skip -= 1
        elif option in unknown:
            skip = unknown[option]
        else:
            kept.append(option)
    return kept


@functools.lru_cache(maxsize=4)
def _unknown(program: str) -> dict[str, int]:
    """Give the newer options that a program does not list, with the number of words behind each."""
    try:
        told = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {option: words for option, words in _NEWER.items() if option not in told.stdout + told.stderr}


def _mounts(view: View, etc: Path | None = None) -> Iterator[str]:
    if any(bind.target.startswith("/etc/") for bind in view.binds):
        etc = None  # nothing can be added to the copy
    yield from _system(etc, host_network=view.network == "host")
    yield from ("--ro-bind", str(_PROGRAMS), _INSIDE)
    yield from ("--bind" if view.editable else "--ro-bind", str(view.tree), WORK)
    closed = list(_closed(view))
    more: list[tuple[str, tuple[str, ...]]] = []
    more += [(prefix, ("--ro-bind", prefix, prefix)) for prefix in prefixes(view.path, view.closed)]
    more += [(place, ("--perms", "0755", "--tmpfs", place)) for place in closed]
    more += [(f"{WORK}/{place}", _scratch(f"{WORK}/{place}")) for place in view.scratch]
    more += [(bind.target, _bind(bind)) for bind in view.binds]
    taken = {place for place, _ in more if place != view.checkout} | {bind.target for bind in view.binds}
    linked = links(view.tree, seen_at=WORK, checkout=view.checkout, taken=taken)
    more += [(place, ("--symlink", target, place)) for place, target in linked]
    for _, mount in sorted(more, key=lambda pair: pair[0].count("/")):  # an outer one would cover those inside of it
        yield from mount
    yield from (word for place in closed for word in ("--remount-ro", place))
    if view.proxy:
        yield from ("--ro-bind", str(view.proxy), PROXY)
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")


def _closed(view: View) -> Iterator[str]:
    """Give the places at which closed folders would be seen, as a part of the system or of what is bound."""
    shown = [(root, root) for root in ROOTS if not os.path.islink(root)]  # noqa: PTH114
    shown += [(os.path.realpath(bind.source), bind.target) for bind in view.binds]
    for folder in view.closed:
        for source, target in shown:
            if folder.startswith(f"{source}/"):
                yield target + folder.removeprefix(source)


def _scratch(place: str) -> tuple[str, ...]:
    return "--perms", "0755", "--size", str(TMP_BYTES), "--tmpfs", place


def _bind(bind: Bind) -> tuple[str, ...]:
    return "--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target


@functools.lru_cache(maxsize=32)
def _system(etc: Path | None, *, host_network: bool) -> tuple[str, ...]:
    """Give the mounts that are the same for every command."""
    mounts: list[str] = []
    for root in ROOTS:
        if Path(root).is_symlink():
            mounts += ["--symlink", str(Path(root).readlink()), root]
        elif Path(root).is_dir():
            mounts += ["--ro-bind", root, root]
    names = (*(ETC if etc is None else ()), *(NETWORK_ETC if host_network else ()))
    if etc is not None:
        mounts += ["--ro-bind", str(etc), "/etc"]
    for file in [*(f"/etc/{name}" for name in names), *HARDWARE]:
        if os.access(file, os.F_OK):
            mounts += ["--ro-bind", file, file]
    mounts += ["--proc", "/proc", "--dev", "/dev"]
    if os.geteuid() == 0:  # the kernel's settings can be written by the user root, also by one without any rights
        mounts += [word for name in KERNEL for word in ("--ro-bind-try", f"/proc/{name}", f"/proc/{name}")]
    for shared in SHARED:
        mounts += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", shared]
    mounts += ["--perms", "0700", "--size", str(HOME_BYTES), "--tmpfs", HOME]
    return tuple(mounts)
