"""Git's object formats, in memory: ids, trees, commits, and the pack in which new objects reach a store."""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoexp.workspaces.changes import Change, Entry
from autoexp.workspaces.git import path_bytes

_PACK_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_IDENTITY = "autoexp <autoexp@localhost>"
_TREE_MODE = "40000"

TreeEntries = dict[bytes, Entry]


@dataclass(frozen=True, slots=True)
class Loose:
    """An object that is not stored yet."""

    kind: str
    data: bytes


def object_id(kind: str, data: bytes, object_format: str) -> str:
    """Return the id that git gives to this content."""
    digest = hashlib.new(object_format, f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def read_tree(data: bytes, object_format: str) -> TreeEntries:
    """Read a tree object: name -> mode and id."""
    width = hashlib.new(object_format, usedforsecurity=False).digest_size
    entries: TreeEntries = {}
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        oid = data[end + 1 : end + 1 + width]
        entries[data[space + 1 : end]] = Entry(data[at:space].decode(), oid.hex())
        at = end + 1 + width
    return entries


def write_tree(entries: TreeEntries) -> bytes:
    """Write a tree object in git's order, where a folder sorts as if its name ended with a slash."""

    def order(item: tuple[bytes, Entry]) -> bytes:
        return item[0] + b"/" if item[1].mode == _TREE_MODE else item[0]

    parts = [
        entry.mode.lstrip("0").encode() + b" " + name + b"\0" + bytes.fromhex(entry.oid)
        for name, entry in sorted(entries.items(), key=order)
    ]
    return b"".join(parts)


def is_folder(entry: Entry) -> bool:
    """Tell whether an entry is a tree."""
    return entry.mode == _TREE_MODE


def folder(oid: str) -> Entry:
    """Give the entry of a tree."""
    return Entry(_TREE_MODE, oid)


def by_first_name(changes: Iterable[Change]) -> dict[bytes, list[tuple[bytes, Entry | None]]]:
    """Group changes by the first name of their path; the rest of the path is empty for a file right here."""
    return nested((path_bytes(change.path), change.new) for change in changes)


def nested(items: Iterable[tuple[bytes, Entry | None]]) -> dict[bytes, list[tuple[bytes, Entry | None]]]:
    """Group paths by their first name; raises ValueError for a name that no tree may hold."""
    groups: dict[bytes, list[tuple[bytes, Entry | None]]] = {}
    for path, new in items:
        name, _, rest = path.partition(b"/")
        if forbidden(name):
            raise ValueError(f"{path!r} cannot stand in a tree")
        groups.setdefault(name, []).append((rest, new))
    return groups


_GITLIKE = re.compile(rb"(?i)\.git|git~1")


def forbidden(name: bytes) -> bool:
    """Tell whether git refuses this name: it would be taken for a repository, or leads elsewhere."""
    return name in (b"", b".", b"..") or _GITLIKE.fullmatch(name.rstrip(b". ")) is not None


def write_commit(tree: str, parents: Sequence[str], message: str, when: int) -> bytes:
    """Write a commit object by autoexp at `when`, seconds of the epoch in UTC; git knows no time before it."""
    when = max(when, 0)
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_IDENTITY} {when} +0000", f"committer {_IDENTITY} {when} +0000", ""]
    text = message.replace("\0", " ").rstrip("\n")
    return ("\n".join(lines) + f"\n{text}\n").encode("utf-8", "replace")


def write_pack(objects: Sequence[Loose], object_format: str) -> bytes:
    """Write a pack without deltas, the form in which `git unpack-objects` takes many objects at once."""
    parts = [b"PACK" + struct.pack(">II", 2, len(objects))]
    for item in objects:
        parts += (_pack_header(_PACK_KINDS[item.kind], len(item.data)), zlib.compress(item.data, 1))
    body = b"".join(parts)
    return body + hashlib.new(object_format, body, usedforsecurity=False).digest()


def _pack_header(kind: int, size: int) -> bytes:
    first = (kind << 4) | (size & 15)
    size >>= 4
    header = bytearray()
    while size:
        header.append(first | 0x80)
        first = size & 0x7F
        size >>= 7
    header.append(first)
    return bytes(header)
