"""Putting another journal in the place of a damaged one: the old file is kept, the new one appears whole or not at all."""

import filecmp
import os
import shutil
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from autoexp.durable import sync_folder


def set_aside(journal: Path) -> Path | None:
    """Keep a file under the name `.damaged`, or with a number behind it; None when there is nothing to keep.

    An earlier copy of the same content serves as well; no copy is ever overwritten.
    """
    if not journal.is_file() or not journal.stat().st_size:
        return None
    for number in count(1):
        copy = journal.with_name(f"{journal.name}.damaged" + (f".{number}" if number > 1 else ""))
        if copy.exists():
            if filecmp.cmp(copy, journal, shallow=False):
                return copy
            continue
        try:
            os.link(journal, copy)
        except OSError:  # a file system without hard links
            _copy(journal, copy)
        sync_folder(journal.parent)
        return copy
    return None


def put_in_place(journal: Path, lines: Iterable[bytes]) -> None:
    """Write a journal atomically and durably."""
    draft = journal.with_name(f"{journal.name}.part")
    with draft.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(journal)
    for folder in (journal.parent, journal.parent.parent, journal.parent.parent.parent):
        sync_folder(folder)


def _copy(journal: Path, copy: Path) -> None:
    draft = copy.with_name(f"{copy.name}.part")
    with journal.open("rb") as source, draft.open("wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(copy)
