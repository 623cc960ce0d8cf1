"""One session from end to end: parts put together, signals heeded, exports kept in step, everything released."""

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from autoexp.campaign.events import BaselineMeasured, Done, Record
from autoexp.campaign.state import CampaignState
from autoexp.campaign.stopping import Stop
from autoexp.engine import parts
from autoexp.engine.faults import Faults
from autoexp.engine.loop import run
from autoexp.engine.workshop import Contract, Observer, Silent, StopFlag, Workshop
from autoexp.exchange.exports import Exports, exports_home
from autoexp.executors.local import LocalExecutor
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.lines import Stamp
from autoexp.workspaces.measurement import MeasurementTrees
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


@dataclass(frozen=True, slots=True)
class Result:
    """How a session ended: the rule that stopped it (None: the number asked for is reached), and the state."""

    stop: Stop | None
    state: CampaignState
    interrupted: bool


def work(  # noqa: PLR0913  what the edge hands in
    contract: Contract,
    repository: Repository,
    tag: str,
    *,
    environ: Mapping[str, str],
    experiments: int | None = None,
    observer: Observer | None = None,
) -> Result:
    """Run a session of the campaign `tag`, new or resumed. Raises AutoexpError or WorldError."""
    with _workshop(contract, repository, tag, environ, observer or Silent()) as shop, _signals(shop.stop):
        stop = run(shop, experiments=experiments)
        return Result(stop, shop.state, interrupted=shop.stop.reason == "interrupted")


@contextmanager
def _workshop(
    contract: Contract, repository: Repository, tag: str, environ: Mapping[str, str], observer: Observer
) -> Iterator[Workshop]:
    spec = contract.spec
    folder = CampaignFolder(repository.common_dir, tag)
    stop = StopFlag()
    identity = campaign_identity(repository.common_dir, tag)
    marker = f"{identity}:{os.getpid()}"
    proposer = parts.proposer(contract, environ, stop)
    strategy = parts.strategy(spec)
    faults = Faults(environ.get("AUTOEXP_FAULT", ""))
    cache = cache_folder(environ, identity)
    cache.mkdir(parents=True, exist_ok=True)
    trees = MeasurementTrees(repository, cache / "measure")
    executor = LocalExecutor(
        harness=spec.harness,
        metrics=spec.metrics,
        measurement=spec.measurement,
        trees=trees,
        output=folder.output,
        marker=marker,
        environ=environ,
        stop=stop,
    )
    exports = Exports(exports_home(repository.root, repository.common_dir), tag, spec.exports)
    journal = FileJournal(folder.path, stamp)
    desk = cache / "desk"
    desk.mkdir(exist_ok=True)
    try:
        shop = Workshop(
            contract=contract,
            folder=folder,
            repository=repository,
            refs=Refs(repository),
            journal=journal,
            copy=ProposalCopy(repository, cache / "propose"),
            scope=Scope(spec.scope.edit),
            proposer=proposer,
            strategy=strategy,
            executor=executor,
            faults=faults,
            stop=stop,
            marker=marker,
            sandbox=parts.sandbox_levels(spec),
            desk=desk,
            torn=journal.torn,
            clock=time.monotonic,
            observer=_Exporting(exports, observer),
        )
        shop.load()
        exports.rewrite(shop.state)
        yield shop
        exports.rewrite(shop.state)
    finally:
        with suppress(OSError):
            trees.release()
        shutil.rmtree(desk, ignore_errors=True)
        journal.close()


class _Exporting:
    """Keeps the export files in step, then tells whoever else watches."""

    def __init__(self, exports: Exports, observer: Observer) -> None:
        self._exports = exports
        self._observer = observer

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Append the row of an experiment that was just closed; a new baseline is a row before others."""
        if isinstance(record.event, Done):
            self._exports.append_last(state)
        elif isinstance(record.event, BaselineMeasured):
            self._exports.rewrite(state)
        self._observer.recorded(record, state)

    def working(self, text: str) -> None:
        """Pass it on."""
        self._observer.working(text)


@contextmanager
def _signals(stop: StopFlag) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP finish the record, not the experiment."""

    def heed(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.reason = "interrupted"

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stamp() -> Stamp:
    """Give the time of a record."""
    return Stamp(time.time(), time.monotonic(), _boot())  # noqa: TID251  the edge where clocks are read


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    return "unknown"


def campaign_identity(common_dir: Path, tag: str) -> str:
    """Give the mark that this campaign's processes and folders carry."""
    return hashlib.sha256(f"{common_dir}\0{tag}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def cache_folder(environ: Mapping[str, str], identity: str) -> Path:
    """Give the folder of the campaign's disposable trees: below AUTOEXP_CACHE_DIR, else the user's cache folder."""
    if chosen := environ.get("AUTOEXP_CACHE_DIR"):
        return Path(chosen) / identity
    home = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "autoexp" / identity
