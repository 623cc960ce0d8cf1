"""The world around an attacked repository, with everything in it that an attack could want, and eyes on all of it."""

import contextlib
import hashlib
import os
import secrets
import socket
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacks import project

TAG = "demo"


@dataclass
class World:
    """Folders below one root, listeners on 127.0.0.1, and secrets that nobody may find."""

    root: Path
    kind: str
    contacted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.repo, self.cache, self.outside = self.root / "repo", self.root / "cache", self.root / "outside"
        self.home, self.venv = self.root / "home", self.root / "venv"
        self.secret, self.hidden, self.key = (secrets.token_hex(12) for _ in range(3))
        self.comm = f"a{secrets.token_hex(4)}-"  # the kernel keeps 15 characters
        self.unlisted = secrets.token_hex(12)
        project.make(self.repo, self.kind, self.hidden)
        self.base = project.git(self.repo, "rev-parse", "HEAD^{tree}")
        for folder in (self.outside, self.home / ".ssh", self.cache):
            folder.mkdir(parents=True)
        (self.home / ".ssh/id_test").write_text(self.secret)
        (self.outside / "victim.txt").write_text("alive")
        _make_venv(self.venv)
        self._tcp, self._udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix, self._abstract = (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2))
        self.abstract = f"attacked-{secrets.token_hex(6)}"
        with _inside(self.outside):
            self._unix.bind("socket")
        if sys.platform == "linux":
            self._abstract.bind("\0" + self.abstract)
        for listener in self._listeners():
            listener.setblocking(False)

    def environ(self) -> dict[str, str]:
        """Give the environment of the person who runs the campaign."""
        path = os.pathsep.join([str(self.venv / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
        return {
            "PATH": path,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AUTOEXP_CACHE_DIR": str(self.cache),
            "BENCH_KEY": self.key,
            "DEPLOY_TOKEN": self.unlisted,
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }

    def filled(self, text: str, attack: str, number: int) -> str:
        """Replace the names between at-signs."""
        places = {
            "MARK": f"attack:{attack}",
            "ID": attack,
            "COMM": f"{self.comm}{number}",
            "OUTSIDE": self.outside,
            "REPO": self.repo,
            "CACHE": self.cache,
            "VENV": self.venv,
            "SECRET": self.home / ".ssh/id_test",
            "TCP": self._tcp.getsockname()[1],
            "UDP": self._udp.getsockname()[1],
            "ABSTRACT": self.abstract,
        }
        for name, value in places.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def listen(self, suspect: str) -> None:
        """Take what came in; one that does not say who it is, is the suspect's."""
        for listener in self._listeners():
            with contextlib.suppress(OSError):
                while True:
                    if listener is self._tcp:
                        peer, _ = listener.accept()
                        peer.settimeout(0.2)
                        said = b""
                        with peer, contextlib.suppress(OSError):
                            said = peer.recv(200)
                    else:
                        said = listener.recv(200)
                    text = said.decode("utf-8", "replace")
                    self.contacted.append(text if "attack:" in text else f"{text} attack:{suspect}")

    def leaks(self) -> dict[str, str]:
        """Give what must not be found anywhere, with names for it."""
        return {
            self.secret: "the secret of HOME",
            self.hidden: "the hidden file",
            self.key: "the key of env_from",
            self.unlisted: "a variable of the caller",
        }

    def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners():
            listener.close()

    def _listeners(self) -> list[socket.socket]:
        return [self._tcp, self._udp, self._unix, *([self._abstract] if sys.platform == "linux" else [])]


def by_stat(path: str) -> str:
    """Give what the file system says of a file; empty when there is none."""
    with contextlib.suppress(OSError):
        facts = os.lstat(path)
        return f"{facts.st_ino} {facts.st_mode} {facts.st_size} {facts.st_mtime_ns}"
    return ""


def by_content(path: str) -> str:
    """Give the bytes of a file as a digest, or where a link leads."""
    place = Path(path)
    with contextlib.suppress(OSError):
        if place.is_symlink():
            return f"-> {place.readlink()}"
        if place.is_file():
            with place.open("rb") as stream:  # a sparse file may pretend to hold terabytes
                return f"{place.stat().st_size} {hashlib.sha256(stream.read(1 << 20)).hexdigest()}"
        return f"a special file, mode {place.stat().st_mode}"
    return ""


_ALONE = ("HEAD", "config", "index", "info/exclude", "info/attributes", "packed-refs", "shallow")
_DEEP = ("refs/heads", "refs/tags")
_FLAT = ("hooks", "refs/replace", "objects/info", "modules")


def state(repo: Path, facts: Callable[[str], str] = by_stat) -> dict[str, str]:
    """Give what belongs to the user in a repository: checkout, configuration, hooks, index, HEAD and own refs.

    It is asked for many times a second, so it works with names, not with paths.
    """
    root, inside = str(repo), f"{repo}/.git"
    found = {f".git/{name}": facts(f"{inside}/{name}") for name in _ALONE}
    seen = list(_names(root, without={".git", ".autoexp"}))
    seen += [path for folder in _DEEP for path in _names(f"{inside}/{folder}") if _is_file(path)]
    for folder in _FLAT:
        seen += [path for path in _listed(f"{inside}/{folder}") if _is_file(path)]
    seen += [path for path in _listed(inside) if path.endswith(".lock") and _is_file(path)]
    own = f"{inside}/refs/heads/autoexp/{TAG}"
    return found | {path[len(root) + 1 :]: facts(path) for path in seen if path != own}


def _names(folder: str, *, without: Collection[str] = ()) -> Iterator[str]:
    """Give the files below a folder, at any depth; some folders right below it are left out."""
    for place, folders, names in os.walk(folder):
        if place == folder and without:
            folders[:] = [name for name in folders if name not in without]
        yield from (f"{place}/{name}" for name in names)


def _listed(folder: str) -> list[str]:
    """Give what stands right in a folder; nothing where there is none."""
    with contextlib.suppress(OSError):
        return [f"{folder}/{name}" for name in os.listdir(folder)]  # noqa: PTH208
    return []


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113


def _make_venv(folder: Path) -> None:
    """Make a virtual environment of one's own, whose files an attack may try to change."""
    base = Path(sys._base_executable if hasattr(sys, "_base_executable") else sys.executable).resolve()
    version = ".".join(map(str, sys.version_info[:2]))
    (folder / "bin").mkdir(parents=True)
    (folder / f"lib/python{version}/site-packages").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(base)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder for a moment: the path of a unix socket may have 107 bytes only."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
