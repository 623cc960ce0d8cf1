"""What the parent commit ignores, by its own .gitignore files; the copy's are not asked."""

from collections.abc import Mapping

from autoexp.spec.patterns import Patterns
from autoexp.workspaces.changes import LINK, Entry
from autoexp.workspaces.repository import Repository

# What interpreters leave beside the sources they run. It never belongs to a candidate, also where nothing ignores it:
# a stale or forged cache in the tree would run instead of the source that everybody reads.
_LEFTOVERS = Patterns(["__pycache__/", "*.py[cod]"])


def is_leftover(path: str) -> bool:
    """Tell whether an untracked path is an interpreter's cache; a folder's path ends with a slash."""
    return _LEFTOVERS.matches(path)


class IgnoreRules:
    """The ignore rules of one tree, read when first asked."""

    def __init__(self, repository: Repository, entries: Mapping[str, Entry]) -> None:
        self._repository = repository
        self._entries = entries
        self._specs: dict[str, Patterns | None] = {}
        self._folders: dict[str, bool] = {"": False}

    def ignores(self, path: str) -> bool:
        """Tell whether an untracked path is ignored; a folder's path ends with a slash."""
        folder = path.rstrip("/").rpartition("/")[0]
        return self._ignores_folder(folder) or self._decides(path)

    def _ignores_folder(self, folder: str) -> bool:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self.ignores(folder + "/")
        return known

    def _decides(self, path: str) -> bool:
        """The innermost file with a word about the path has the last one."""
        folder = path.rstrip("/").rpartition("/")[0]
        while True:
            spec = self._spec(folder)
            if spec is not None:
                said = spec.decides(path[len(folder) + 1 :] if folder else path)
                if said is not None:
                    return said
            if not folder:
                return False
            folder = folder.rpartition("/")[0]

    def _spec(self, folder: str) -> Patterns | None:
        if folder not in self._specs:
            self._specs[folder] = self._read(f"{folder}/.gitignore" if folder else ".gitignore")
        return self._specs[folder]

    def _read(self, path: str) -> Patterns | None:
        entry = self._entries.get(path)
        if entry is None or entry.mode == LINK:
            return None
        text = self._repository.read_blob(entry.oid).decode("utf-8", "surrogateescape")
        return Patterns(line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))
