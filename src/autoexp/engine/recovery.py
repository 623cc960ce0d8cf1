"""Step 0: whatever the last process left half-done is brought to an end, once."""

from typing import Literal

from autoexp import __version__
from autoexp.campaign.events import CampaignOpened, Noted, SessionOpened
from autoexp.campaign.views import derived_seed
from autoexp.engine.agreeing import agree, moved_head, survey
from autoexp.engine.arrival import STAGING
from autoexp.engine.cells import notice
from autoexp.engine.completing import not_here
from autoexp.engine.dirty import dirty_elsewhere, dirty_meanwhile
from autoexp.engine.identity import doubtful_disk, journey, whereabouts
from autoexp.engine.mistakes import Ground, idle_note
from autoexp.engine.neighbours import busy_note
from autoexp.engine.owning import contract_place
from autoexp.engine.printed import mask_left_output
from autoexp.engine.requests import dismiss_late_requests
from autoexp.engine.tidying import tidy_leftovers
from autoexp.engine.unfinished import look_after
from autoexp.engine.workshop import Workshop
from autoexp.processes import sweep
from autoexp.processes.environment import remove
from autoexp.workspaces.refs import RefUpdate


def recover(shop: Workshop, *, purpose: Literal["run", "confirm"] = "run") -> None:
    """Open the session: orphans swept, locks removed, an open verdict made true, refs and record in agreement."""
    campaign, _, pid = shop.marker.rpartition(":")
    swept = sweep(f"{campaign}:")
    if shop.home.exists() and (reclaim := getattr(shop.proposer, "reclaim", None)) is not None:
        reclaim(shop.home)
    remove(shop.home)
    remove(shop.folder.path / STAGING)  # of an import that died here
    mask_left_output(shop)
    locks = shop.refs.remove_stale_locks(shop.ref())
    begun = survey(shop)
    differs = (dirty_meanwhile if shop.state.last_n else dirty_elsewhere)(shop.contract, shop.repository)
    open_campaign(shop)
    budget = shop.spec.budget.model_dump(mode="json")
    told = notice(shop.cells.rules, shop.sandbox, left_out=shop.cells.left_out)
    here = whereabouts(shop.repository.common_dir)
    came, doubtful = journey(shop.state, here), doubtful_disk(shop.state, here, shop.folder)
    with shop.faults.around("session", 0):
        opened = SessionOpened(
            pid=int(pid),
            sandbox=shop.sandbox,
            notice=told,
            budget=budget,
            host=here.host,
            place=here.place,
            contract=contract_place(shop.contract.folder, shop.repository.root),
            purpose=purpose,
        )
        shop.record(opened)
    for text in (
        came,
        doubtful,
        _cut(shop),
        _swept(swept),
        _unlocked(locks),
        tidy_leftovers(shop),
        moved_head(shop, begun),
        differs,
        not_here(shop.contents),
        busy_note(shop.repository.common_dir, shop.folder.tag),
        _idle(shop),
    ):
        if text:
            shop.record(Noted(text=text))
    dismiss_late_requests(shop)
    if shop.state.open is not None:
        look_after(shop, shop.state.open)
    agree(shop, begun)


def open_campaign(shop: Workshop) -> None:
    """Write the first record, or a new one while no experiment exists and the user's HEAD has moved.

    The ref comes first: a process that dies in between opens again, and never meets a ref that the record denies.
    """
    head = shop.repository.head()
    if shop.state.last_n == 0 and shop.state.base != head:
        best = shop.ref("best")
        shop.refs.update([RefUpdate(best, head, shop.refs.read(best))])
        opened = CampaignOpened(
            tag=shop.folder.tag,
            base=head,
            object_format=shop.repository.object_format,
            seed=derived_seed(0, shop.folder.tag, head),
            version=__version__,
        )
        with shop.faults.around("open", 0):
            shop.record(opened)


def _idle(shop: Workshop) -> str:
    """Say which patterns of the scope match nothing, before the first experiment."""
    if shop.state.last_n:
        return ""
    contract = shop.contract
    return idle_note(Ground(contract.spec, contract.spec_text, contract.folder, shop.repository, {}))


def _cut(shop: Workshop) -> str:
    if not shop.torn:
        return ""
    return f"the last line of the journal had not been written to its end and was cut ({shop.torn})"


def _unlocked(locks: tuple[str, ...]) -> str:
    return f"lock files that a killed git left were removed: {', '.join(locks)}" if locks else ""


def _swept(count: int) -> str:
    return f"{count} processes of an earlier session were still running and were ended" if count else ""
