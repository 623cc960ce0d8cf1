"""The part of /etc that a command may read, as one folder: a mount for each file would make every start slower.

It is a copy, made at the start of a session: a few files and folders without secrets, named one by one.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from autoexp.processes.sandbox.system import ETC, NETWORK_ETC

_HOME = Path("/etc")


def etc_in(folder: Path) -> Path:
    """Lay the copy out below a folder, unless the same one is there already and whole."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"etc-{secrets.token_hex(8)}"
    draft.mkdir()
    for name in ETC:
        with suppress(OSError, shutil.Error):  # what cannot be read is not shown
            _copy(_HOME / name, draft / name)
    for name in NETWORK_ETC:
        (draft / name).touch()  # mounted over where a command shares this machine's network
    digest = _digest(draft)
    home = folder / f"etc-{digest[:16]}"
    if home.is_dir() and _digest(home) != digest:
        shutil.rmtree(home, ignore_errors=True)
    with suppress(OSError):  # it is there already
        draft.rename(home)
    shutil.rmtree(draft, ignore_errors=True)
    return home


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore_dangling_symlinks=True)
    else:
        shutil.copyfile(source, target)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for place in _files(folder):
        content = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
        name = str(place.relative_to(folder)).encode("utf-8", "surrogateescape")
        digest.update(name + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in sorted([*files, *links]))
