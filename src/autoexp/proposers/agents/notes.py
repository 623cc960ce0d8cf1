"""Reading the notes that an agent keeps of its sessions. They lie where its commands can write, so no link is followed and no odd file waited for."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autoexp.proposers.agents.streams import Json, event_of

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LARGEST = 1 << 30


def notes(home: Path, folder: str, *, ending: str) -> Iterator[Json]:
    """Give the JSON objects, one a line, of the files anywhere below a folder of a HOME whose names have that ending."""
    root = home
    for step in Path(folder).parts:
        root /= step
        if root.is_symlink():
            return
    for place, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(ending):
                yield from _objects(Path(place, name))


def _objects(path: Path) -> Iterator[Json]:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        about = os.fstat(descriptor)
        if stat.S_ISREG(about.st_mode) and about.st_size <= _LARGEST:
            yield from (note for line in stream if (note := event_of(line)) is not None)
