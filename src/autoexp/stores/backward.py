"""Finding a record in a journal by its number, in a few steps whatever the file's length: the numbers go up."""

import mmap
import re
from pathlib import Path

from autoexp.stores.blobs import digest_of
from autoexp.stores.reading import Position

_NUMBER = re.compile(rb'\{"v":\d+,"i":(\d+),')


def place_of(path: Path, number: int) -> Position | None:
    """Give the place in front of record `number`, which may be the one that comes next; None when the file ends before.

    The chain of a journal that is read here was followed before; what is torn may stand behind it. A file that is none gives None.
    """
    if number == 0:
        return Position()
    if not path.exists() or path.stat().st_size == 0:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        before, behind = 0, text.rfind(b"\n") + 1
        while before < behind:
            start = text.rfind(b"\n", before, (before + behind) // 2) + 1 or before
            end = text.find(b"\n", start) + 1
            found = _NUMBER.match(text[start : start + 64])
            if found is None:
                behind = start
            elif int(found[1]) == number - 1:
                return Position(number, end, digest_of(text[start:end]))
            elif int(found[1]) < number - 1:
                before = end
            else:
                behind = start
    return None
