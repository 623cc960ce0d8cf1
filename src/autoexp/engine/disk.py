"""Room on the file systems that a campaign writes to: looked at before each experiment, and what is said when one is full."""

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import ROOM, AutoexpError, DiskFull, StorageError
from autoexp.stores.reserve import FULL, Reserve

VARIABLE = "AUTOEXP_MIN_FREE"
LEAST_FREE = 10**9
LEAST_FILES = 1000
TIMES_LAST = 3
"""Before an experiment there must be room for this many like the last one."""
SETTLING_LOOKS = 3
"""Before the baseline and the first two experiments of a session: the trees that are made meanwhile are made once."""

_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([kKMGT]?)B?")
_FACTORS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SAYS_FULL = tuple(os.strerror(number) for number in sorted(FULL))
_QUOTA = os.strerror(errno.EDQUOT)


def least_free(environ: Mapping[str, str]) -> int:
    """Give the bytes that must be free: AUTOEXP_MIN_FREE, else 1 GB. Raises AutoexpError for what is no amount."""
    setting = environ.get(VARIABLE, "").strip()
    if not setting:
        return LEAST_FREE
    found = _AMOUNT.fullmatch(setting)
    if found is None:
        raise AutoexpError(
            f"{VARIABLE}={setting} is not an amount of bytes",
            fix="write 200M or 2G, or 0 for no least amount; without it 1 GB must be free",
        )
    return round(float(found[1]) * _FACTORS[found[2]])


def says_full(error: Exception) -> bool:
    """Tell whether an error says that a disk or a quota is full, in its number or in the words of a program."""
    number = error.errno if isinstance(error, OSError) else None
    return number in FULL or any(words in str(error) for words in _SAYS_FULL)


def is_quota(error: Exception) -> bool:
    """Tell whether it is a quota that is full: what is free on the disk says nothing about it."""
    return (isinstance(error, OSError) and error.errno == errno.EDQUOT) or _QUOTA in str(error)


@dataclass(frozen=True, slots=True)
class Free:
    """What is free on a file system: bytes, and files that can still be made (None: it does not count them)."""

    size: int
    files: int | None


class Room:
    """The file systems of one session: `places` names what lies where, `least` is what must be free on each."""

    def __init__(
        self, places: Mapping[str, Path] | None = None, *, least: int = LEAST_FREE, reserve: Reserve | None = None
    ) -> None:
        self._places = dict(places or {})
        self._least = least
        self._reserve = reserve
        self._before: dict[int, Free] = {}
        self._looks = 0

    @property
    def spent(self) -> bool:
        """Tell whether the reserve had to be given up: the session is to end."""
        return self._reserve is not None and self._reserve.given_up

    def refuse_short(self) -> None:
        """Look before an experiment or a baseline is begun.

        Raises DiskFull where less is free than `least` or three times what was used up since the last look, or where files can no longer
        be made.
        """
        self.refuse_spent()
        seen = {}
        for device, names, folder in self._file_systems():
            if (free := free_on(folder)) is None:
                continue
            seen[device] = free
            before = self._before.get(device) if self._looks >= SETTLING_LOOKS else None
            if why := shortage(free, before, self._least):
                lower = f", or set {VARIABLE} to less than {in_words(self._least)}" if free.size < self._least else ""
                raise DiskFull(f"the disk of {names} ({folder}) has {why}", fix=f"make room there{lower}")
        self._before = seen
        self._looks += 1

    def refuse_spent(self) -> None:
        """Raise DiskFull when the reserve had to be given up."""
        if self.spent:
            raise DiskFull(f"a record found no room, and was written into the reserve{self.told()}", fix=ROOM)

    def full(self, error: Exception) -> DiskFull | None:
        """Give the error to raise when another says that a disk is full, else None.

        A record that could not be written is none: nothing can be written after it, not even that the campaign pauses.
        """
        if isinstance(error, DiskFull):
            return error
        if isinstance(error, StorageError) or not says_full(error):
            return None
        fix = "make room, or have the quota raised" if is_quota(error) else ROOM
        return DiskFull(f"{_words(error)}{self.told()}", fix=fix)

    def told(self) -> str:
        """Say what is free where, to be put behind something else."""
        seen = [(names, folder, free_on(folder)) for _, names, folder in self._file_systems()]
        free = [f"{in_words(one.size)}{_few_files(one)} for {names} ({folder})" for names, folder, one in seen if one]
        return f"; free: {', '.join(free)}" if free else ""

    def _file_systems(self) -> list[tuple[int, str, Path]]:
        found: dict[int, tuple[list[str], Path]] = {}
        for name, folder in self._places.items():
            there = existing(folder)
            found.setdefault(there.stat().st_dev, ([], there))[0].append(name)
        return [(device, " and ".join(names), folder) for device, (names, folder) in found.items()]


def shortage(free: Free, before: Free | None, least: int) -> str:
    """Say what is missing on a file system, judged also by what was free at the last look; or nothing."""
    used = max(0, before.size - free.size) if before else 0
    if free.size < (needed := max(least, TIMES_LAST * used)):
        why = ", three times what was used up since the last look" if needed > least else ""
        return f"{in_words(free.size)} free, and {in_words(needed)} are needed{why}"
    if free.files is not None and least and free.files < LEAST_FILES:
        return f"room for {free.files} more files, and {LEAST_FILES} are needed"
    return ""


def free_on(folder: Path) -> Free | None:
    """Look what is free for an ordinary user where a folder lies; None when that is not told."""
    try:
        found = os.statvfs(existing(folder))
    except OSError:
        return None
    if not found.f_blocks:
        return None
    return Free(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def existing(folder: Path) -> Path:
    """Give the folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def in_words(size: float) -> str:
    """Give a number of bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB"


def _few_files(free: Free) -> str:
    return f" and {free.files} files" if free.files is not None and free.files < LEAST_FILES else ""


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return str(error)
