"""Lock files of git in the user's repository: who may be behind one, and which of them are certainly nobody's any more."""

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import GitError

STALE_S = 60.0
"""No git holds a lock on refs for so long without a process that can be seen."""
_HELD_S = 0.2
"""How long a lock on one ref may be held by a git that tidies up."""
_REFUSED = re.compile(r"(?i)unable to create (?:file )?'?(?P<path>[^\n]+\.(?:lock|new))'?: File exists")


@dataclass(frozen=True, slots=True)
class LockFile:
    """A lock file as it was seen: another one under the same name is another lock."""

    path: Path
    inode: int
    age_s: float


def seen(path: Path) -> LockFile | None:
    """Look at a lock file; None when there is none."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return LockFile(path, state.st_ino, time.time() - state.st_mtime)  # noqa: TID251  the age of a file


def is_abandoned(lock: LockFile, places: Iterable[Path]) -> bool:
    """Tell whether a lock is old and no git that can be seen works in these folders. Where processes cannot be seen, it is not."""
    return lock.age_s > STALE_S and gits_in(places) == ()


def remove(lock: LockFile) -> bool:
    """Remove a lock file if it is still the one that was seen; tell whether it is gone by this."""
    with suppress(OSError):
        if lock.path.lstat().st_ino == lock.inode:
            lock.path.unlink()
            return True
    return False


def remove_below(folder: Path) -> tuple[Path, ...]:
    """Remove the lock files below a folder of refs that nobody but their one engine moves, and give their paths.

    A git of the user's that packs refs holds the lock of each for an instant: only what stays is stale.
    """
    found = [lock for path in sorted(folder.rglob("*.lock")) if (lock := seen(path)) is not None]
    if any(lock.age_s < STALE_S for lock in found):
        time.sleep(_HELD_S)
    return tuple(lock.path for lock in found if lock.path.is_file() and remove(lock))


def gits_in(places: Iterable[Path]) -> tuple[int, ...] | None:
    """Give the processes of git that work in some folders, or may; children of this process are left out. None: the system does not tell."""
    if not Path("/proc/self/stat").exists():
        return None
    starts = tuple(os.path.realpath(place) for place in places)
    return tuple(
        int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_git(entry) and _works_in(entry, starts)
    )


def _is_git(entry: Path) -> bool:
    try:
        name, _, rest = (entry / "stat").read_text(encoding="utf-8", errors="replace").partition("(")[2].rpartition(")")
    except OSError:
        return False
    state, parent = rest.split()[:2]
    return name.startswith("git") and state not in "ZX" and int(parent) != os.getpid()


def _works_in(entry: Path, places: tuple[str, ...]) -> bool:
    """Tell whether a process stands in one of the folders or names one; what cannot be read may."""
    try:
        cwd = os.readlink(entry / "cwd")  # noqa: PTH115  no Path: it may be gone, and is marked so
        told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except FileNotFoundError:  # it has just ended
        return False
    except OSError:
        return True
    return any(f"{cwd}/".startswith(f"{place}/") or os.fsencode(place) in told for place in places)


def explained(error: GitError) -> GitError:
    """Give an error that says what to do, where git met a lock file of somebody else's."""
    found = _REFUSED.search(str(error))
    if found is None:
        return error
    path = Path(found["path"])
    lock = seen(path)
    if lock is None:
        return GitError(f"{path} was locked by another git for too long; it is free now: run the same command again")
    return GitError(
        f"{path} has been locked for {max(lock.age_s, 0.0):.0f} s, by another git or by one that was killed\n"
        f"  fix: let it end, or when no git is running: rm '{path}'; then run the same command again"
    )
