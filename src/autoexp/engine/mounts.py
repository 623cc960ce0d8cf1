"""Which file system a folder lies on: some are shared with other machines, and keep no promise of locks and syncs."""

import re
from pathlib import Path

SHARED = re.compile(
    r"9p|afs|beegfs|ceph|cifs|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|orangefs|pvfs2|smb3?|smbfs|virtiofs|vboxsf"
    r"|fuse\.(glusterfs|rclone|s3fs|sshfs|vmhgfs-fuse)"
)
"""Types of file systems that other machines use as well."""

_OCTAL = re.compile(r"\\([0-7]{3})")


def shared_kind(folder: Path) -> str:
    """Name the type of the file system under a folder if other machines may use it as well, else nothing."""
    kind = kind_of(folder.resolve(), _mounts())
    return kind if SHARED.fullmatch(kind) else ""


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
