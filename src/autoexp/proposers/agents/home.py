"""A HOME of an agent's own for one experiment: its settings, its sessions, and what else only lasts as long."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autoexp.processes.environment import remove

_OWNER_ONLY = 0o600
_SESSION, _BROUGHT = "session", "brought.json"
_SESSION_NAME = re.compile(r"[A-Za-z0-9][\w.:-]{0,199}")


class Home:
    """One agent's folder below the desk's, with HOME in it. What only we may know, such as its session, lies beside that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "home"
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)  # an agent may have closed it

    def empty(self) -> None:
        """Begin anew: nothing of what was there is left, the session included."""
        remove(self._folder)
        self.path.mkdir(mode=0o700, parents=True)

    @property
    def session(self) -> str:
        """Give the session that the agent has worked in before; empty when there is none."""
        path = self._folder / _SESSION
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def remember(self, session: str) -> None:
        """Note the session, for when the change is to be mended. A name that could be taken for an option is none."""
        if _SESSION_NAME.fullmatch(session):
            (self._folder / _SESSION).write_text(session, encoding="utf-8")

    def forget(self) -> None:
        """Forget the session: what it did is not to be gone on with."""
        (self._folder / _SESSION).unlink(missing_ok=True)

    def put(self, files: Mapping[str, str]) -> None:
        """Write settings. A link that the agent left on the way is not followed."""
        for name, text in files.items():
            _write(self.path, PurePosixPath(name), text.encode())

    @property
    def brought(self) -> dict[str, str]:
        """Give the digests of the user's files whose copies lie in HOME, by path below it."""
        path = self._folder / _BROUGHT
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def bring(self, name: str, content: bytes) -> None:
        """Copy a file of the user's in, and note what it was."""
        _write(self.path, PurePosixPath(name), content)
        self.note(name, content)

    def note(self, name: str, content: bytes) -> None:
        """Note what a file of the user's is, which HOME holds a copy of."""
        told = json.dumps({**self.brought, name: digest(content)})
        replace_file(self._folder / _BROUGHT, told.encode())


def digest(content: bytes) -> str:
    """Give what tells a content from any other, and nothing of it."""
    return hashlib.sha256(content).hexdigest()


def _write(home: Path, name: PurePosixPath, content: bytes) -> None:
    folder = home
    for step in name.parts[:-1]:
        folder /= step
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            folder.unlink()
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    target = folder / name.name
    if target.is_dir() and not target.is_symlink():
        remove(target)
    replace_file(target, content)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of the owner's alone, as a whole or not at all."""
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    os.chmod(made, _OWNER_ONLY)  # noqa: PTH101
    os.replace(made, path)  # noqa: PTH105
