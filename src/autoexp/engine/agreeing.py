"""Step 0, refs and record: whether git and the journal name the same commits, and what is made again where git has lost something."""

from autoexp.campaign.events import Noted
from autoexp.engine.conclude import moved_by_others, show_branch
from autoexp.engine.workshop import Workshop
from autoexp.workspaces.refs import RefUpdate


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


def moved_head(shop: Workshop) -> str:
    """Say that the user's later commits are not in the campaign, unless HEAD is one of its own."""
    head, state = shop.repository.head(), shop.state
    own = {state.base, *(e.candidate.commit for e in state.experiments if e.candidate is not None)}
    if head in own:
        return ""
    return (
        f"HEAD has moved to {head[:12]} since this campaign began at {state.base[:12]}: later commits are not in it; "
        "to start from them, use another --tag"
    )
