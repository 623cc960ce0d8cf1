"""Which of the things that a sandbox must refuse a level really refuses here: the canaries are sent in."""

import fcntl
import os
import select
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.processes.command import run
from autoexp.processes.environment import remove
from autoexp.processes.finished import Limits
from autoexp.processes.sandbox.box import PYTHON, Sandbox
from autoexp.processes.sandbox.view import Bind, View
from autoexp.processes.sweep import sweep

_CANARY = Path(__file__).parent / "canary.py"
_PATIENCE_S = 20.0
_PREFIX = "autoexp-probe-"
MEANING = {
    "write": "write files outside",
    "read": "read files outside",
    "tree": "change the tree that is measured",
    "tcp": "open TCP connections",
    "udp": "send UDP packets",
    "signal": "signal the engine",
    "orphan": "leave processes behind",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a command could do at a level (keys of MEANING), or why the level cannot be had here."""

    allowed: tuple[str, ...] = ()
    error: str = ""

    @property
    def words(self) -> str:
        """Say what is possible in spite of the sandbox."""
        return self.error or ", ".join(MEANING[name] for name in self.allowed)


def probe(sandbox: Sandbox, path: str) -> Found:
    """Start the canaries in a sandbox; `path` is the PATH of its commands."""
    with ExitStack() as held:
        folder = held.enter_context(_folder())
        tree, outside, private = (folder / name for name in ("tree", "outside", "private"))
        for place in (tree, outside, private):
            place.mkdir()
        (outside / "secret").write_text("secret", encoding="utf-8")
        ears = held.enter_context(_ears())
        view = View(tree, path=path, private=private, binds=(Bind(_CANARY, "/canary.py"),))
        argv = (*PYTHON, sandbox.sees(view.binds[0]), str(outside), *map(str, ears.ports), str(os.getpid()))
        marker = f"probe-{os.getpid()}-{folder.name}:"
        finished = run(
            argv,
            cwd=tree,
            env={"PATH": path, "HOME": str(private), "TMPDIR": str(private)},
            limits=Limits(wall_s=_PATIENCE_S),
            stdout=folder / "out",
            stderr=folder / "err",
            marker=marker,
            box=sandbox.box(view),
        )
        told = dict(line.split() for line in (folder / "out").read_text("utf-8", "replace").splitlines() if " " in line)
        if not finished.passed or set(told) != set(MEANING) - {"orphan"}:
            said = (folder / "err").read_text("utf-8", "replace").strip() or finished.detail or "it did not start"
            return Found(error=said.splitlines()[-1])
        seen = told | ears.heard() | {"orphan": "allowed" if sweep(marker) else "refused"}
        return Found(tuple(name for name in MEANING if seen[name] == "allowed"))


@dataclass(frozen=True, slots=True)
class _Ears:
    """Two listeners on the loopback. What counts is what arrives: a packet into an empty network is none."""

    tcp: socket.socket
    udp: socket.socket

    @property
    def ports(self) -> tuple[int, int]:
        return self.tcp.getsockname()[1], self.udp.getsockname()[1]

    def heard(self) -> dict[str, str]:
        return {name: "allowed" if _arrived(ear) else "refused" for name, ear in (("tcp", self.tcp), ("udp", self.udp))}


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that is locked as long as somebody probes in it, and remove those of who was killed in the midst."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if (fd := _lock(left, fcntl.LOCK_NB)) is not None:
            remove(left)
            os.close(fd)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    while (fd := _lock(folder, 0)) is None and not folder.exists():  # another one took it for left before it was locked
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield folder
    finally:
        remove(folder)
        if fd is not None:
            os.close(fd)


def _lock(folder: Path, how: int) -> int | None:
    """Lock a folder of ours; None when it is gone or somebody else's, or where nothing can be locked."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | how)
        if os.fstat(fd).st_uid == os.getuid() and folder.exists():
            return fd
    os.close(fd)
    return None


def _arrived(ear: socket.socket) -> bool:
    return bool(select.select([ear], [], [], 0)[0])


@contextmanager
def _ears() -> Iterator[_Ears]:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        yield _Ears(tcp, udp)
