"""Which refs of a campaign belong to a record: what a bundle carries, and what may arrive with one."""

import re
from collections.abc import Iterable, Iterator, Mapping

from autoexp.campaign.state import CampaignState, Experiment

_NUMBERED = re.compile(r"(attempt|record|segment)/(\d+)(?:-try-\d+)?")


def refs_to_carry(state: CampaignState, *, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Give the refs that fit a record, named below the campaign's own prefix, while an engine may be going on.

    `before` was listed before the record was read: what mirrors the record is taken from there, so that it is never ahead of it.
    `after` was listed afterwards: every candidate that the record names has its ref by then.
    """
    found = {name: oid for name, oid in before.items() if name != "best" and not name.startswith("attempt/")}
    found |= {name: oid for name, oid in after.items() if name.startswith("attempt/")}
    found |= dict(_candidates(state))
    best = after.get("best", "")
    found["best"] = best if best in _bests(state) else state.incumbent.commit
    return {name: oid for name, oid in sorted(found.items()) if _within(state, name)}


def misfit(state: CampaignState, refs: Mapping[str, str]) -> str:
    """Say what refs claim that the record does not; empty when they fit."""
    if refs.get("best") not in _bests(state):
        return f"its best is {refs.get('best')}, and its record says {state.incumbent.commit}"
    for name, commit in _candidates(state):
        if refs.get(name, commit) != commit:
            return f"its {name} is {refs[name]}, and its record says {commit}"
    beyond = next((name for name in refs if not _within(state, name)), None)
    return f"its record knows nothing of {beyond}" if beyond else ""


def commits_needed(state: CampaignState, *, among: Iterable[Experiment] | None = None) -> dict[str, str]:
    """Give the commits without which a campaign cannot go on, each with what it is; of keeps only those `among` some, if these are given."""
    known = state.experiments if among is None else among
    needed = {e.candidate.commit: f"experiment {e.n}, kept" for e in known if e.kept and e.candidate}
    needed[state.incumbent.commit] = "the best so far"
    needed[state.base] = "the commit it began at"
    return needed


def _candidates(state: CampaignState) -> Iterator[tuple[str, str]]:
    for experiment in state.experiments:
        if experiment.candidate is not None:
            yield f"attempt/{experiment.n}", experiment.candidate.commit


def _bests(state: CampaignState) -> frozenset[str]:
    """Give where the best may stand: at what the record says, or where an experiment that is decided and not closed moves it."""
    allowed = {state.incumbent.commit}
    if state.open is not None and state.open.outcome is not None and state.open.candidate is not None:
        allowed |= {state.open.parent, state.open.candidate.commit}
    return frozenset(allowed)


def _within(state: CampaignState, name: str) -> bool:
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return True
    number = int(numbered[2])
    return number < len(state.segments) if numbered[1] == "segment" else number <= state.last_n
