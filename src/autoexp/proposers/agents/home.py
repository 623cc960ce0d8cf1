"""A HOME of an agent's own for one experiment: its settings, its sessions, and the login of the user's that it needs, nothing else."""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from autoexp.errors import AutoexpError
from autoexp.processes.environment import remove

_OWNER_ONLY = 0o600
_SECRET_NAMES = ("token", "secret", "key", "access", "refresh", "credential", "password")
_SHORTEST_SECRET = 12
_LARGEST_LOGIN = 1 << 20
_SESSION = "session"
_SESSION_NAME = re.compile(r"[A-Za-z0-9][\w.:-]{0,199}")


class Home:
    """One agent's folder below the desk's, with HOME in it. What only we may know, such as its session, lies beside that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "home"
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

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


class Logins:
    """The files below the user's HOME that hold an agent's login: copied in, and what the agent renewed in them copied back."""

    def __init__(self, user_home: Path, names: tuple[str, ...]) -> None:
        """Look which of them are there. Raises AutoexpError for one that cannot be read."""
        self._user_home = user_home
        self._taken: dict[str, bytes] = {}
        self._secrets: set[str] = set()
        self.names = tuple(name for name in names if (user_home / name).is_file())
        for name in self.names:
            self._read(name)

    def secrets(self) -> tuple[str, ...]:
        """Give the values in them that must not be seen anywhere, renewed ones and those before them."""
        return tuple(self._secrets)

    def bring(self, home: Home) -> None:
        """Copy them into a HOME as they are now."""
        for name in self.names:
            content = self._read(name)
            self._taken[name] = content
            _write(home.path, PurePosixPath(name), content)

    def take_back(self, home: Home) -> None:
        """Copy a renewed login back: providers make the older one void. Only one that differs in its secrets and dates alone is believed."""
        for name, before in self._taken.items():
            after = _left(home.path, name)
            if after is None or after == before:
                continue
            self._secrets.update(_secrets_in(_parsed(after)))
            users = (self._user_home / name).resolve()  # people keep such files elsewhere, behind a link
            if _renewed(_parsed(before), _parsed(after)) and users.is_file() and users.read_bytes() == before:
                _replace(users, after)
                self._taken[name] = after

    def reclaim(self, home: Home) -> None:
        """Copy back what was renewed in the HOME of a run whose end nobody saw, where it is newer than the user's."""
        now = {name: self._read(name) for name in self.names}
        newer = {
            name: content
            for name, content in now.items()
            if _changed_s(home.path / name) > _changed_s(self._user_home / name)
        }
        self._taken.update(newer)
        self.take_back(home)

    def _read(self, name: str) -> bytes:
        try:
            content = (self._user_home / name).read_bytes()
        except OSError as error:
            raise AutoexpError(f"the login in ~/{name} cannot be read: {error.strerror}", where="proposer") from None
        self._secrets.update(_secrets_in(_parsed(content)))
        return content


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _left(home: Path, name: str) -> bytes | None:
    """Read a file below a HOME that an agent may have changed: None for a link on the way, for what is no file, and for one too large."""
    path = home / name
    try:
        if path.resolve() != home.resolve() / name or not path.is_file() or path.stat().st_size > _LARGEST_LOGIN:
            return None
        return path.read_bytes()
    except (OSError, RuntimeError):  # the latter: a link that leads to itself
        return None


def _renewed(before: Any, after: Any) -> bool:
    """Tell whether a login has the same keys as before, and the same values but for secrets and times."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(name, before[name], after[name]) for name in before)
    return False


def _same(name: str, before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return _renewed(before, after)
    if before == after:
        return True
    texts = isinstance(before, str) and isinstance(after, str)
    secret = texts and _is_secret(name) and "://" not in f"{before}{after}"  # where secrets are sent does not change
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    dated = isinstance(after, str) and any(word in name.lower() for word in ("refresh", "expir", "date", "_at"))
    return secret or numbers or dated


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_NAMES)


def _secrets_in(login: Any) -> Iterator[str]:
    if isinstance(login, dict):
        for name, value in login.items():
            if isinstance(value, str) and len(value) >= _SHORTEST_SECRET and _is_secret(name):
                yield value.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be looked for
            else:
                yield from _secrets_in(value)
    elif isinstance(login, list):
        for value in login:
            yield from _secrets_in(value)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


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
    _replace(target, content)


def _replace(path: Path, content: bytes) -> None:
    """Write a file of the owner's alone, as a whole or not at all."""
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    os.chmod(made, _OWNER_ONLY)  # noqa: PTH101
    os.replace(made, path)  # noqa: PTH105
