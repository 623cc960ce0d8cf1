"""Packing refs: thousands of small files become lines of one. A lock that a killed pack left is known as ours, and removed."""

import json
import os
from pathlib import Path

from autoexp.durable import sync_folder
from autoexp.errors import GitError
from autoexp.workspaces.git import failure
from autoexp.workspaces.locks import LockFile, explained, is_abandoned, remove, seen
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository

_USAGE = 129
_WAIT = ("-c", "core.packedRefsTimeout=2000")


class RefPack:
    """Packs the refs below a prefix. Only for the holder of the campaign's lock.

    `intent` is a file that stands while a pack runs: with it, and no git at work, an old lock on the packed refs is one of ours.
    """

    def __init__(self, repository: Repository, prefix: str, *, intent: Path) -> None:
        self._repository = repository
        self._refs = Refs(repository)
        self._prefix = prefix.rstrip("/")
        self._intent = intent
        self._lock, self._half = (repository.common_dir / f"packed-refs.{end}" for end in ("lock", "new"))

    def loose(self) -> int:
        """Count the refs that are files of their own."""
        folder = self._repository.common_dir / self._prefix
        return sum(not name.endswith(".lock") for _, _, names in os.walk(folder) for name in names)

    def pack(self) -> None:
        """Pack the refs. Raises GitError, which says why not: then they are as good as before.

        From git 2.42 on the user's refs are left alone; an older git packs them too, as its own `git gc` does.
        """
        self.clear()
        if (held := seen(self._lock)) is not None:
            raise self._in_the_way(held)
        self._begin()
        code, _, errors = self._repository.git.ask(*_WAIT, "pack-refs", "--include", f"{self._prefix}/*")
        if code == _USAGE:
            code, _, errors = self._repository.git.ask(*_WAIT, "pack-refs", "--all")
        if code >= 0:  # a git that ends by itself takes its lock along
            self._intent.unlink(missing_ok=True)
        if code != 0:
            raise explained(failure(("pack-refs",), code, errors))

    def clear(self) -> str | None:
        """Remove what a killed pack of ours left; say so when a lock was removed.

        One that is too young, or behind which a git may still stand, is left for another time: it hinders nothing but packing.
        """
        if not self._intent.exists():
            return None
        left = [found for path in (self._half, self._lock) if (found := seen(path)) is not None]
        if left and not (self._are_ours(left) and all(is_abandoned(one, self._refs.checkouts()) for one in left)):
            return None
        removed = [one.path.name for one in left if remove(one)]  # the lock last: who takes it finds nothing in the way
        self._intent.unlink(missing_ok=True)
        names = " and ".join(removed)
        return f"{names}, left by a pack of this campaign's refs that was killed, removed" if removed else None

    def _begin(self) -> None:
        """Write that a pack begins, durably: the folder, too, or a power cut could leave the lock alone."""
        with self._intent.open("w", encoding="utf-8") as file:
            json.dump({"pid": os.getpid(), "lock": str(self._lock)}, file)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._intent.parent)

    def _are_ours(self, left: list[LockFile]) -> bool:
        """Tell whether what is left is younger than the intent: it was not there when that was written."""
        written = seen(self._intent)
        return written is not None and all(one.age_s <= written.age_s + 1 for one in left)

    def _in_the_way(self, lock: LockFile) -> GitError:
        return GitError(
            f"{lock.path} has been there for {max(lock.age_s, 0.0):.0f} s: another git packs refs, or one that did was killed\n"
            f"  fix: when no git is running: rm '{lock.path}'"
        )
