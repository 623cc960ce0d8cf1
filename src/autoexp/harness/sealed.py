"""What belongs to a harness beside its tree: fingerprints of provided and readable paths, content hashes of sealed ones."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_CHUNK = 1 << 20
_CACHES = frozenset({"__pycache__"})


def fingerprint_of(paths: Iterable[Path]) -> str:
    """Hash names, sizes, modes and times of all files below some paths. Caches of interpreters are left out.

    A folder that cannot be listed, such as lost+found, counts as empty.
    """
    digest = hashlib.sha256()
    for root in paths:
        for place, state in _files(root):
            where = f"{place}\0{state.st_mode}\0{state.st_size}\0{state.st_mtime_ns}\n"
            digest.update(where.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def content_of(paths: Iterable[Path]) -> str:
    """Hash names, modes and bytes of all files below some paths. Raises OSError for one that cannot be read."""
    digest = hashlib.sha256()
    for root in paths:
        for place, state in _files(root, failed=_raise):
            digest.update(f"{place}\0{state.st_mode}\0{state.st_size}\n".encode("utf-8", "surrogateescape"))
            if stat.S_ISREG(state.st_mode):
                with place.open("rb") as file:
                    while part := file.read(_CHUNK):
                        digest.update(part)
            elif stat.S_ISLNK(state.st_mode):
                digest.update(os.fsencode(place.readlink()))
    return digest.hexdigest()


def digest_of(folder: Path) -> str:
    """Hash the names and bytes of the files below one folder, wherever it stands; caches and missing folders are empty."""
    digest = hashlib.sha256()
    for place, _ in _files(folder) if folder.is_dir() else ():
        content = place.read_bytes() if place.is_file() else b"no file"
        digest.update(f"{place.relative_to(folder)}\0".encode("utf-8", "surrogateescape") + content + b"\0")
    return digest.hexdigest()


def _raise(error: OSError) -> None:
    raise error


def _files(root: Path, *, failed: Callable[[OSError], None] | None = None) -> Iterator[tuple[Path, os.stat_result]]:
    """Give a file, or all files and links below a folder, in order of their names."""
    state = root.stat()
    if not stat.S_ISDIR(state.st_mode):
        yield root, state
        return
    for folder, folders, files in os.walk(root, onerror=failed):
        folders[:] = sorted(set(folders) - _CACHES)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted([*files, *links]):
            place = Path(folder) / name
            yield place, place.lstat()
