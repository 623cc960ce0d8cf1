"""The environment of a command: cleared, with throw-away folders for HOME and TMPDIR."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import AutoexpError

PASSED = ("PATH", "LANG", "TZ")
FOLDER_PREFIX = "autoexp-"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of a command, those values among them that must be masked in what it prints, and its private folder."""

    variables: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    folder: Path | None = None


@contextmanager
def environment(
    caller: Mapping[str, str],
    *,
    env: Mapping[str, str] | None = None,
    env_from: Iterable[str] = (),
    own: Mapping[str, str] | None = None,
    marker: str = "",
    scratch: Path | None = None,
    homes: tuple[str, str] | None = None,
) -> Iterator[Environment]:
    """Give an Environment whose HOME and TMPDIR exist until the block ends, or are `homes` when a sandbox has its own.

    PATH, LANG and TZ come from `caller`, nothing else does by itself; then `own` (what autoexp adds), `env_from` (taken
    from `caller`; these are the secrets) and `env`, the later winning. Raises AutoexpError when a variable of
    `env_from` is not set, or a name is none that a shell passes on. The folders lie in `scratch`, else in the system's folder for temporary files.
    """
    taken = secrets_from(caller, env_from)
    if bad := [name for name in (*taken, *(env or {})) if _NAME.fullmatch(name) is None]:
        raise AutoexpError(
            f"{bad[0]!r} is not a name for a variable", where="env", fix="letters, digits and _ are allowed"
        )
    variables = {name: caller[name] for name in PASSED if name in caller}
    variables.setdefault("PATH", os.defpath)
    if homes is not None:
        inside = {"HOME": homes[0], "TMPDIR": homes[1]}
        yield Environment({**variables, **inside, **(own or {}), **taken, **(env or {})}, tuple(taken.values()))
        return
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{plain(marker)}-", dir=scratch))
    try:
        home, tmp = folder / "home", folder / "tmp"
        home.mkdir()
        tmp.mkdir()
        variables |= {"HOME": str(home), "TMPDIR": str(tmp), **(own or {}), **taken, **(env or {})}
        yield Environment(variables, tuple(taken.values()), folder)
    finally:
        remove(folder)


def secrets_from(caller: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Take variables from the caller. Raises AutoexpError that names every one that is not set."""
    wanted = list(names)
    missing = [name for name in wanted if name not in caller]
    if missing:
        raise AutoexpError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set in the environment",
            where="env_from",
            fix=f"export {missing[0]}=... before you start autoexp, or take it out of env_from",
        )
    return {name: caller[name] for name in wanted}


def plain(text: str) -> str:
    """Give a text that can be part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)[:80]


def remove(folder: Path) -> None:
    """Remove a folder with all below it, also where a command took away its own right to write there."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    if not folder.is_symlink():
        folder.chmod(0o700)
    for place, folders, _ in os.walk(folder):
        for name in folders:  # before the walk goes on into them
            if not (inner := Path(place, name)).is_symlink():
                inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
