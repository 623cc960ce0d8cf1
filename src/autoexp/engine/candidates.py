"""Steps 3 and 4 where nobody proposes: a checkpoint test, and an accepted or interrupted change that is measured again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autoexp.campaign.events import Captured, Proposed
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.interruptions import change_of
from autoexp.campaign.learning import numbered
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Proposal
from autoexp.workspaces.changes import Change, Entry
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.quoting import listed
from autoexp.workspaces.refs import RefUpdate

PATHS_NAMED = 20
WORDS = {"hypothesis", "description", "asi", "proposer", "model", "program", "ending", "offer", "expect"}


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that ended before anything was measured; `mendable` tells that its proposer might do better when it sees why."""

    outcome: Outcome
    detail: str = ""
    flags: tuple[str, ...] = ()
    mendable: bool = False


def present(shop: Workshop, n: int) -> Candidate:
    """Steps 3 and 4 of a checkpoint test: its candidate is there already, as the best so far."""
    opened = shop.state.open
    best, parent = shop.state.incumbent.commit, opened.parent if opened else ""
    with shop.faults.around("capture", n):
        candidate = candidate_at(shop, best, parent, shop.repository.changed(parent, best))
    with shop.faults.around("attempt", n):
        shop.refs.update([RefUpdate(shop.ref("attempt", n), best, None)])
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


def carry_over(shop: Workshop, n: int, of: int) -> Candidate | Ending:
    """Give an accepted experiment's change on top of the best so far: its own commit where that is still the parent.

    Where the best has another content in one of its paths by now, the experiment ends as no_change, and says so.
    """
    return _carried(shop, n, of, numbered(shop.state, of), told=_accepted, why="accepted by a person")


def take_again(shop: Workshop, n: int, again: int) -> Candidate | Ending:
    """Give an interrupted experiment's change once more, in the words of its proposer: its own commit, for nothing was kept since."""
    found = change_of(shop.state, again)
    return _carried(shop, n, found.n if found else again, found, told=_same_words, why="which was interrupted")


def _carried(
    shop: Workshop, n: int, of: int, first: Experiment | None, *, told: Callable[[Experiment], Proposal], why: str
) -> Candidate | Ending:
    opened = shop.state.open
    if first is None or first.candidate is None or opened is None:
        return Ending(Outcome.NO_CHANGE, f"experiment {of} has no change that could be measured again")
    shop.record(Proposed(n=n, proposal=told(first)))
    was, parent = first.candidate, opened.parent
    with shop.faults.around("capture", n):
        changes = shop.repository.changed(was.parent, was.commit)
        if beyond := outside(shop, parent, changes):
            return Ending(Outcome.OUT_OF_SCOPE, f"the scope of experiment {of} was another one: {named(beyond)}")
        if moved := unfit(changes, shop.repository.entries(parent)):
            detail = f"experiment {of} was accepted, but does not fit on the best so far, in which others are now"
            return Ending(Outcome.NO_CHANGE, f"{detail}: {named(moved)}")
        message = f"experiment {n}: {first.description or 'no description'}\n\nexperiment {of}, {why}\n"
        when = int(opened.started)
        commit = was.commit if was.parent == parent else shop.repository.commit(parent, changes, message, when=when)
        candidate = candidate_at(shop, commit, parent, changes)
    with shop.faults.around("attempt", n):
        shop.refs.update([RefUpdate(shop.ref("attempt", n), commit, None)])
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


def _accepted(accepted: Experiment) -> Proposal:
    """Say what is measured again; what it cost stands at the accepted one."""
    said = accepted.proposal or Proposal()
    description = f"experiment {accepted.n}, accepted: {said.description}".rstrip(": ")
    return Proposal(hypothesis=said.hypothesis, description=description, asi=said.asi)


def _same_words(interrupted: Experiment) -> Proposal:
    """Say what its proposer said of the change that is there; what it used, and what it had beside the change, stands at the first one."""
    made = next((one.proposal for one in interrupted.tries if one.candidate == interrupted.candidate), None)
    said = made or interrupted.proposal or Proposal()
    return Proposal.model_validate(said.model_dump(include=WORDS))


def outside(shop: Workshop, parent: str, changes: Sequence[Change]) -> list[str]:
    """List the paths of changes to `parent` that a candidate may not change."""
    closed = Hidden(shop.repository, shop.spec.scope.hidden).touched(parent, changes)
    return [change.path for change in changes if change.path in closed or not shop.scope.matches(change.path)]


def named(paths: Sequence[str]) -> str:
    """Name the first few paths."""
    return listed(paths, PATHS_NAMED)


def unfit(changes: Sequence[Change], now: Mapping[str, Entry]) -> list[str]:
    """List the paths of changes that do not fit on a tree: their old content is not there, or a file stands in the way."""
    gone = {change.path for change in changes if change.new is None}
    folders = {folder for path in now if path not in gone for folder in _folders(path)}
    return [
        change.path
        for change in changes
        if now.get(change.path) != change.old
        or (change.new is not None and (change.path in folders or _below_a_file(change.path, now, gone)))
    ]


def _below_a_file(path: str, now: Mapping[str, Entry], gone: set[str]) -> bool:
    return any(folder in now and folder not in gone for folder in _folders(path))


def _folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:i]) for i in range(1, len(names))]


def candidate_at(shop: Workshop, commit: str, parent: str, changes: Sequence[Change]) -> Candidate:
    """Give the candidate that a commit above `parent` is."""
    added, removed = shop.repository.changed_lines(parent, commit)
    return Candidate(
        commit=commit,
        parent=parent,
        paths=tuple(change.path for change in changes),
        diff_lines=added + removed,
        lines_added=added,
        lines_removed=removed,
    )
