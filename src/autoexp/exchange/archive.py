"""A plain tar file of regular files, as `tar` reads it too: written in one pass, and read without trusting a byte of it."""

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside an archive, and where its bytes stand."""

    name: str
    offset: int
    size: int


def add(file: IO[bytes], name: str, write: "Callable[[SupportsWrite[bytes]], None]") -> tuple[int, str]:
    """Append a file whose content `write` produces, and give its size and sha256.

    Raises ValueError for a name that does not fit, and whatever `write` raises; then the archive is as it was before.
    """
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"the name {name} is longer than {LONGEST_NAME} bytes")
    start = file.tell()
    file.write(bytes(_BLOCK))
    hashed = _Hashed(file)
    try:
        write(hashed)
    except BaseException:
        file.seek(start)
        file.truncate()
        raise
    file.write(bytes(-hashed.size % _BLOCK))
    end = file.tell()
    file.seek(start)
    file.write(_head(name, hashed.size))
    file.seek(end)
    return hashed.size, hashed.digest.hexdigest()


def finish(file: IO[bytes]) -> None:
    """Write the two empty blocks that end an archive."""
    file.write(bytes(2 * _BLOCK))


def parts_of(file: IO[bytes]) -> dict[str, Part]:
    """List what an archive holds. Raises ValueError for anything in it but regular files with names of their own, whole."""
    end = file.seek(0, 2)
    found: dict[str, Part] = {}
    at = 0
    while True:
        file.seek(at)
        block = file.read(_BLOCK)
        if len(block) < _BLOCK:
            raise ValueError("it ends too early: it was cut, or it is no bundle of autoexp")
        if block == bytes(_BLOCK):
            return found
        part = _part(block, at + _BLOCK)
        if part.offset + part.size > end:
            raise ValueError(f"it ends too early: {part.name} should have {part.size} bytes")
        if part.name in found:
            raise ValueError(f"it holds {part.name} twice")
        found[part.name] = part
        at = part.offset + part.size + -part.size % _BLOCK


def chunks(file: IO[bytes], part: Part, *, digest: str) -> Iterator[bytes]:
    """Give a part's bytes. Raises ValueError at their end unless they are those of the digest."""
    sha256 = hashlib.sha256()
    file.seek(part.offset)
    left = part.size
    while left > 0:
        data = file.read(min(left, CHUNK))
        if not data:
            raise ValueError(f"it ends too early, in {part.name}")
        sha256.update(data)
        left -= len(data)
        yield data
    if sha256.hexdigest() != digest:
        raise ValueError(f"{part.name} is not what it was when the bundle was made")


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.GNU_FORMAT)


def _part(block: bytes, offset: int) -> Part:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError):
        raise ValueError("it is no bundle of autoexp, or it was changed") from None
    if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.size < 0:
        raise ValueError(f"it holds {info.name!r}, which is no regular file")
    return Part(info.name, offset, info.size)


class _Hashed:
    """Passes bytes on, counts them and hashes them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self._file.write(data)
