"""One session from end to end: parts put together, signals heeded, exports kept in step, everything released."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.state import CampaignState
from autoexp.campaign.stopping import Stop
from autoexp.engine import parts
from autoexp.engine.agreeing import survey
from autoexp.engine.cache import cache_folder, cache_home, campaign_identity
from autoexp.engine.cells import Cells, cells
from autoexp.engine.completing import contents_for
from autoexp.engine.contract import Contract
from autoexp.engine.disk import Room, least_free, says_full
from autoexp.engine.faults import Faults
from autoexp.engine.identity import refuse_strange_repository
from autoexp.engine.keeping import Keeper
from autoexp.engine.loop import run
from autoexp.engine.owning import refuse_other_contract
from autoexp.engine.preflight import is_begun, refuse_bad_start, refuse_hopeless, refuse_unfit_commit
from autoexp.engine.signals import StopFlag, heeding
from autoexp.engine.watching import Observer, Silent, Watched, write_exports
from autoexp.engine.workshop import Workshop
from autoexp.errors import ROOM, AutoexpError, DiskFull, WorldError
from autoexp.exchange.exports import Exports, exports_home
from autoexp.executors.local import LocalExecutor
from autoexp.ports import Proposer
from autoexp.processes.environment import remove
from autoexp.stores import inbox
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder, remove_unbegun
from autoexp.stores.lines import Stamp
from autoexp.stores.reserve import Reserve
from autoexp.stores.snapshots import Snapshots
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.measurement import MeasurementTrees
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


@dataclass(frozen=True, slots=True)
class Result:
    """How a session ended: the rule that stopped it (None: the number asked for is reached), and the state.

    `before` is how many experiments were decided when it began.
    """

    stop: Stop | None
    state: CampaignState
    interrupted: bool
    before: int = 0


def work(  # noqa: PLR0913  what the command hands in
    contract: Contract,
    repository: Repository,
    tag: str,
    *,
    environ: Mapping[str, str],
    experiments: int | None = None,
    observer: Observer | None = None,
    allow_unsandboxed: bool = False,
    chosen: bool = False,
) -> Result:
    """Run a session of the campaign `tag`, new or resumed. Raises AutoexpError or WorldError.

    With a tag that a person has `chosen` the campaign goes on also under a contract that looks like another campaign's.
    """
    with session(
        contract,
        repository,
        tag,
        environ=environ,
        observer=observer,
        allow_unsandboxed=allow_unsandboxed,
        chosen=chosen,
    ) as shop:
        before = shop.state.counts.decided
        ended = run(shop, experiments=experiments)
        return Result(ended, shop.state, interrupted=shop.stop.interrupted, before=before)


@contextmanager
def session(  # noqa: PLR0913  what the commands hand in
    contract: Contract,
    repository: Repository,
    tag: str,
    *,
    environ: Mapping[str, str],
    observer: Observer | None = None,
    allow_unsandboxed: bool = False,
    stand_in: Proposer | None = None,
    chosen: bool = False,
) -> Iterator[Workshop]:
    """Give the workshop of a session, signals heeded, until the block ends; a `stand_in` takes the place of the contract's proposer.

    A tag that a person has `chosen` goes on also under a contract that looks like another campaign's.

    Raises AutoexpError or WorldError, also for what the block meets on disk.
    """
    stop = StopFlag()
    try:
        refuse_hopeless(contract, repository, CampaignFolder(repository.common_dir, tag), environ=environ)
        with (
            heeding(stop),
            _cells(
                contract, repository, tag, environ, allow_unsandboxed=allow_unsandboxed, proposes=stand_in is None
            ) as made,
            _workshop(contract, repository, tag, environ, stop, made, observer or Silent(), stand_in=stand_in) as shop,
        ):
            if not chosen:
                refuse_other_contract(shop.state, contract, repository, shop.folder)
            yield shop
    except OSError as error:
        words = f"{error.filename or 'a file'}: {error.strerror or error}"
        raise (DiskFull(words, fix=ROOM) if says_full(error) else WorldError(words)) from error


@contextmanager
def _cells(
    contract: Contract,
    repository: Repository,
    tag: str,
    environ: Mapping[str, str],
    *,
    allow_unsandboxed: bool,
    proposes: bool,
) -> Iterator[Cells]:
    """Build the sandboxes, once the contract is known to name a proposer that can be built in them, if it `proposes`."""
    if proposes:
        parts.refuse_without_proposer(contract)
    hosts = parts.hosts(contract) if proposes else ()
    with (
        _cache_of(CampaignFolder(repository.common_dir, tag), environ) as cache,
        cells(
            contract.spec, repository, cache, environ=environ, hosts=hosts, allow_unsandboxed=allow_unsandboxed
        ) as made,
    ):
        yield made


@contextmanager
def _cache_of(folder: CampaignFolder, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give the campaign's cache. One that was made for a session that is refused goes again."""
    identity = campaign_identity(folder.common_dir, folder.tag)
    new = not (cache_home(environ) / identity).exists()
    cache = cache_folder(environ, identity)
    try:
        yield cache
    except AutoexpError:
        if new and not is_begun(folder):
            remove(cache)
        raise


@contextmanager
def _workshop(  # noqa: PLR0913  what the session hands in
    contract: Contract,
    repository: Repository,
    tag: str,
    environ: Mapping[str, str],
    stop: StopFlag,
    made: Cells,
    observer: Observer,
    *,
    stand_in: Proposer | None,
) -> Iterator[Workshop]:
    """Build the parts. What can refuse comes first; nothing of the campaign is touched before its lock is held."""
    spec = contract.spec
    folder = CampaignFolder(repository.common_dir, tag)
    proposer = stand_in or parts.proposer(contract, environ, stop, made.proposer)
    named = parts.secret_values(spec, environ)

    def secrets() -> tuple[str, ...]:
        """Give what nothing may show. An agent renews its login while it works."""
        return (*named, *getattr(proposer, "secrets", ()))

    strategy = parts.strategy(spec)
    faults = Faults(environ.get("AUTOEXP_FAULT", ""))
    least = least_free(environ)
    begun = is_begun(folder)
    identity = campaign_identity(repository.common_dir, tag)
    cache = cache_folder(environ, identity)
    home = cache / ("home" if stand_in is None else "no-home")  # that of a proposer who was killed is for it alone
    marker = f"{identity}:{os.getpid()}"
    repository.git.carry(f"{marker}:git")
    late = frozenset(path for path, _ in inbox.take(folder.inbox))
    with ExitStack() as held:
        reserve = Reserve(folder.path / "reserve")
        journal = held.enter_context(FileJournal(folder.path, stamp, reserve=reserve))
        held.callback(remove_unbegun, folder)
        held.callback(shutil.rmtree, cache / "desk", ignore_errors=True)
        held.callback(remove, home)
        exports = Exports(exports_home(repository.root, repository.common_dir), tag, spec.exports)
        keeper = Keeper(Snapshots(folder.snapshot, folder.journal), journal, exports)
        state = keeper.begin()
        refuse_strange_repository(state, repository, folder)
        base = _begins_at(contract, repository, state, begun=begun)
        contents = contents_for(spec, repository, base, cache)
        held.callback(contents.repository.close)
        hidden = Hidden(repository, spec.scope.hidden)
        trees = MeasurementTrees(
            repository,
            cache / "measure",
            hidden=Hidden(contents.repository, spec.scope.hidden),
            fixtures=made.fixtures,
            contents=contents,
        )
        held.callback(_put_away, trees)
        shop = Workshop(
            contract=contract,
            folder=folder,
            repository=repository,
            refs=Refs(repository),
            journal=journal,
            copy=ProposalCopy(repository, cache / "propose", hidden=hidden, known=secrets),
            scope=Scope(spec.scope.edit),
            proposer=proposer,
            strategy=strategy,
            executor=LocalExecutor(
                harness=spec.harness,
                metrics=spec.metrics,
                measurement=spec.measurement,
                trees=trees,
                output=folder.output,
                marker=marker,
                environ=environ,
                stop=stop,
                cell=made.harness,
            ),
            faults=faults,
            stop=stop,
            marker=marker,
            cells=made,
            desk=cache / "desk",
            home=home,
            torn=journal.torn,
            late=late,
            clock=time.monotonic,
            observer=Watched(exports, observer, keeper),
            secrets=secrets,
            room=Room(
                {
                    "the journal": folder.path,
                    "the git objects": repository.common_dir / "objects",
                    "the disposable trees": cache,
                },
                least=least,
                reserve=reserve,
            ),
            state=state,
            contents=contents,
        )
        _refuse_at_odds(shop)
        write_exports(exports, shop.state)
        yield shop
        write_exports(exports, shop.state)
        keeper.keep(shop.state)


def _begins_at(contract: Contract, repository: Repository, state: CampaignState, *, begun: bool) -> str:
    """Give the commit that the campaign begins at: HEAD until something is tried. Raises AutoexpError where it does not go with the contract."""
    base = state.base if state.last_n else repository.head()
    if begun and state.last_n:
        refuse_unfit_commit(contract.spec, repository, base)
    elif begun:
        refuse_bad_start(contract, repository, base)
    return base


def _refuse_at_odds(shop: Workshop) -> None:
    """Raise CampaignError where git tells of more than the journal: the exports may tell of it, too, and stay as they are."""
    survey(shop)
    shop.repository.close()  # its helper carries the campaign's marker, and would be taken for one that a killed engine left


def _put_away(trees: MeasurementTrees) -> None:
    """Release the trees; what fails here is put right at the next start."""
    with suppress(OSError, WorldError):
        trees.release()


def stamp() -> Stamp:
    """Give the time of a record."""
    return Stamp(time.time(), time.monotonic(), _boot())  # noqa: TID251  the edge where clocks are read


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    return "unknown"
