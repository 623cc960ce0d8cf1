"""Step 0, refs and record: whether git and the journal name the same commits, and what is made again where git has lost something."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from autoexp.campaign.events import Noted
from autoexp.engine.conclude import moved_by_others, show_branch
from autoexp.engine.lost import behind
from autoexp.engine.mirror import meet
from autoexp.engine.naming import counted
from autoexp.engine.workshop import Workshop
from autoexp.workspaces.refs import RefUpdate

_NUMBER = re.compile(r"(attempt|record)/(\d+)")


@dataclass(frozen=True, slots=True)
class Survey:
    """The campaign's refs when a session began, by their short names, and what is missing among them, in words."""

    refs: Mapping[str, str]
    missing: str


def survey(shop: Workshop) -> Survey:
    """Look at all refs of the campaign at once. Raises CampaignError when git tells of more than the journal, or of another one."""
    prefix = shop.ref("")
    there = {name.removeprefix(prefix): oid for name, oid in shop.refs.list(prefix).items()}
    later = [int(found[2]) for name in there if (found := _NUMBER.match(name)) and int(found[2]) > shop.state.last_n]
    if later:
        raise behind(shop.folder, f"refs of experiment {min(later)}")
    meet(shop)
    return Survey(there, _missing(shop, there))


def agree(shop: Workshop, begun: Survey) -> None:
    """Check that the ref of the best and the record name the same commit; a lost ref or branch is made again, and what else is missing is noted."""
    name, recorded = shop.ref("best"), shop.state.incumbent.commit
    found = shop.refs.read(name)
    if found is None:
        shop.refs.update([RefUpdate(name, recorded, None)])
        shop.record(Noted(text=f"{name} was missing and was made again at {recorded}"))
    elif found != recorded:
        raise moved_by_others(shop, recorded)
    if begun.missing:
        fix = f"`autoexp repair --tag {shop.folder.tag}` makes them again from the journal"
        shop.record(Noted(text=f"git has lost refs of this campaign: {begun.missing}; {fix}"))
    if shop.state.counts.kept or shop.state.knowledge.totals.taken_out:
        show_branch(shop, recorded)


def _missing(shop: Workshop, there: Mapping[str, str]) -> str:
    """Say what is missing: verdicts by their number, candidates among the last experiments, segments."""
    state, opened = shop.state, shop.state.open.n if shop.state.open else 0
    kept = sum(name.startswith("record/") and name != f"record/{opened}" for name in there)
    verdicts = len(state.experiments) - kept
    candidates = sum(f"attempt/{one.n}" not in there for one in state.knowledge.recent if one.candidate is not None)
    segments = sum(f"segment/{one.k}" not in there for one in state.segments[:-1])
    counts = {"verdict": verdicts, "candidate": candidates, "segment": segments}
    return ", ".join(counted(count, what) for what, count in counts.items() if count > 0)


def moved_head(shop: Workshop, begun: Survey) -> str:
    """Say that the user's later commits are not in the campaign, unless HEAD is one of its own."""
    head, state = shop.repository.head(), shop.state
    if head == state.base or head in begun.refs.values():
        return ""
    return (
        f"HEAD has moved to {head[:12]} since this campaign began at {state.base[:12]}: later commits are not in it; "
        "to start from them, use another --tag"
    )
