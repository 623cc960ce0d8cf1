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
        if _digest(_below(str(home), "")) == digest:
            return home
        shutil.rmtree(home, ignore_errors=True)
    draft = folder / f"etc-{secrets.token_hex(8)}"
    draft.mkdir(parents=True)
    for parent in {entry.name.rpartition("/")[0] for entry in entries}:
        (draft / parent).mkdir(parents=True, exist_ok=True)
    for entry in entries:
        _write(entry, f"{draft}/{entry.name}")
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
                yield from _below(str(place), name)
            elif place.is_file():
                yield _Entry(name, place.read_bytes())


def _below(folder: str, name: str) -> Iterator[_Entry]:
    """Read the files and links below a folder, under the name that it has in /etc. It is done at every start, for hundreds of certificates."""
    with suppress(OSError), os.scandir(folder) as found:
        for one in found:
            shown = f"{name}/{one.name}" if name else one.name
            with suppress(OSError):
                if one.is_symlink():
                    yield _Entry(shown, os.fsencode(os.readlink(one.path)), is_link=True)  # noqa: PTH115
                elif one.is_dir():
                    yield from _below(one.path, shown)
                elif one.is_file():
                    mode = stat.S_IMODE(one.stat().st_mode)
                    yield _Entry(shown, Path(one.path).read_bytes(), mode=mode)


def _write(entry: _Entry, target: str) -> None:
    if entry.is_link:
        os.symlink(os.fsdecode(entry.content), target)  # noqa: PTH211
        return
    Path(target).write_bytes(entry.content)
    if entry.mode is not None:
        Path(target).chmod(entry.mode)


def _digest(entries: Iterable[_Entry]) -> str:
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.name):
        name = entry.name.encode("utf-8", "surrogateescape")
        digest.update(name + b"\0" + hashlib.sha256(entry.content).digest())
    return digest.hexdigest()
