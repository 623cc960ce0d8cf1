"""run --detach: a session in the background, in a process that outlives the terminal. Whoever asked for it waits until it has begun."""

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from autoexp.api.contracts import contract_of
from autoexp.api.looking import inspect
from autoexp.api.places import Place
from autoexp.campaign.events import Record, SessionOpened
from autoexp.campaign.state import CampaignState
from autoexp.engine.watching import Observer
from autoexp.errors import AutoexpError
from autoexp.stores.journal import held, is_locked
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.repository import Repository

TOLD = "AUTOEXP_DETACHED_FD"
"""Names the descriptor on which a detached session says that it has begun. It is for that process alone."""
LOG = "detached.log"
_BEGUN = b"begun\n"


@dataclass(frozen=True, slots=True)
class Detached:
    """A session in the background: its process, and where its output goes.

    `before` is the campaign as it was. One that has not `begun` has ended with the exit code `code`, after it had said `words`; nothing of it is left.
    """

    tag: str
    pid: int
    log: Path
    begun: bool
    code: int = 0
    words: str = ""
    before: CampaignState = field(default_factory=CampaignState)


def detach(place: Place, arguments: Sequence[str], *, environ: Mapping[str, str]) -> Detached:
    """Run `autoexp run` with `arguments` in the background, and wait until it works on the campaign or has failed.

    Raises AutoexpError where the contract or the repository do not allow for it. KeyboardInterrupt ends the session that has not begun.
    """
    folder = _folder(place)
    if is_locked(folder.path):
        with held(folder.path):  # says who works on it
            pass
    before = _before(place, folder)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    header = f"=== {started}  {shlex.join(['autoexp', *arguments])}\n"
    with _log(folder, header) as log, _interruptible():
        reader, writer = os.pipe()
        child = _started(arguments, log, writer, environ)
        with os.fdopen(reader, "rb") as told:
            try:
                begun = told.readline() == _BEGUN
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)
                child.wait()
                raise
        if not begun:
            code = child.wait()
            return Detached(folder.tag, child.pid, log.path, begun=False, code=code, words=log.text())
        log.begun = True
    return Detached(folder.tag, child.pid, log.path, begun=True, before=before)


@dataclass(slots=True)
class _Log:
    path: Path
    start: int
    begun: bool = False

    def text(self) -> str:
        """Give what the session has printed."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read().decode("utf-8", "replace").partition("\n")[2]


def _folder(place: Place) -> CampaignFolder:
    contract = contract_of(place)
    repository = Repository.open(place.folder)
    repository.close()
    return CampaignFolder(repository.common_dir, contract.spec.name if place.tag is None else place.tag)


def _before(place: Place, folder: CampaignFolder) -> CampaignState:
    """Give the campaign as it stands; what cannot be read is for the session to refuse."""
    try:
        return inspect(replace(place, tag=folder.tag)).state
    except AutoexpError:
        return CampaignState()


@contextmanager
def _log(folder: CampaignFolder, header: str) -> Iterator[_Log]:
    """Open the log with a new header. Of a session that does not begin nothing stays.

    The first log of a campaign comes into the campaign's folder once there is one: it is for the session to make.
    """
    path = folder.path / LOG
    is_first = not path.exists()
    if is_first:
        path = folder.common_dir / f"autoexp-{folder.tag}-{os.getpid()}.log"
    try:
        with path.open("a", encoding="utf-8") as file:
            log = _Log(path, file.tell())
            file.write(header)
    except OSError as error:
        raise AutoexpError(
            f"the log of the session cannot be written: {error.strerror}",
            where=str(path),
            fix="make its folder writable, or leave --detach out",
        ) from None
    try:
        yield log
    finally:
        if not log.begun:
            _take_back(log, folder)
        elif is_first:
            with suppress(OSError):
                log.path = path.replace(folder.path / LOG)


def _take_back(log: _Log, folder: CampaignFolder) -> None:
    with suppress(OSError):
        if not log.start:
            log.path.unlink()
        elif not is_locked(folder.path):  # else by another session, whose lines may follow
            os.truncate(log.path, log.start)


def _started(arguments: Sequence[str], log: _Log, writer: int, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start the process: a session of its own without a terminal, deaf to the hang-up of the one that it came from."""
    command = [sys.executable, "-P", "-m", "autoexp", *arguments]
    try:
        with log.path.open("ab") as output, _deaf_to_hang_up():
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**environ, TOLD: str(writer)},
                pass_fds=[writer],
                start_new_session=True,
            )
    finally:
        os.close(writer)


@contextmanager
def _deaf_to_hang_up() -> Iterator[None]:
    """Let what is started meanwhile ignore SIGHUP, as nohup does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL if before is None else before)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt, unless the caller ignores them; only the main thread hears of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: handler for number in numbers if (handler := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


class Announcing:
    """An observer that tells whoever waits, once, that the session has begun; all else is for the observer behind it."""

    def __init__(self, observer: Observer, told: int) -> None:
        self._observer = observer
        self._told: int | None = told

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Hear of a record; the one that opens the session is the news."""
        if self._told is not None and isinstance(record.event, SessionOpened):
            told, self._told = self._told, None
            with suppress(OSError):  # whoever waited has gone
                os.write(told, _BEGUN)
            with suppress(OSError):
                os.close(told)
        self._observer.recorded(record, state)

    def working(self, text: str) -> None:
        """Hear what is being done now."""
        self._observer.working(text)


def announcing(observer: Observer) -> Observer:
    """Give an observer that tells of the beginning where this process is a detached session; else the same one."""
    told = os.environ.pop(TOLD, "")
    if not told.isdecimal():
        return observer
    os.set_inheritable(int(told), False)
    return Announcing(observer, int(told))
