"""`autoexp try`: a change is measured and judged as a candidate of the next experiment would be, on a copy of the record that is thrown away."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from autoexp.campaign.events import Captured, Intent, Proposed, SessionOpened, Withdrawn
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import derived_seed
from autoexp.engine import parts
from autoexp.engine.cache import cache_folder, campaign_identity
from autoexp.engine.candidates import candidate_at
from autoexp.engine.cells import Cells, cells, notice
from autoexp.engine.completing import contents_for
from autoexp.engine.confirming.nobody import Nobody
from autoexp.engine.contract import Contract
from autoexp.engine.faults import Faults
from autoexp.engine.identity import refuse_strange_repository
from autoexp.engine.judge import judge
from autoexp.engine.preflight import refuse_unfit_commit
from autoexp.engine.recovery import open_campaign
from autoexp.engine.segments import ensure_segment
from autoexp.engine.session import stamp
from autoexp.engine.signals import StopFlag, heeding
from autoexp.engine.trying.candidate import Wanted, of_checkout, of_experiment
from autoexp.engine.trying.paper import Bounded, EnoughRuns, PaperRefs
from autoexp.engine.watching import Observer
from autoexp.engine.workshop import Workshop
from autoexp.executors.local import LocalExecutor
from autoexp.experiment.records import Candidate, Directive, Proposal
from autoexp.processes.environment import remove, secrets_from
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.snapshots import Snapshots
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.measurement import MeasurementTrees
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try ended: the `state` with its `experiment`, which is None where nothing in scope differs; neither is on record.

    One that is not `judged` had made all runs that it may, and the rule asked for more.
    """

    state: CampaignState
    wanted: Wanted
    experiment: Experiment | None = None
    judged: bool = False


def try_out(  # noqa: PLR0913  what the command hands in
    contract: Contract,
    repository: Repository,
    tag: str,
    *,
    n: int | None = None,
    runs: int | None = None,
    environ: Mapping[str, str],
    observer: Observer,
    allow_unsandboxed: bool = False,
) -> Tried:
    """Measure the user's checkout, or the change of experiment `n`, against the best so far, in at most so many `runs`.

    Raises AutoexpError or WorldError; a signal ends the command that runs, and then raises KeyboardInterrupt. Nothing is left in any case.
    """
    stop = StopFlag()
    identity = campaign_identity(repository.common_dir, f"{tag} try {os.getpid()}")
    cache = cache_folder(environ, identity)
    try:
        with (
            heeding(stop),
            cells(contract.spec, repository, cache, environ=environ, allow_unsandboxed=allow_unsandboxed) as made,
            _workshop(contract, repository, tag, environ, stop, made, observer, runs=runs) as shop,
        ):
            tried = _tried(shop, n)
            if stop():
                raise KeyboardInterrupt
            return tried
    finally:
        remove(cache)


def _tried(shop: Workshop, n: int | None) -> Tried:
    _open(shop)
    wanted = of_checkout(shop) if n is None else of_experiment(shop, n)
    if len(wanted.changes) == len(wanted.behind):
        return Tried(shop.state, wanted)
    ensure_segment(shop)
    if shop.stop():
        return Tried(shop.state, wanted)
    number = _begin(shop, wanted)
    candidate = _captured(shop, number, wanted)
    try:
        shop.record(judge(shop, number, candidate))
    except EnoughRuns:
        return Tried(shop.state, wanted, shop.state.open)
    return Tried(shop.state, wanted, shop.state.open, judged=True)


def _open(shop: Workshop) -> None:
    """Open a session on the copy of the record; what a killed one has left open is left aside."""
    open_campaign(shop)
    opened = SessionOpened(
        pid=os.getpid(),
        sandbox=shop.sandbox,
        notice=notice(shop.cells.rules, shop.sandbox),
        budget=shop.spec.budget.model_dump(mode="json"),
    )
    shop.record(opened)
    if shop.state.open is not None:
        shop.record(Withdrawn(n=shop.state.open.n, reason="not of this try"))


def _begin(shop: Workshop, wanted: Wanted) -> int:
    state = shop.state
    n = state.last_n + 1
    seed = derived_seed(state.seed, state.counts.decided)
    intent = Intent(n=n, directive=Directive(), parent=state.incumbent.commit, segment=shop.segment.k, seed=seed)
    shop.record(intent)
    shop.record(Proposed(n=n, proposal=Proposal(description=wanted.what)))
    return n


def _captured(shop: Workshop, n: int, wanted: Wanted) -> Candidate:
    parent = shop.state.incumbent.commit
    commit = shop.repository.commit(parent, wanted.changes, f"try of {wanted.what}\n", when=0)
    candidate = candidate_at(shop, commit, parent, wanted.changes)
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


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
    runs: int | None,
) -> Iterator[Workshop]:
    """Build the parts of a session, all of them in the folder of this try: objects, journal, refs and output."""
    spec, identity = contract.spec, campaign_identity(repository.common_dir, f"{tag} try {os.getpid()}")
    cache = cache_folder(environ, identity)
    marker, home = f"{identity}:{os.getpid()}", cache / "home"
    secrets_from(environ, spec.harness.env_from)
    own = repository.beside(cache / "objects")
    own.git.carry(f"{marker}:git")
    folder = CampaignFolder(cache, tag)
    folder.path.mkdir(parents=True)
    known = CampaignFolder(repository.common_dir, tag)
    if known.journal.exists():
        shutil.copyfile(known.journal, folder.journal)
    with ExitStack() as held:
        held.callback(own.close)
        journal = held.enter_context(FileJournal(folder.path, stamp))
        state = Snapshots(known.snapshot, folder.journal).fold().state
        refuse_strange_repository(state, repository, known)
        base = state.base if state.last_n else repository.head()
        refuse_unfit_commit(spec, repository, base)
        contents = contents_for(spec, own, base, cache)
        held.callback(contents.repository.close)
        trees = MeasurementTrees(
            contents.repository,
            cache / "measure",
            hidden=Hidden(contents.repository, spec.scope.hidden),
            fixtures=made.fixtures,
            contents=contents,
        )
        executor = LocalExecutor(
            harness=spec.harness,
            metrics=spec.metrics,
            measurement=spec.measurement,
            trees=trees,
            output=folder.output,
            marker=marker,
            environ=environ,
            stop=stop,
            cell=made.harness,
        )
        shop = Workshop(
            contract=contract,
            folder=folder,
            repository=own,
            refs=PaperRefs(own),
            journal=journal,
            copy=ProposalCopy(own, cache / "propose"),
            scope=Scope(spec.scope.edit),
            proposer=Nobody(),
            strategy=parts.strategy(spec),
            executor=Bounded(executor, runs),
            faults=Faults(""),
            stop=stop,
            marker=marker,
            cells=made,
            desk=cache / "desk",
            home=home,
            torn=journal.torn,
            late=frozenset(),
            clock=time.monotonic,
            observer=observer,
            mirrored=journal.position,
            state=state,
            contents=contents,
        )
        yield shop
