"""The journal file: hash-chained JSONL, one writer, every record durable before the next step."""

import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Self

from autoexp.campaign.events import Event, Record
from autoexp.durable import sync_folder
from autoexp.errors import ROOM, UNSOUND, CampaignError, StorageError
from autoexp.stores.lines import DIGITS, Stamp, encode
from autoexp.stores.reading import Position, Torn, lines_from, read_from, verify
from autoexp.stores.reserve import FULL, Reserve

JOURNAL = "journal.jsonl"
LOCK = "lock"
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_REREAD = 2**20
_BEGINNING = Position()


class FileJournal:
    """A campaign's journal, opened for writing. One process at a time holds it."""

    def __init__(self, folder: Path, stamp: Callable[[], Stamp], *, reserve: Reserve | None = None) -> None:
        """Take the lock, read the whole chain, and set the reserve aside. A torn last line (`self.torn` tells) stays until something is written.

        Raises CampaignError when another process holds the lock, JournalError for damage before the last line.
        """
        self.path = folder / JOURNAL
        self.torn: str | None = None
        self._uncut = False
        self._stamp = stamp
        self._failed = ""
        self._reserve = reserve
        self._lock = _take_lock(folder / LOCK)
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except BaseException as error:
            os.close(self._lock)
            if isinstance(error, OSError) and error.errno in _CLOSED | {errno.EISDIR}:
                raise _closed(self.path, error) from error
            raise
        try:
            self._position = self._recover()
            if not self._position.offset:
                _sync_folders(folder)
            if reserve is not None:
                reserve.take()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recover(self) -> Position:
        self._forget_what_is_cached()
        position, torn = verify(self.path)
        if torn is not None:
            self.torn, self._uncut = torn.why, True
        return position

    def _forget_what_is_cached(self) -> None:
        """Let the end be read from the disk itself: after a failed sync the kernel shows what it could not write as if it had."""
        _sync(self._fd)
        if sys.platform == "linux":
            end = os.fstat(self._fd).st_size
            os.posix_fadvise(self._fd, max(0, end - _REREAD), 0, os.POSIX_FADV_DONTNEED)

    @property
    def position(self) -> Position:
        """Give the place behind the last record."""
        return self._position

    def read(self, start: int = 0, *, since: Position = _BEGINNING) -> Iterator[Record]:
        """Give the records from number `start` on, and from `since`, a place between two records, on."""
        for item in read_from(self.path, since):
            if not isinstance(item, Torn) and item[0].number >= start:
                yield item[0]

    def lines(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give number and bytes of the records from number `start` on, as they stand in the file."""
        return (found for found in lines_from(self.path) if found[0] >= start)

    def append(self, event: Event) -> Record:
        """Write one event, synced. A torn last line is cut first. A disk that is full gets the reserve, if there is one, and is tried once more.

        Raises StorageError; then the file is as it was before. Where that is not certain (a failed sync, a failed cut) nothing is written any
        more, and what the file holds shows at the next start.
        """
        if self._failed:
            raise StorageError(f"{self.path}: not written any more, because {self._failed}")
        stamp = self._stamp()
        number = self._position.number
        line, digest = encode(event, number=number, previous=self._position.previous, stamp=stamp)
        try:
            self._cut()
            self._write(line)
        except OSError as error:
            raise self._lost(number, error) from error
        try:
            _sync(self._fd)
        except OSError as error:
            # The kernel may have dropped the pages: neither a second sync nor a cut is to be believed.
            self._failed = f"a sync failed: {error}"
            fix = ROOM if error.errno in FULL else UNSOUND
            raise StorageError(f"{self.path}: record {number} could not be synced: {error}", fix=fix) from error
        self._position = Position(number + 1, self._position.offset + len(line), digest)
        # As whoever reads the file has them.
        wall, monotonic = round(stamp.wall, DIGITS), round(stamp.monotonic, DIGITS)
        return Record(number, wall, monotonic, stamp.boot, event)

    def _cut(self) -> None:
        """Take away what is torn, once somebody has found that this journal is the one to go on with."""
        if self._uncut:
            os.ftruncate(self._fd, self._position.offset)
            _sync(self._fd)
            self._uncut = False

    def _write(self, line: bytes) -> None:
        try:
            _write_whole(self._fd, line)
        except OSError as error:
            if error.errno not in FULL or self._reserve is None or not self._reserve.give_up():
                raise
            os.ftruncate(self._fd, self._position.offset)
            _write_whole(self._fd, line)

    def _lost(self, number: int, why: OSError) -> StorageError:
        """Cut back what was written of a record, and give the error to raise."""
        try:
            os.ftruncate(self._fd, self._position.offset)
            _sync(self._fd)
        except OSError as error:
            self._failed = f"a cut failed: {error}"
        fix = ROOM if why.errno in FULL else ""
        return StorageError(f"{self.path}: record {number} could not be written: {why}", fix=fix)

    def close(self) -> None:
        """Release the lock."""
        if self._reserve is not None:
            self._reserve.close()
        try:
            os.close(self._fd)
        finally:
            os.close(self._lock)


def _write_whole(fd: int, data: bytes) -> None:
    """Write all of it. What a first call did not take fails at the second, with the reason."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a campaign's lock without its journal. Raises CampaignError when another process holds it."""
    fd = _take_lock(folder / LOCK)
    try:
        yield
    finally:
        os.close(fd)


def _take_lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTDIR}:
            raise CampaignError(
                "a file lies where the campaign's folder should be", where=str(path.parent), fix="move it away"
            ) from error
        if error.errno not in _CLOSED:
            raise
        raise CampaignError(
            f"the campaign's folder cannot be written: {error.strerror}",
            where=str(path.parent),
            fix="make it writable for the user who runs autoexp; to look at a campaign, reading is enough",
        ) from error
    if not _flocked(fd):
        holder = os.pread(fd, 64, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise CampaignError(
            f"another autoexp (process {holder}) is working on this campaign",
            where=str(path.parent),
            fix="wait for it, stop it with `autoexp stop`, or use another --tag",
        )
    if not _stands(path, fd):  # the campaign was deleted while this process came for its lock
        os.close(fd)
        return _take_lock(path)
    with suppress(OSError):  # the lock is what counts; who holds it is for people, and the disk may be full
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def _closed(path: Path, error: OSError) -> CampaignError:
    """Give the error for a journal that is a folder, or that may not be read and written."""
    if error.errno == errno.EISDIR:
        fix = "move it away; `autoexp repair` makes the journal again from what git holds"
        return CampaignError("the journal is a folder", where=str(path), fix=fix)
    fix = f"make it readable and writable for the user who runs autoexp: chmod u+rw '{path}'"
    return CampaignError(f"the journal cannot be opened: {error.strerror}", where=str(path), fix=fix)


def _flocked(fd: int) -> bool:
    """Take the lock; a face that looks whether it is taken holds it for an instant, so try more than once."""
    for _ in range(5):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(0.02)
        else:
            return True
    return False


def _stands(path: Path, fd: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(fd).st_ino
    except FileNotFoundError:
        return False


def is_locked(folder: Path) -> bool:
    """Tell whether an engine works on the campaign right now."""
    try:
        fd = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _sync(fd: int) -> None:
    if sys.platform == "darwin":
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


def _sync_folders(folder: Path) -> None:
    for path in (folder, folder.parent, folder.parent.parent):
        sync_folder(path)
