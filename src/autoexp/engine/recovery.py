"""Step 0: whatever the last process left half-done is brought to an end, once."""

from autoexp import __version__
from autoexp.campaign.events import CampaignOpened, Decided, Done, Noted, SessionOpened
from autoexp.campaign.state import Experiment
from autoexp.campaign.views import derived_seed
from autoexp.engine.conclude import settle
from autoexp.engine.parts import sandbox_notice
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.experiment.outcome import Outcome
from autoexp.processes import sweep
from autoexp.workspaces.refs import RefUpdate


def recover(shop: Workshop) -> None:
    """Open the session: orphans swept, locks removed, the open experiment closed, refs and record in agreement."""
    shop.load()
    campaign, _, pid = shop.marker.rpartition(":")
    swept = sweep(f"{campaign}:")
    shop.refs.remove_stale_locks(shop.ref())
    open_campaign(shop)
    shop.record(SessionOpened(pid=int(pid), sandbox=shop.sandbox))
    if notice := sandbox_notice(shop.spec):
        shop.record(Noted(text=notice))
    if shop.torn:
        shop.record(Noted(text=f"the last line of the journal had not been written to its end and was cut ({shop.torn})"))
    if swept:
        shop.record(Noted(text=f"{swept} processes of an earlier session were still running and were ended"))
    if shop.state.open is not None:
        close_open(shop, shop.state.open)
    agree(shop)


def open_campaign(shop: Workshop) -> None:
    """Write the first record, or a new one while no experiment exists and the user's HEAD has moved."""
    head = shop.repository.head()
    if shop.state.last_n == 0 and shop.state.base != head:
        best = shop.refs.read(shop.ref("best"))
        seed = derived_seed(0, shop.folder.tag, head)
        shop.record(
            CampaignOpened(
                tag=shop.folder.tag,
                base=head,
                object_format=shop.repository.object_format,
                seed=seed,
                version=__version__,
            )
        )
        shop.refs.update([RefUpdate(shop.ref("best"), head, best)])


def close_open(shop: Workshop, experiment: Experiment) -> None:
    """Bring the experiment that was open when the last process died to its end."""
    if experiment.outcome is None:
        detail = "the process that worked on it ended before a verdict"
        shop.record(
            Decided(
                n=experiment.n,
                outcome=Outcome.INTERRUPTED,
                detail=detail,
                commit=experiment.candidate.commit if experiment.candidate else None,
                base=experiment.parent,
            )
        )
    settle(shop, experiment.n)
    if shop.state.open is not None:
        shop.record(Done(n=experiment.n, status=shop.state.open.ruled_status))


def agree(shop: Workshop) -> None:
    """Check that the ref of the best and the record name the same commit; a lost ref is made again."""
    name, recorded = shop.ref("best"), shop.state.incumbent.commit
    found = shop.refs.read(name)
    if found is None:
        shop.refs.update([RefUpdate(name, recorded, None)])
        shop.record(Noted(text=f"{name} was missing and was made again at {recorded}"))
    elif found != recorded:
        raise CampaignError(
            f"{name} stands at {found[:12]}, the record says {recorded[:12]}: somebody else moved it",
            where=str(shop.folder.path),
            fix=f"put it back with `git update-ref {name} {recorded}`, or start a campaign with another --tag",
        )
