"""What is tried: the files in scope of the user's checkout on top of the best so far, or the change of an earlier experiment."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.campaign.learning import numbered
from autoexp.engine.candidates import unfit
from autoexp.engine.dirty import CONTRACT_FILE, PROGRAM_FILE
from autoexp.engine.naming import named
from autoexp.engine.workshop import Workshop
from autoexp.errors import AutoexpError, CampaignError
from autoexp.workspaces.changes import Change
from autoexp.workspaces.fixtures import in_the_way
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.working_tree import differences


@dataclass(frozen=True, slots=True)
class Wanted:
    """The `changes` to the best so far, in words `what`; differences `elsewhere` are not measured.

    Paths `behind` are among the changes only because the checkout lacks what the campaign has kept there.
    """

    what: str
    changes: tuple[Change, ...]
    elsewhere: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


def of_checkout(shop: Workshop) -> Wanted:
    """Read the user's checkout as it is. Raises AutoexpError where there is none, or it cannot be measured."""
    repository, root = shop.repository, shop.repository.root
    if root is None:
        raise AutoexpError(
            "this repository is bare: it has no working tree to try",
            where=str(repository.common_dir),
            fix="run it in a worktree of this repository, or try an experiment: --experiment N",
        )
    best = shop.state.incumbent.commit
    entries = repository.entries(best)
    hidden = Hidden(repository, shop.spec.scope.hidden)

    def inside(path: str) -> bool:
        return shop.scope.matches(path) and not hidden.matches(path)

    found = differences(repository, root, entries, inside=inside)
    closed = hidden.touched(best, found.changes)
    changes = tuple(change for change in found.changes if change.path not in closed)
    _refuse_in_the_way(shop, changes)
    own = {str((shop.contract.folder / name).resolve()) for name in (CONTRACT_FILE, PROGRAM_FILE)}
    own |= _of_proposers(shop, repository.untracked()) if found.elsewhere else set()
    elsewhere = sorted({*found.elsewhere, *closed})
    base = entries if best == shop.state.base else repository.entries(shop.state.base)
    head = repository.entries(repository.head())

    def lacks(change: Change) -> bool:
        """Tell whether a path is as it was before the campaign because HEAD lacks what was kept there, and not by a person's hand."""
        return change.new == base.get(change.path) and head.get(change.path) != change.old

    return Wanted(
        "your checkout",
        changes,
        tuple(path for path in elsewhere if str(root.resolve() / path) not in own),
        tuple(change.path for change in changes if lacks(change)),
    )


def of_experiment(shop: Workshop, n: int) -> Wanted:
    """Take the change of an earlier experiment. Raises CampaignError where there is none, or it does not fit on the best so far."""
    first = numbered(shop.state, n)
    if first is None or first.candidate is None:
        raise CampaignError(
            f"there is no experiment {n} with a change that could be measured",
            fix="`autoexp log` lists them, `autoexp show N` tells how one ended",
        )
    changes = tuple(shop.repository.changed(first.candidate.parent, first.candidate.commit))
    best = shop.repository.entries(shop.state.incumbent.commit)
    if beyond := [change.path for change in changes if not shop.scope.matches(change.path)]:
        raise CampaignError(
            f"the scope of experiment {n} was another one: {named(beyond)}", fix="widen scope.edit, or try another one"
        )
    if others := unfit(changes, best):
        raise CampaignError(
            f"experiment {n} does not fit on the best so far: later keeps changed the same whole files: {named(others)}",
            fix=f"with a checkout of the best so far (`git merge autoexp/{shop.folder.tag}`), `autoexp diff {n} | git apply --3way` merges it line by line; "
            "then `autoexp try`",
        )
    return Wanted(f"experiment {n}", changes)


def _of_proposers(shop: Workshop, untracked: Sequence[str]) -> set[str]:
    """Give the files of edits that the contract names and nobody has committed: they are no part of what is measured."""
    root, proposer = shop.repository.root, shop.spec.proposer
    if root is None or proposer is None or proposer.kind != "script":
        return set()
    place = str((shop.contract.folder / str(proposer.options.get("file", ""))).resolve())
    return {place} & {str(root.resolve() / path) for path in untracked}


def _refuse_in_the_way(shop: Workshop, changes: Sequence[Change]) -> None:
    if blocked := in_the_way([change.path for change in changes if change.new], shop.cells.fixtures):
        raise AutoexpError(
            f"{named(blocked)} stands where harness.provide or harness.writable has a place",
            where=str(shop.repository.root),
            fix="move it, or mend those keys in autoexp.yaml",
        )
