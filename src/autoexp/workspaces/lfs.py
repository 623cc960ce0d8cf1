"""Files that Git LFS keeps: a commit holds a pointer to each, and the content lies in a store beside the repository."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces.changes import EXECUTABLE, PLAIN, Entry
from autoexp.workspaces.git import Git, path_bytes, path_text
from autoexp.workspaces.repository import Repository

_LONGEST = 1024
"""A pointer is shorter than this many bytes, by its format."""
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,18})\n?")
_ATTRIBUTES = ".gitattributes"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer says of the content: its sha256, and how many bytes it has."""

    digest: str
    size: int


def parse_pointer(data: bytes) -> Pointer | None:
    """Read a pointer; None for bytes that are none, or that ask for an extension."""
    found = _POINTER.fullmatch(data) if len(data) < _LONGEST else None
    return Pointer(found[1].decode(), int(found[2])) if found else None


def pointers(repository: Repository, entries: Mapping[str, Entry]) -> dict[str, Pointer]:
    """Give the files of a tree that its attributes leave to Git LFS, and that are pointers in it."""
    files = {path: entry.oid for path, entry in entries.items() if entry.mode in {PLAIN, EXECUTABLE}}
    attributes = {path: oid for path, oid in files.items() if path.rpartition("/")[2] == _ATTRIBUTES}
    here = repository.common_dir / "info/attributes"
    texts = [repository.read_blob(oid) for oid in attributes.values()]
    if here.is_file():
        texts.append(here.read_bytes())
    if not any(b"lfs" in text for text in texts):
        return {}
    left = _left_to_lfs(repository, files, attributes)
    sizes = _sizes(repository.git, {files[path] for path in left})
    found: dict[str, Pointer] = {}
    for path in left:
        if sizes[files[path]] < _LONGEST and (pointer := parse_pointer(repository.read_blob(files[path]))):
            found[path] = pointer
    return found


def _left_to_lfs(repository: Repository, paths: Iterable[str], attributes: Mapping[str, str]) -> list[str]:
    """Ask git which paths have the attribute filter=lfs, by the attribute files of a tree alone."""
    with tempfile.TemporaryDirectory(prefix="autoexp-attributes-") as folder:
        variables = {**repository.stores, "GIT_INDEX_FILE": os.path.join(folder, "index")}  # noqa: PTH118
        git = Git(repository.common_dir, git_dir=repository.git_dir, variables=variables)
        lines = [f"{PLAIN} {oid}\t".encode() + path_bytes(path) + b"\0" for path, oid in attributes.items()]
        git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
        asked = b"".join(path_bytes(path) + b"\0" for path in paths)
        said = path_text(git.run("check-attr", "-z", "--cached", "--stdin", "filter", stdin=asked)).split("\0")
    return [path for path, value in zip(said[::3], said[2::3], strict=False) if value == "lfs"]


def _sizes(git: Git, oids: Iterable[str]) -> dict[str, int]:
    wanted = sorted(oids)
    asked = "".join(f"{oid}\n" for oid in wanted).encode()
    said = git.run("cat-file", "--batch-check=%(objectsize)", stdin=asked).decode("utf-8", "replace").splitlines()
    return {oid: int(size) if size.isdigit() else _LONGEST for oid, size in zip(wanted, said, strict=True)}


def storage(git_dir: Path) -> Path:
    """Give the folder where Git LFS keeps the content of a repository: lfs.storage of its settings, else `lfs` beside the objects."""
    git = Git(git_dir, git_dir=git_dir, users_settings="honoured")
    try:
        code, output, _ = git.ask("config", "--type=path", "--get", "lfs.storage")
    except GitError:
        code, output = 1, b""
    chosen = path_text(output).strip() if code == 0 else ""
    return git_dir / (chosen or "lfs")


def kept_in(storage: Path, pointer: Pointer) -> Path:
    """Give the place of a pointer's content in a store of Git LFS."""
    return storage / "objects" / pointer.digest[:2] / pointer.digest[2:4] / pointer.digest


def holds(path: Path, pointer: Pointer) -> bool:
    """Tell whether a file has exactly the content that a pointer names; every byte is read."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != pointer.size:
                return False
            digest = hashlib.sha256()
            while part := file.read(_CHUNK):
                digest.update(part)
    except OSError:
        return False
    return digest.hexdigest() == pointer.digest
