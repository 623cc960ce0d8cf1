"""Room for the record and for the disposable trees, and whether their file systems keep what they promise."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoexp.engine.cache import cache_home
from autoexp.engine.doctor.finding import Finding

LEAST_FREE = 10**9
SHARED = re.compile(
    r"9p|afs|beegfs|ceph|cifs|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|orangefs|pvfs2|smb3?|smbfs|virtiofs|vboxsf"
    r"|fuse\.(glusterfs|rclone|s3fs|sshfs|vmhgfs-fuse)"
)
"""Types of file systems that other machines use as well."""

_OCTAL = re.compile(r"\\([0-7]{3})")


def findings(common_dir: Path | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the disk of the git directory and of the folder for disposable trees."""
    if common_dir is not None:
        yield from _place("the git directory", common_dir)
    yield from _place("the folder for disposable trees", cache_home(environ))


def _place(name: str, folder: Path) -> Iterator[Finding]:
    there = existing(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        hint = "set AUTOEXP_CACHE_DIR to a folder that you can write" if "trees" in name else ""
        do = hint or f"get the right to write {there}"
        yield Finding("disk", "problem", f"{name}, {folder}, cannot be written", do=do)
        return
    try:
        free = os.statvfs(there)
    except OSError as error:
        yield Finding("disk", "warning", f"{name}, {folder}: {error.strerror}")
        return
    room = free.f_bavail * free.f_frsize
    words = f"{name}, {folder}, has {in_words(room)} free"
    if room < LEAST_FREE:
        yield Finding("disk", "warning", words, do="make room: records and trees need some; 1 GB is little")
    else:
        yield Finding("disk", "ok", words)
    kind = kind_of(there.resolve(), _mounts())
    if SHARED.fullmatch(kind):
        do = "use a local disk" + (": set AUTOEXP_CACHE_DIR" if "trees" in name else ", for example clone to one")
        yield Finding(
            "disk", "warning", f"{name} lies on {kind}: locks and synced writes there cannot be trusted", do=do
        )


def existing(folder: Path) -> Path:
    """Give the folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def in_words(size: float) -> str:
    """Give a number of bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= LEAST_FREE else f"{size / 1e6:.0f} MB"


def kind_of(path: Path, mounts: str) -> str:
    """Name the type of the file system that holds a path, from the text of /proc/mounts; empty when it is not told."""
    found = ("", -1)
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2 and path.is_relative_to(place := _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[1])):  # noqa: PLR2004
            found = (
                (fields[2], len(place)) if len(place) >= found[1] else found
            )  # of two mounts at a place the later one
    return found[0]


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
