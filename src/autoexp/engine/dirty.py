"""What of the user's checkout differs from HEAD: in scope or of the harness it stops a start, elsewhere it is worth a word.

A campaign that has begun goes on from what it began with: then all of it is worth a word, and nothing stops it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from autoexp.engine.contract import Contract
from autoexp.engine.naming import counted, named
from autoexp.errors import AutoexpError
from autoexp.spec import commands
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

CONTRACT_FILE = "autoexp.yaml"
PROGRAM_FILE = "program.md"


@dataclass(frozen=True, slots=True)
class Dirty:
    """Tracked paths that differ from HEAD: those of the scope, those of the harness, and the rest.

    `new` are files in scope that were never added.
    """

    scope: tuple[str, ...] = ()
    harness: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[str, ...]:
        """Give those that a start is refused for."""
        return (*self.scope, *self.harness)


def refuse_dirty(contract: Contract, repository: Repository) -> None:
    """Raise AutoexpError while a file in scope or of the harness differs from HEAD: a measurement would not be of what one sees."""
    dirty = dirty_files(contract, repository)
    parts = [
        f"{counted(len(paths), 'file')} {what} {'differs' if len(paths) == 1 else 'differ'} from HEAD: {named(paths)}"
        for paths, what in ((dirty.scope, "in scope"), (dirty.harness, "of the harness"))
        if paths
    ]
    if parts:
        raise AutoexpError(
            "; ".join(parts),
            where=str(repository.root),
            fix="commit or stash them (git stash); experiments start from what is committed",
        )


def dirty_elsewhere(contract: Contract, repository: Repository) -> str:
    """Say what differs from HEAD outside of scope and harness, or is new in scope: it is not what is measured. Empty when nothing does."""
    dirty = dirty_files(contract, repository)
    others, new = dirty.others, dirty.new
    parts = []
    if others:
        parts.append(
            f"{counted(len(others), 'file')} outside of scope and harness {'differs' if len(others) == 1 else 'differ'} from HEAD "
            f"and {'is' if len(others) == 1 else 'are'} measured as committed: {named(others)}"
        )
    if new:
        parts.append(
            f"{counted(len(new), 'file')} in scope {'is' if len(new) == 1 else 'are'} not committed and not in what is measured: {named(new)}"
        )
    return "; ".join(parts)


def dirty_meanwhile(contract: Contract, repository: Repository) -> str:
    """Say what differs from HEAD while a campaign that has begun goes on. Empty when nothing does."""
    dirty = dirty_files(contract, repository)
    paths = sorted({*dirty.scope, *dirty.harness, *dirty.others})
    if not paths:
        return ""
    return (
        f"{counted(len(paths), 'file')} {'differs' if len(paths) == 1 else 'differ'} from HEAD, and the campaign goes on with its own commits: "
        f"{named(paths)}"
    )


def dirty_files(contract: Contract, repository: Repository) -> Dirty:
    """Sort what differs from HEAD. The two contract files need not be committed."""
    if repository.root is None:
        return Dirty()
    root = repository.root.resolve()
    own = {contract.folder.resolve() / name for name in (CONTRACT_FILE, PROGRAM_FILE)}
    own |= {
        root / place_in_tree(pattern) for pattern in contract.spec.harness.provide
    }  # a submodule, shown as it stands
    scope, harness = Scope(contract.spec.scope.edit), tuple(_of_harness(contract.spec))
    hidden = Hidden(repository, contract.spec.scope.hidden)
    found: dict[str, list[str]] = {"scope": [], "harness": [], "others": []}
    for path in repository.dirty(lambda path: root / path not in own):
        kind = "scope" if scope.matches(path) else "others"
        if kind == "others" and (
            hidden.matches(path) or any(_below(path, place) or _below(place, path) for place in harness)
        ):
            kind = "harness"
        found[kind].append(path)
    added = [path for path in repository.untracked() if root / path not in own]
    return Dirty(
        **{kind: tuple(paths) for kind, paths in found.items()},
        new=tuple(path for path in added if scope.matches(path)),
    )


def _of_harness(spec: Spec) -> Iterator[str]:
    """Give the paths that the harness's commands name."""
    harness = spec.harness
    for command in (harness.measure, harness.checks, harness.holdout):
        if command is not None:
            yield from commands.named(command, harness.cwd)


def _below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
