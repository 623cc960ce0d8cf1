"""Steps 3 and 4 of experiments that a person's command asks for: their candidates are made of changes that are there already."""

from collections.abc import Sequence
from contextlib import suppress

from autoexp.campaign.events import Captured, Proposed
from autoexp.campaign.learning import numbered
from autoexp.campaign.members import kept_line
from autoexp.engine.candidates import Ending, candidate_at, named, outside
from autoexp.engine.leaving import without
from autoexp.engine.workshop import Workshop
from autoexp.errors import GitError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Directive, Proposal
from autoexp.workspaces.changes import Change
from autoexp.workspaces.merging import Draft, Trees
from autoexp.workspaces.refs import RefUpdate


def compose(shop: Workshop, n: int, directive: Directive) -> Candidate | Ending:
    """Give the best so far without the members of a directive, or with their changes together."""
    return take_out(shop, n, directive.members) if directive.takes_out else put_together(shop, n, directive.members)


def take_out(shop: Workshop, n: int, members: Sequence[int]) -> Candidate | Ending:
    """Give the best so far without these keeps. The experiment ends as no_change where later ones are built on them."""
    numbers = _numbers(members)
    said = f"take out {numbers}, which a confirmation does not support"
    shop.record(Proposed(n=n, proposal=Proposal(description=said, asi={"kind": "prune"})))
    with shop.faults.around("capture", n):
        taken = without(shop.repository, _parent(shop), kept_line(shop.state), members)
    if taken.together:
        return Ending(Outcome.NO_CHANGE, f"others are built on {numbers}: {'; '.join(taken.hunks)}")
    return _captured(shop, n, taken.changes, said) if taken.changes else Ending(Outcome.NO_CHANGE, taken.detail)


def put_together(shop: Workshop, n: int, members: Sequence[int]) -> Candidate | Ending:
    """Give the best so far with the changes of these experiments. It ends as no_change where they do not fit on it any more."""
    said = f"{_numbers(members)} together"
    shop.record(Proposed(n=n, proposal=Proposal(description=said, asi={"kind": "bundle"})))
    with shop.faults.around("capture", n):
        draft, fit = _joined(shop, members)
        if fit != tuple(members):
            left = [one for one in members if one not in fit]
            return Ending(Outcome.NO_CHANGE, f"{_numbers(left)} cannot be put on the best so far with the others")
        changes = draft.store()
    return _captured(shop, n, changes, said)


def fitting(shop: Workshop, members: Sequence[int]) -> tuple[int, ...]:
    """Give those of some experiments whose changes go together on the best so far, the first ones before later ones."""
    return _joined(shop, members)[1]


def _joined(shop: Workshop, members: Sequence[int]) -> tuple[Draft, tuple[int, ...]]:
    best = _parent(shop)
    draft, found = Draft(shop.repository, best, Trees(shop.repository)), []
    for n in members:
        one = numbered(shop.state, n)
        if one is None or one.candidate is None:
            continue
        before = draft.changes()
        with suppress(GitError):  # what git has lost is not tried
            fits = not draft.merge(base=one.candidate.parent, theirs=one.candidate.commit)
            if fits and draft.changes() != before:
                found.append(n)
    return draft, tuple(found)


def _captured(shop: Workshop, n: int, changes: Sequence[Change], said: str) -> Candidate | Ending:
    """Give the candidate a commit, and that a ref, before it is measured."""
    opened, parent = shop.state.open, _parent(shop)
    if beyond := outside(shop, parent, changes):
        return Ending(Outcome.OUT_OF_SCOPE, f"the scope was another one then: {named(beyond)}")
    with shop.faults.around("attempt", n):
        commit = shop.repository.commit(
            parent, changes, f"experiment {n}: {said}\n", when=int(opened.started) if opened else 0
        )
        candidate = candidate_at(shop, commit, parent, changes)
        shop.refs.update([RefUpdate(shop.ref("attempt", n), commit, None)])
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


def _parent(shop: Workshop) -> str:
    return shop.state.open.parent if shop.state.open else shop.state.incumbent.commit


def _numbers(members: Sequence[int]) -> str:
    *first, last = map(str, sorted(members))
    return f"experiments {', '.join(first)} and {last}" if first else f"experiment {last}"
