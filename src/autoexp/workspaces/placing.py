"""Writing one entry of a tree to disk, and telling whether it rests there as written."""

import os
import stat
from pathlib import Path

from autoexp.workspaces.changes import EXECUTABLE, GITLINK, LINK, Entry
from autoexp.workspaces.filesystem import Modes, identify, look, open_up
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.trash import Trash


def rests_untouched(target: str, entry: Entry, modes: Modes, object_format: str) -> bool:
    """Tell whether exactly this entry stands there: bytes, mode, and no second name that could change it."""
    state = look(target)
    if state is None:
        return False
    if entry.mode == GITLINK:
        return stat.S_ISDIR(state.st_mode)
    if entry.mode != LINK and (state.st_mode != modes.of(entry.mode) or state.st_nlink != 1):
        return False
    return identify(target, object_format) == entry


def place_entry(repository: Repository, trash: Trash, root: Path, path: str, entry: Entry) -> None:
    """Write an entry in place of whatever stands there or in the way."""
    target = f"{root}/{path}"
    _make_parents(trash, root, path)
    trash.take(target)
    if entry.mode == GITLINK:
        os.mkdir(target)  # noqa: PTH102
        return
    data = repository.read_blob(entry.oid)
    if entry.mode == LINK:
        os.symlink(os.fsdecode(data), target)  # noqa: PTH211
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(target, flags, 0o777 if entry.mode == EXECUTABLE else 0o666), "wb") as file:  # noqa: PTH123
        file.write(data)


def _make_parents(trash: Trash, root: Path, path: str) -> None:
    folder = os.fspath(root)
    for name in path.split("/")[:-1]:
        folder = f"{folder}/{name}"
        state = look(folder)
        if state is None or not stat.S_ISDIR(state.st_mode):
            trash.take(folder)
            os.mkdir(folder)  # noqa: PTH102
        else:
            open_up(folder)
