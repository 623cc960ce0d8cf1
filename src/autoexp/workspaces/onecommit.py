"""The throw-away repository inside a proposer's copy: one commit, own objects, no history, no remote.

Its objects come from packs that are made once per parent: one for a base commit, and a small one for what differs.
"""

import os
import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces import objects
from autoexp.workspaces.changes import GITLINK
from autoexp.workspaces.filesystem import change_clock_ns, is_real_folder, look, open_up
from autoexp.workspaces.git import Git, own_store, path_bytes
from autoexp.workspaces.layout import GRAIN_NS
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.statindex import RAW_ATTRIBUTES, plain_config
from autoexp.workspaces.trash import Trash

_MANY_DIFFERENCES = 256
_IDENTITY = "[user]\n\tname = autoexp\n\temail = autoexp@localhost\n[gc]\n\tauto = 0\n[core]\n\tautocrlf = false\n"

Signature = tuple[int, int, int, int]


class OneCommit:
    """Makes the same small repository again and again."""

    def __init__(self, repository: Repository, folder: Path, trash: Trash) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._repository = repository
        self._folder = folder
        self._trash = trash
        # Git makes a pack inside its own store and then renames it: its store is here, for the user's may lie on another disk.
        (folder / "store").mkdir(exist_ok=True)
        stores = own_store(repository.common_dir, folder / "store")
        self._git = Git(folder, git_dir=repository.git_dir, variables=stores, settings={"core.fsync": "none"})
        self._base: str | None = None
        self._commit: str | None = None
        self._base_pack: Path | None = None
        self._extra_pack: Path | None = None
        # Files of the base pack in the copy, with their states, once these are old enough to be believed.
        self._believed: dict[str, Signature] = {}

    def install(self, copy: Path, commit: str, index: Path, submodules: Mapping[str, str]) -> None:
        """Put the repository into a copy, in place of whatever is called .git there."""
        self._prepare(commit)
        target = copy / ".git"
        new = self._folder / "new"
        self._trash.take(str(new))
        packs = new / "objects" / "pack"
        for folder in (new / "refs" / "heads", new / "objects", new / "info"):
            folder.mkdir(parents=True)
        self._salvage_packs(target, packs)
        self._trash.take(str(target))
        self._copy_packs(packs)
        self._write_files(new, commit, index)
        if submodules:
            self._add_to_index(new, copy, submodules)
        new.rename(target)
        self._trash.empty()
        self._remember_packs(target / "objects" / "pack")

    def _prepare(self, commit: str) -> None:
        if commit == self._commit:
            return
        differing: list[str] | None = None
        if self._base is not None:
            with suppress(GitError):  # the base may be gone for good
                differing = self._differing(self._base, commit)
        if differing is None or len(differing) > _MANY_DIFFERENCES:
            self._trash.take(str(self._folder / "packs"))
            self._believed = {}
            self._base_pack = self._pack("base", self._all_objects(commit))
            self._base, differing = commit, []
        elif self._extra_pack is not None:
            for file in _files_of(self._extra_pack):
                file.unlink()
        self._extra_pack = self._pack("extra", differing) if differing else None
        self._commit = commit

    def _pack(self, name: str, oids: list[str]) -> Path | None:
        (self._folder / "packs").mkdir(exist_ok=True)
        prefix = self._folder / "packs" / f"pack-{name}"
        arguments = ("pack-objects", "-q", "--window=0", "--delta-base-offset", str(prefix))
        printed = self._git.run(*arguments, stdin="\n".join(oids).encode() + b"\n")
        return prefix.with_name(f"{prefix.name}-{printed.decode().strip()}.pack")

    def _all_objects(self, commit: str) -> list[str]:
        output = self._git.run("ls-tree", "-r", "-t", "-z", "--full-tree", commit)
        meanings = (line.split(b"\t", 1)[0].split() for line in output.split(b"\0")[:-1])
        found = {oid.decode() for mode, _, oid in meanings if mode != GITLINK.encode()}
        return [self._repository.tree_of(commit), *sorted(found)]

    def _differing(self, base: str, commit: str) -> list[str]:
        output = self._git.run("diff-tree", "-r", "-t", "-z", "--raw", "--no-renames", "--no-abbrev", base, commit)
        found = {self._repository.tree_of(commit)}
        for meaning in output.split(b"\0")[:-1:2]:
            _, mode, _, oid, kind = meaning.decode().split(" ")
            if kind != "D" and mode != GITLINK:
                found.add(oid)
        return sorted(found)

    def _salvage_packs(self, old: Path, packs: Path) -> None:
        """Keep the big pack where nobody wrote to it: copying it is what would cost most."""
        found = old / "objects" / "pack"
        believed, self._believed = self._believed, {}
        for place in (old, found.parent, found):
            if not believed or not is_real_folder(place):
                packs.mkdir()
                return
            open_up(str(place))
        for item in list(found.iterdir()):
            if believed.get(item.name) != _signature(item):
                self._trash.take(str(item))
            else:
                self._believed[item.name] = believed[item.name]
        found.rename(packs)

    def _copy_packs(self, packs: Path) -> None:
        for pack in (self._base_pack, self._extra_pack):
            for file in _files_of(pack):
                if file.name not in self._believed:
                    shutil.copyfile(file, packs / file.name)

    def _write_files(self, new: Path, commit: str, index: Path) -> None:
        (new / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
        (new / "config").write_text(plain_config(self._repository.object_format) + _IDENTITY, encoding="ascii")
        (new / "info" / "attributes").write_text(RAW_ATTRIBUTES, encoding="ascii")
        tree = self._repository.tree_of(commit)
        data = objects.write_commit(tree, [], "The tree to improve", 0)
        oid = self._repository.object_id("commit", data)
        loose = new / "objects" / oid[:2] / oid[2:]
        loose.parent.mkdir()
        loose.write_bytes(zlib.compress(f"commit {len(data)}\0".encode() + data))
        (new / "refs" / "heads" / "main").write_text(oid + "\n", encoding="ascii")
        shutil.copyfile(index, new / "index")

    def _add_to_index(self, new: Path, copy: Path, submodules: Mapping[str, str]) -> None:
        """The engine's own index leaves submodules out; here they belong, or git would call them deleted."""
        git = Git(self._folder, git_dir=new, variables={"GIT_WORK_TREE": str(copy)}, settings={"core.fsync": "none"})
        lines = [f"{GITLINK} {oid}\t".encode() + path_bytes(path) + b"\0" for path, oid in submodules.items()]
        git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))

    def _remember_packs(self, packs: Path) -> None:
        now_ns = change_clock_ns(self._folder)
        for file in _files_of(self._base_pack):
            state = (packs / file.name).lstat()
            if now_ns - state.st_ctime_ns > GRAIN_NS:
                self._believed[file.name] = _signature(packs / file.name) or (0, 0, 0, 0)
            else:
                self._believed.pop(file.name, None)


def _files_of(pack: Path | None) -> list[Path]:
    return [] if pack is None else [pack, pack.with_suffix(".idx")]


def _signature(path: Path) -> Signature | None:
    state = look(os.fspath(path))
    return None if state is None else (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
