"""Step 0: whatever the last process left half-done is brought to an end, once."""

from autoexp import __version__
from autoexp.campaign.events import CampaignOpened, Captured, Decided, Done, Noted, SessionOpened
from autoexp.campaign.state import Experiment
from autoexp.campaign.views import derived_seed
from autoexp.engine.candidates import candidate_at
from autoexp.engine.cells import notice
from autoexp.engine.conclude import moved_by_others, settle, show_branch
from autoexp.engine.requests import dismiss_late_requests
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate
from autoexp.processes import sweep
from autoexp.processes.environment import remove
from autoexp.processes.masking import mask_file
from autoexp.workspaces.refs import RefUpdate


def recover(shop: Workshop) -> None:
    """Open the session: orphans swept, locks removed, the open experiment closed, refs and record in agreement."""
    campaign, _, pid = shop.marker.rpartition(":")
    swept = sweep(f"{campaign}:")
    if shop.home.exists() and (reclaim := getattr(shop.proposer, "reclaim", None)) is not None:
        reclaim(shop.home)
    remove(shop.home)
    shop.refs.remove_stale_locks(shop.ref())
    open_campaign(shop)
    budget = shop.spec.budget.model_dump(mode="json")
    told = notice(shop.cells.rules, shop.sandbox, left_out=shop.cells.left_out)
    shop.record(SessionOpened(pid=int(pid), sandbox=shop.sandbox, notice=told, budget=budget))
    for text in (_cut(shop), _swept(swept), _moved_head(shop)):
        if text:
            shop.record(Noted(text=text))
    dismiss_late_requests(shop)
    if shop.state.open is not None:
        close_open(shop, shop.state.open)
    agree(shop)


def open_campaign(shop: Workshop) -> None:
    """Write the first record, or a new one while no experiment exists and the user's HEAD has moved.

    The ref comes first: a process that dies in between opens again, and never meets a ref that the record denies.
    """
    head = shop.repository.head()
    if shop.state.last_n == 0 and shop.state.base != head:
        best = shop.ref("best")
        shop.refs.update([RefUpdate(best, head, shop.refs.read(best))])
        shop.record(
            CampaignOpened(
                tag=shop.folder.tag,
                base=head,
                object_format=shop.repository.object_format,
                seed=derived_seed(0, shop.folder.tag, head),
                version=__version__,
            )
        )


def _mask_output(shop: Workshop, n: int) -> None:
    """Mask what was printed by commands whose end nobody saw."""
    secrets = shop.secrets()
    for path in (shop.folder.output / str(n)).rglob("*"):
        if path.is_file() and not path.is_symlink():
            mask_file(path, secrets)


def close_open(shop: Workshop, experiment: Experiment) -> None:
    """Bring the experiment that was open when the last process died to its end."""
    _mask_output(shop, experiment.n)
    if experiment.outcome is None:
        candidate = adopt(shop, experiment) or experiment.candidate
        detail = "the process that worked on it ended before a verdict"
        shop.record(
            Decided(
                n=experiment.n,
                outcome=Outcome.INTERRUPTED,
                detail=detail,
                commit=candidate.commit if candidate else None,
                base=experiment.parent,
            )
        )
    settle(shop, experiment.n)
    if shop.state.open is not None:
        shop.record(Done(n=experiment.n, status=shop.state.open.ruled_status))


def adopt(shop: Workshop, experiment: Experiment) -> Candidate | None:
    """Put a candidate on record whose ref was the last thing that the dead process made, also where it mends one that is on record."""
    commit = shop.refs.read(shop.ref("attempt", experiment.n))
    known = experiment.candidate.commit if experiment.candidate else None
    if commit is None or commit == known or not _fits(shop, commit, experiment):
        return None
    candidate = candidate_at(shop, commit, experiment.parent, shop.repository.changed(experiment.parent, commit))
    shop.record(Captured(n=experiment.n, candidate=candidate))
    return candidate


def _fits(shop: Workshop, commit: str, experiment: Experiment) -> bool:
    if experiment.tests:
        return commit == shop.state.incumbent.commit
    return shop.repository.resolve(f"{commit}^") == experiment.parent


def agree(shop: Workshop) -> None:
    """Check that the ref of the best and the record name the same commit; a lost ref or branch is made again."""
    name, recorded = shop.ref("best"), shop.state.incumbent.commit
    found = shop.refs.read(name)
    if found is None:
        shop.refs.update([RefUpdate(name, recorded, None)])
        shop.record(Noted(text=f"{name} was missing and was made again at {recorded}"))
    elif found != recorded:
        raise moved_by_others(shop, recorded)
    if shop.state.counts.kept or any(experiment.taken_out for experiment in shop.state.experiments):
        show_branch(shop, recorded)


def _cut(shop: Workshop) -> str:
    if not shop.torn:
        return ""
    return f"the last line of the journal had not been written to its end and was cut ({shop.torn})"


def _swept(count: int) -> str:
    return f"{count} processes of an earlier session were still running and were ended" if count else ""


def _moved_head(shop: Workshop) -> str:
    """Say that the user's later commits are not in the campaign, unless HEAD is one of its own."""
    head, state = shop.repository.head(), shop.state
    own = {state.base, *(e.candidate.commit for e in state.experiments if e.candidate is not None)}
    if head in own:
        return ""
    return (
        f"HEAD has moved to {head[:12]} since this campaign began at {state.base[:12]}: later commits are not in it; "
        "to start from them, use another --tag"
    )
