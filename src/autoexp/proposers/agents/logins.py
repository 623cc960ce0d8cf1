"""The key or the logins of the user's that an agent needs: a login is copied into its private HOME, and back when it was renewed there."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.proposers.agents.home import Home, digest, replace_file
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.renewal import renews, secrets_in

_LARGEST_LOGIN = 1 << 20
_MOST_SECRETS = 200
"""What is looked for in an output takes time, and an agent may have written any number of them."""


def key_of(options: AgentOptions, environ: Mapping[str, str]) -> str:
    """Give the key that the contract names; empty where it names none. Raises AutoexpError when its variable is not set."""
    key = environ.get(options.api_key_env, "").strip() if options.api_key_env else ""
    if options.api_key_env and not key:
        raise AutoexpError(
            f"the variable {options.api_key_env} is not set, which should hold the key",
            where="proposer.api_key_env",
            fix=f"export {options.api_key_env}=..., or take api_key_env out where the agent has a login",
        )
    return key


class Logins:
    """The files below the user's HOME that hold an agent's login: copied in, and what the agent renewed in them copied back."""

    def __init__(self, user_home: Path, names: tuple[str, ...]) -> None:
        """Look which of them are there. Raises AutoexpError for one that cannot be read."""
        self._user_home = user_home
        self._taken: dict[str, bytes] = {}
        self._secrets: set[str] = set()
        self._left: dict[str, set[str]] = {}
        self.names = tuple(name for name in names if (user_home / name).is_file())
        for name in self.names:
            self._read(name)

    def secrets(self) -> tuple[str, ...]:
        """Give the values in them that must not be seen anywhere: those of the user's, now and before, and what the last run left for such."""
        return tuple(self._secrets.union(*self._left.values()))

    def bring(self, home: Home) -> None:
        """Copy them into a HOME as they are now."""
        for name in self.names:
            content = self._read(name)
            self._taken[name] = content
            home.bring(name, content)

    def take_back(self, home: Home) -> None:
        """Copy a renewed login back: providers make the older one void. Only one that differs in its tokens and dates alone is believed."""
        self._left.clear()
        for name, before in self._taken.items():
            after = _left(home.path, name)
            if after is None or after == before:
                continue
            self._left[name] = set(islice(secrets_in(after), _MOST_SECRETS))
            users = (self._user_home / name).resolve()  # people keep such files elsewhere, behind a link
            if renews(before, after) and users.is_file() and users.read_bytes() == before:
                replace_file(users, after)
                home.note(name, after)
                self._taken[name] = after
                self._secrets |= self._left[name]

    def reclaim(self, home: Home) -> None:
        """Copy back what was renewed in the HOME of a run whose end nobody saw, where the user's is still what was brought there."""
        brought = home.brought
        now = {name: self._read(name) for name in self.names if name in brought}
        self._taken.update({name: content for name, content in now.items() if digest(content) == brought[name]})
        self.take_back(home)

    def _read(self, name: str) -> bytes:
        try:
            content = (self._user_home / name).read_bytes()
        except OSError as error:
            raise AutoexpError(f"the login in ~/{name} cannot be read: {error.strerror}", where="proposer") from None
        self._secrets.update(secrets_in(content))
        return content


def _left(home: Path, name: str) -> bytes | None:
    """Read a file below a HOME that an agent may have changed: None for a link on the way, for what is no file, and for one too large."""
    path = home / name
    try:
        if path.resolve() != home.resolve() / name or not path.is_file() or path.stat().st_size > _LARGEST_LOGIN:
            return None
        return path.read_bytes()
    except (OSError, RuntimeError):  # the latter: a link that leads to itself
        return None
