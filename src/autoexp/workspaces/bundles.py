"""Git bundles: the objects of some refs in one file, and taking such a file in without trusting it.

What arrives is unpacked beside the repository's objects, looked at there, and moved over when it holds what it promises.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from autoexp.durable import sync_folder
from autoexp.errors import RepositoryError
from autoexp.workspaces.git import Git, failure, path_bytes
from autoexp.workspaces.repository import Repository

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

CHUNK = 1 << 20
LONGEST_HEADER = 1 << 26
_REF = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) (refs/[^\0-\x20\x7f~^:?*\[\\]+)")
_PREREQUISITE = re.compile(rb"-([0-9a-f]{40}|[0-9a-f]{64})(?: .*)?")
# Old mistakes of other tools in the history of honest repositories; they cannot hurt anybody.
_FORGIVEN = "zeroPaddedFilemode=ignore,missingSpaceBeforeDate=ignore,badTimezone=ignore,missingEmail=ignore"


def write_bundle(
    repository: Repository, file: "SupportsWrite[bytes]", refs: Mapping[str, str], *, without: Sequence[str] = ()
) -> None:
    """Write a bundle of refs (full name -> object) with everything reachable, but for the history of some commits.

    Raises RepositoryError when the history is not all there, GitError when git fails.
    """
    _refuse_incomplete(repository, refs, without)
    sha256 = repository.object_format != "sha1"
    lines = ["# v3 git bundle", f"@object-format={repository.object_format}"] if sha256 else ["# v2 git bundle"]
    lines += [f"-{commit} " for commit in without]
    lines += [f"{oid} {name}" for name, oid in refs.items()]
    file.write("\n".join([*lines, "", ""]).encode())
    wanted = [*dict.fromkeys(refs.values()), *(f"^{commit}" for commit in without)]
    arguments = ("pack-objects", "--revs", "--thin", "--stdout", "--delta-base-offset", "-q")
    with tempfile.TemporaryFile() as said:
        process = repository.git.start(*arguments, stdin=subprocess.PIPE, stderr=said.fileno())
        with process:
            assert process.stdin is not None  # noqa: S101
            assert process.stdout is not None  # noqa: S101
            _feed(process.stdin, [("\n".join(wanted) + "\n").encode()])
            shutil.copyfileobj(process.stdout, file, CHUNK)
        if process.returncode != 0:
            raise failure(arguments, process.returncode, _said(said))


def _refuse_incomplete(repository: Repository, refs: Mapping[str, str], without: Sequence[str]) -> None:
    shallow = repository.git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
    if shallow and not without:
        raise RepositoryError(
            "this repository is shallow: the history before its first commits is not here",
            where=str(repository.common_dir),
            fix="`git fetch --unshallow` brings it, or leave it out with --since-base",
        )
    absent = repository.absent(*dict.fromkeys(refs.values()), without=without)
    if absent:
        raise RepositoryError(
            f"this is a partial clone: {len(absent)} objects of the history are not here",
            where=str(repository.common_dir),
            fix="`git fetch --refetch --no-filter` brings them"
            + ("" if without else ", or leave it out with --since-base"),
        )


class CommitsMissingError(ValueError):
    """A bundle builds on commits that the repository does not have."""


class Arrival:
    """Objects that have arrived and lie apart: the repository sees none of them before `settle`."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self._folder = folder
        self._store = Path(os.fsdecode(repository.git.run("rev-parse", "--git-path", "objects").removesuffix(b"\n")))
        self._store = repository.common_dir / self._store
        (folder / "pack").mkdir(parents=True)
        variables = {
            "GIT_OBJECT_DIRECTORY": str(folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": '"' + str(self._store).replace("\\", "\\\\").replace('"', '\\"') + '"',
        }
        self._git = Git(repository.common_dir, git_dir=repository.git_dir, variables=variables)
        self._format = repository.object_format

    def take(self, chunks: Iterator[bytes], *, limit: int) -> dict[str, str]:
        """Unpack a bundle and give its refs. Raises ValueError for one that is not sound, CommitsMissingError for one that needs what is not here."""
        header, rest = _header(chunks)
        needed, refs = _read_header(header, self._format)
        if missing := self.missing(needed):
            raise CommitsMissingError(f"it needs commits that this repository does not have: {', '.join(missing)}")
        arguments = ("index-pack", "--stdin", "--fix-thin", f"--strict={_FORGIVEN}", f"--max-input-size={limit}")
        with tempfile.TemporaryFile() as said:
            process = self._git.start(*arguments, stdin=subprocess.PIPE, stderr=said.fileno())
            with process:
                assert process.stdin is not None  # noqa: S101
                assert process.stdout is not None  # noqa: S101
                _feed(process.stdin, rest)
                process.stdout.read()
            if process.returncode != 0:
                words = _said(said).decode("utf-8", "replace").strip()
                raise ValueError(f"git does not take its objects: {words}")
        self._refuse_gaps(refs)
        return refs

    def _refuse_gaps(self, refs: Mapping[str, str]) -> None:
        """Make sure that everything that the refs reach is here or in the repository."""
        wanted = "".join(f"{oid}\n" for oid in dict.fromkeys(refs.values())).encode()
        asked = ("rev-list", "--objects", "--quiet", "--stdin", "--not", "--all")
        code, _, errors = self._git.ask(*asked, stdin=wanted)
        if code != 0:
            raise ValueError(f"objects are missing in it: {errors.decode('utf-8', 'replace').strip()}")

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Give those ids for which no object is here."""
        return [oid for oid, kind in kinds(self._git, oids).items() if kind is None]

    def kinds(self, oids: Iterable[str]) -> dict[str, str | None]:
        """Give the kind of each object, None for one that is nowhere."""
        return kinds(self._git, oids)

    def settle(self) -> None:
        """Move the objects to where the repository finds them, synced. Safe to do again."""
        target = self._store / "pack"
        target.mkdir(exist_ok=True)
        for ending in (".pack", ".rev", ".idx"):  # git reads a pack when its index is there
            for path in sorted((self._folder / "pack").glob(f"pack-*{ending}")):
                if not (target / path.name).exists():
                    path.replace(target / path.name)
        sync_folder(target)


def unsynced(repository: Repository) -> Repository:
    """Give the repository with a git that leaves it to the caller to make refs durable: thousands of syncs take minutes."""
    same = Repository(
        git_dir=repository.git_dir,
        common_dir=repository.common_dir,
        root=repository.root,
        object_format=repository.object_format,
    )
    same.git = Git(repository.common_dir, git_dir=repository.git_dir, settings={"core.fsync": "none"})
    return same


def kinds(git: Git, oids: Iterable[str]) -> dict[str, str | None]:
    """Give the kind of each object, named by its id or as `commit:path`, None for one that is not there; one process for all."""
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return {}
    output = git.run(
        "cat-file", "--batch-check=%(objecttype)", stdin=b"".join(path_bytes(oid) + b"\n" for oid in wanted)
    )
    answers = output.split(b"\n")[:-1]
    return {oid: None if b" " in said else said.decode() for oid, said in zip(wanted, answers, strict=True)}


def _header(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Split a bundle at the empty line that ends its header."""
    head = b""
    for chunk in chunks:
        head += chunk
        end = head.find(b"\n\n")
        if end >= 0:
            return head[:end], _chained(head[end + 2 :], chunks)
        if len(head) > LONGEST_HEADER:
            break
    raise ValueError("it is no git bundle: its header does not end")


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _read_header(header: bytes, object_format: str) -> tuple[list[str], dict[str, str]]:
    """Give the commits that a bundle needs, and its refs."""
    first, *lines = header.split(b"\n")
    if first not in {b"# v2 git bundle", b"# v3 git bundle"}:
        raise ValueError("it is no git bundle")
    found = "sha1"
    needed: list[str] = []
    refs: dict[str, str] = {}
    for line in lines:
        if first.startswith(b"# v3") and line.startswith(b"@"):
            if not line.startswith(b"@object-format="):
                raise ValueError(f"it asks for {line.decode('utf-8', 'replace')}, which is not known")
            found = line.partition(b"=")[2].decode("ascii", "replace")
        elif match := _PREREQUISITE.fullmatch(line):
            needed.append(match[1].decode())
        elif match := _REF.fullmatch(line):
            refs[match[2].decode("utf-8", "surrogateescape")] = match[1].decode()
        else:
            raise ValueError(f"its header has a line that is no ref: {line[:80].decode('utf-8', 'replace')!r}")
    if found != object_format:
        raise ValueError(f"its objects are of the format {found}, those of this repository of {object_format}")
    return needed, refs


def _feed(pipe: IO[bytes], chunks: Iterable[bytes]) -> None:
    """Write everything and close; what a process does not want to read is told by its exit code."""
    with suppress(BrokenPipeError):
        for chunk in chunks:
            pipe.write(chunk)
    with suppress(BrokenPipeError):
        pipe.close()


def _said(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(1 << 16)
