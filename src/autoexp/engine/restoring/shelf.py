"""What git holds of a campaign: its refs, the lines in their blobs, and which objects are there."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from autoexp.engine.restoring.wanted import Attempt
from autoexp.errors import GitError
from autoexp.stores.blobs import Held, unpacked
from autoexp.workspaces.bundles import kinds
from autoexp.workspaces.refs import Refs, RefUpdate
from autoexp.workspaces.repository import Repository

BLOBS = ("record/", "segment/", "tail")
LOST = "lost/"


@dataclass(slots=True)
class Shelf:
    """The refs of a campaign by their short names. `held` are the lines of blobs, `summaries` the blobs that hold none."""

    repository: Repository
    tag: str
    names: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    summaries: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Give what the full names begin with."""
        return f"refs/autoexp/{self.tag}/"

    def aside(self, name: str) -> list[RefUpdate]:
        """Give what keeps the present value of a ref below `lost`."""
        oid = self.names[name]
        kept = f"{LOST}{name.replace('/', '-')}-{oid[:12]}"
        return [] if kept in self.lost else [RefUpdate(self.prefix + kept, oid, None)]

    def later(self, last_n: int) -> list[str]:
        """Give the names that belong to experiments after the last one on record."""
        return sorted(name for name in self.names if (number_of(name) or 0) > last_n)


def shelf(repository: Repository, tag: str) -> Shelf:
    """Read all refs of a campaign and the blobs behind them."""
    found = Shelf(repository, tag)
    for full, oid in Refs(repository).list(found.prefix).items():
        name = full.removeprefix(found.prefix)
        (found.lost if name.startswith(LOST) else found.names)[name] = oid
    for name, oid in found.names.items():
        if name.startswith(BLOBS):
            try:
                lines = unpacked(repository.read_blob(oid))
            except GitError:  # the object is gone: it is made again like one whose ref is
                continue
            if lines is None:
                found.summaries.add(name)
            else:
                found.held[name] = lines
    return found


def number_of(name: str) -> int | None:
    """Give the number of the experiment that a ref belongs to; None for refs of no experiment."""
    kind, _, rest = name.partition("/")
    number = rest.split("-")[0]
    return int(number) if kind in {"attempt", "record"} and number.isdigit() else None


def without_objects(repository: Repository, attempts: Iterable[Attempt]) -> set[str]:
    """Give the commits of which something is gone: the commit, its tree, or a file that it changed."""
    found = {attempt.candidate.commit: attempt.candidate for attempt in attempts}
    asked = {f"{commit}^{{tree}}": commit for commit in found} | {commit: commit for commit in found}
    gone = {asked[name] for name, kind in kinds(repository.git, asked).items() if kind is None}
    files = {
        f"{commit}:{path}": commit
        for commit, candidate in found.items()
        if commit not in gone
        for path in candidate.paths
        if "\n" not in path
    }
    doubtful = {files[name] for name, kind in kinds(repository.git, files).items() if kind is None}
    return gone | {commit for commit in doubtful if _lacks_a_file(repository, found[commit].parent, commit)}


def _lacks_a_file(repository: Repository, parent: str, commit: str) -> bool:
    """Tell a file whose content is gone from one that the change has deleted."""
    try:
        new = [change.new.oid for change in repository.changed(parent, commit) if change.new is not None]
    except GitError:
        return True
    return None in kinds(repository.git, new).values()
