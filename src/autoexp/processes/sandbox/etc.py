"""The part of /etc that a command may read, as one folder: a mount for each file would make every start slower.

It is a copy, made once for each content: a few files and folders without secrets, named one by one.
"""

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.processes.sandbox.system import ETC, NETWORK_ETC

_HOME = Path("/etc")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file, or a link: its name below /etc, its bytes or where it leads, its mode where the copy keeps that."""

    name: str
    content: bytes
    is_link: bool = False
    mode: int | None = None


def etc_in(folder: Path) -> Path:
    """Lay the copy out below a folder, unless the same one is there already and whole."""
    # Those of the network are mounted over where a command shares this machine's.
    entries = [*_shown(), *(_Entry(name, b"") for name in NETWORK_ETC)]
    digest = _digest(entries)
    home = folder / f"etc-{digest[:16]}"
    if home.is_dir():
        if _digest(_below(home, "")) == digest:
            return home
        shutil.rmtree(home, ignore_errors=True)
    draft = folder / f"etc-{secrets.token_hex(8)}"
    draft.mkdir(parents=True)
    for entry in entries:
        _write(entry, draft / entry.name)
    with suppress(OSError):  # it is there already
        draft.rename(home)
    shutil.rmtree(draft, ignore_errors=True)
    return home


def _shown() -> Iterator[_Entry]:
    """Read what is shown; what cannot be read is not."""
    for name in ETC:
        place = _HOME / name
        with suppress(OSError):
            if place.is_dir():
                yield from _below(place, name)
            elif place.is_file():
                yield _Entry(name, place.read_bytes())


def _below(folder: Path, name: str) -> Iterator[_Entry]:
    """Read the files and links below a folder, under the name that it has in /etc."""
    for place, folders, files in os.walk(folder):
        links = [one for one in folders if (Path(place) / one).is_symlink()]
        for one in (*files, *links):
            path = Path(place) / one
            shown = (Path(name) / path.relative_to(folder)).as_posix()
            with suppress(OSError):
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    yield _Entry(shown, os.fsencode(path.readlink()), is_link=True)
                elif stat.S_ISREG(mode):
                    yield _Entry(shown, path.read_bytes(), mode=stat.S_IMODE(mode))


def _write(entry: _Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.is_link:
        target.symlink_to(os.fsdecode(entry.content))
        return
    target.write_bytes(entry.content)
    if entry.mode is not None:
        target.chmod(entry.mode)


def _digest(entries: Iterable[_Entry]) -> str:
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.name):
        name = entry.name.encode("utf-8", "surrogateescape")
        digest.update(name + b"\0" + hashlib.sha256(entry.content).digest())
    return digest.hexdigest()
