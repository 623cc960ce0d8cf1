"""The user's repository: read everything, add objects, and never touch checkout, index or HEAD."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from autoexp.errors import GitError, RepositoryError
from autoexp.workspaces import differing, objects
from autoexp.workspaces.changes import GITLINK, Change, Entry
from autoexp.workspaces.discovery import located, refuse_old_git
from autoexp.workspaces.git import Git, failure, path_text, stores_in
from autoexp.workspaces.objects import Loose
from autoexp.workspaces.reader import ObjectReader

_KEPT = 1 << 24
"""Objects of more bytes are not remembered after they are written."""
_TRIES = 3
"""A gc of the user's removes empty folders of objects: the one that git has just made to write in may be gone again."""


class Repository:
    """A git repository, opened from any folder inside it."""

    def __init__(self, *, git_dir: Path, common_dir: Path, root: Path | None, object_format: str) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.root = root
        self.object_format = object_format
        self.folders: tuple[Path, ...] = (common_dir / "objects",)
        self.stores = stores_in(self.folders)
        self.git = Git(common_dir, git_dir=git_dir)
        self._reader = ObjectReader(self.git)
        self._fresh: list[dict[str, Loose]] = [{}, {}]
        self._fresh_elsewhere: tuple[list[dict[str, Loose]], ...] = ()

    @classmethod
    def open(cls, path: Path) -> "Repository":
        """Find the repository of a folder; RepositoryError when there is none or git cannot serve."""
        if not path.is_dir():
            raise RepositoryError(f"{path} is not a folder", fix="name a folder inside a git repository")
        # The user's own settings hold here only: git asks them whether a foreign owner is trusted.
        git = Git(path, users_settings="honoured")
        refuse_old_git(git)
        common_dir = located(git, path, "--git-common-dir")
        bare = git.run("rev-parse", "--is-inside-work-tree").strip() != b"true"
        return cls(
            git_dir=located(git, path, "--git-dir"),
            common_dir=common_dir,
            root=None if bare else located(git, path, "--show-toplevel"),
            object_format=git.run("rev-parse", "--show-object-format").decode().strip(),
        )

    def beside(self, folder: Path, *, also: Sequence[Path] = ()) -> "Repository":
        """Give the same repository with a store of its own in `folder` for new objects: nothing is added to the user's.

        Objects are read from other folders `also`. What is written here and lost to a gc is known there, but not the other way round.
        """
        folder.mkdir(parents=True, exist_ok=True)
        other = Repository(
            git_dir=self.git_dir, common_dir=self.common_dir, root=self.root, object_format=self.object_format
        )
        other.folders = (folder, *self.folders, *also)
        other.stores = stores_in(other.folders)
        other.git = Git(self.common_dir, git_dir=self.git_dir, variables=other.stores)
        if self.git.marker:
            other.git.carry(self.git.marker)
        other._reader = ObjectReader(other.git)
        other._fresh_elsewhere = (*self._fresh_elsewhere, self._fresh)
        return other

    def close(self) -> None:
        """End the helper process; the repository can be used again afterwards."""
        self._reader.close()

    def head(self) -> str:
        """Return the commit of HEAD; RepositoryError when nothing is committed yet."""
        commit = self.resolve("HEAD")
        if commit is None:
            raise RepositoryError(
                "the repository has no commit yet",
                where=str(self.root or self.common_dir),
                fix="commit the files to start from: git add -A && git commit",
            )
        return commit

    def resolve(self, name: str) -> str | None:
        """Return the id of the object a name stands for (a tag's target, not the tag), None when there is none."""
        peeled = name if ":" in name else name + "^{}"
        code, output, _ = self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", peeled)
        return output.decode().strip() if code == 0 else None

    def dirty(self, matcher: Callable[[str], bool] | None = None) -> list[str]:
        """List tracked paths of the user's checkout that differ from HEAD, sorted; writes nothing."""
        paths = differing.paths(self.root, self.git_dir) if self.root else []
        return [path for path in paths if matcher is None or matcher(path)]

    def ignored(self) -> list[str]:
        """List what git ignores in the user's checkout, sorted; a folder that holds nothing else is one entry, without its slash."""
        return differing.ignored(self.root, self.git_dir) if self.root else []

    def untracked(self) -> list[str]:
        """List the files of the user's checkout that are neither tracked nor ignored, sorted."""
        return differing.untracked(self.root, self.git_dir) if self.root else []

    def read_blob(self, name: str) -> bytes:
        """Return the bytes of a blob, named by its id or as `commit:path`."""
        _, kind, data = self._reader.read(name)
        if kind != "blob":
            raise GitError(f"{name} is a {kind}, not a blob")
        return data

    def write_blob(self, data: bytes) -> str:
        """Store bytes as a blob, synced, and return its id."""
        return self.write_blobs([data])[0]

    def write_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Store many blobs with one git process, synced, and return their ids in order."""
        self._store([Loose("blob", data) for data in contents])
        return [self.object_id("blob", data) for data in contents]

    def object_id(self, kind: str, data: bytes) -> str:
        """Return the id that content has in this repository."""
        return objects.object_id(kind, data, self.object_format)

    def tree_of(self, commit: str) -> str:
        """Return the id of a commit's tree."""
        return self._reader.read(commit + "^{tree}")[0]

    def paths(self, commit: str) -> list[str]:
        """List all paths of a tree."""
        output = self._asked("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit)
        return path_text(output).split("\0")[:-1]

    def entries(self, commit: str) -> dict[str, Entry]:
        """Return every path of a tree with its content."""
        output = self._asked("ls-tree", "-r", "-z", "--full-tree", commit)
        entries: dict[str, Entry] = {}
        for line in path_text(output).split("\0")[:-1]:
            meaning, path = line.split("\t", 1)
            mode, _, oid = meaning.split(" ")
            entries[path] = Entry(mode, oid)
        return entries

    def absent(self, *names: str, without: Sequence[str] = ()) -> list[str]:
        """List the objects that some others reach, `without` the history of commits, and that are not here; nothing is fetched.

        Only a partial clone may lack some: elsewhere git is taken at its word. Raises GitError for a name of nothing.
        """
        if not self._promises():
            return []
        names = (*names, *(f"^{commit}" for commit in without))
        output = self._asked("rev-list", "--objects", "--missing=print", *names)
        return [line[1:].decode() for line in output.splitlines() if line.startswith(b"?")]

    def _promises(self) -> bool:
        """Tell whether some pack came from a remote that promised to send the rest when it is asked for."""
        return any(next(folder.glob("pack/*.promisor"), None) is not None for folder in self.folders)

    def changed(self, a: str, b: str) -> list[Change]:
        """List the paths that differ between two commits or trees."""
        output = self._asked("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", a, b)
        fields = path_text(output).split("\0")[:-1]
        return [_change(meaning, path) for meaning, path in zip(fields[::2], fields[1::2], strict=True)]

    def commit(self, parent: str, changes: Sequence[Change], message: str, *, when: int) -> str:
        """Store a commit: the parent's tree with the changes in it; only trees on their paths are new."""
        return self._committed(parent, changes, lambda tree: objects.write_commit(tree, [parent], message, when))

    def without(self, commit: str, paths: Sequence[str]) -> str:
        """Store a commit without parents and date: the tree of another one, but for some paths."""
        return self.apart(commit, [Change(path, None, None) for path in paths], "What is not hidden")

    def apart(self, commit: str, changes: Sequence[Change], message: str) -> str:
        """Store a commit without parents and date: the tree of another one with changes in it, which may be whole folders."""
        return self._committed(commit, changes, lambda tree: objects.write_commit(tree, [], message, 0))

    def tree_with(self, commit: str, changes: Sequence[Change]) -> str:
        """Store the tree of a commit with changes in it, and give its id."""
        tree, new = self._tree_with(commit, changes)
        self._store(new)
        return tree

    def _committed(self, commit: str, changes: Sequence[Change], write: Callable[[str], bytes]) -> str:
        tree, new = self._tree_with(commit, changes)
        made = Loose("commit", write(tree))
        self._store([*new, made])
        return self.object_id("commit", made.data)

    def _tree_with(self, commit: str, changes: Sequence[Change]) -> tuple[str, list[Loose]]:
        if not changes:
            return self.tree_of(commit), []
        new: list[Loose] = []
        tree = self._edited(self.tree_of(commit), objects.by_first_name(changes), new)
        if tree is None:
            new.append(Loose("tree", b""))
            tree = self.object_id("tree", b"")
        return tree, new

    def diff(self, a: str, b: str) -> str:
        """Return the unified diff from a to b."""
        output = self._asked("diff-tree", "-r", "-p", "--no-ext-diff", "--no-textconv", "--no-color", a, b)
        return output.decode("utf-8", "surrogateescape")

    def text_diff(self, a: str, b: str) -> str:
        """Return the unified diff from a to b in which every file is text, whatever is in it and whatever attributes say."""
        output = self._asked("diff-tree", "-r", "-p", "--text", "--no-ext-diff", "--no-textconv", "--no-color", a, b)
        return output.decode("utf-8", "surrogateescape")

    def changed_lines(self, a: str, b: str) -> tuple[int, int]:
        """Count the lines added and the lines removed from a to b; a binary file has none."""
        output = self._asked("diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-textconv", a, b)
        counts = re.findall(rb"(?:\A|\0)(\d+)\t(\d+)\t", output)
        return sum(int(added) for added, _ in counts), sum(int(removed) for _, removed in counts)

    def _edited(
        self, tree: str | None, groups: dict[bytes, list[tuple[bytes, Entry | None]]], new: list[Loose]
    ) -> str | None:
        entries = {} if tree is None else objects.read_tree(self._reader.read(tree)[2], self.object_format)
        for name, items in groups.items():
            here = [entry for rest, entry in items if not rest]
            below = [(rest, entry) for rest, entry in items if rest]
            was = entries.get(name)
            if here:
                entries.pop(name, None)
                if here[-1] is not None:
                    entries[name] = here[-1]
            if below and (not here or here[-1] is None):
                inner = was.oid if was is not None and objects.is_folder(was) else None
                oid = self._edited(inner, objects.nested(below), new)
                entries.pop(name, None)
                if oid is not None:
                    entries[name] = objects.folder(oid)
        if not entries:
            return None
        data = objects.write_tree(entries)
        new.append(Loose("tree", data))
        return self.object_id("tree", data)

    def store_lost(self) -> int:
        """Store again what was written lately (see `forget_older`) and is gone; give the number of objects.

        A `git gc --prune=now` of the user's removes what no ref named when it began, also when one does now.
        """
        fresh = {
            oid: item for part in (*self._fresh_elsewhere, self._fresh) for some in part for oid, item in some.items()
        }
        lost = [oid for oid in fresh if not self._holds(oid)]
        self._store([fresh[oid] for oid in lost])
        return len(lost)

    def forget_older(self) -> None:
        """Remember no longer what was written before the last call."""
        self._fresh[:] = [self._fresh[1], {}]

    def _asked(self, *arguments: str) -> bytes:
        """Ask git about objects. What a gc of the user's has removed since it was written is stored again, and git asked once more."""
        for _ in range(_TRIES):
            code, output, errors = self.git.ask(*arguments)
            if code == 0:
                return output
            if not self.store_lost():
                break
        raise failure(arguments, code, errors)

    def _holds(self, oid: str) -> bool:
        try:
            self._reader.read(oid)
        except GitError:
            return False
        return True

    def _store(self, items: Sequence[Loose]) -> None:
        if not items:
            return
        pack = objects.write_pack(items, self.object_format)
        for _ in range(_TRIES):
            code, _, errors = self.git.ask("unpack-objects", "-q", stdin=pack)
            if code == 0:
                break
        else:
            raise failure(("unpack-objects",), code, errors)
        self._fresh[1] |= {self.object_id(item.kind, item.data): item for item in items if len(item.data) <= _KEPT}


def _change(meaning: str, path: str) -> Change:
    old_mode, new_mode, old_oid, new_oid, _ = meaning[1:].split(" ")
    old = None if old_mode == "000000" else Entry(old_mode, old_oid)
    new = None if new_mode == "000000" else Entry(new_mode, new_oid)
    return Change(path, old, new)


def is_gitlink(entry: Entry | None) -> bool:
    """Tell whether a path stands for a submodule."""
    return entry is not None and entry.mode == GITLINK
