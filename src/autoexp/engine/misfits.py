"""What of a proposer's edits, where they are written down, does not apply to the commit that a campaign would begin at."""

from collections.abc import Sequence
from pathlib import Path

from autoexp.ports import Proposer
from autoexp.workspaces.changes import GITLINK, LINK
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository

MOST = 5
"""So many are told one by one."""


def edits_that_do_not_apply(
    proposer: Proposer | None, repository: Repository, commit: str, *, hidden: Sequence[str], scratch: Path
) -> tuple[str, ...]:
    """Ask a proposer that can say so; each is tried in a folder below `scratch`. Empty for any other proposer."""
    ask = getattr(proposer, "misfits", None)
    if ask is None:
        return ()
    entries, unseen = repository.entries(commit), Hidden(repository, hidden)
    odd = [path for path, entry in entries.items() if entry.mode in {GITLINK, LINK}]

    def read(path: str) -> bytes | None:
        if any(path == one or path.startswith(f"{one}/") for one in odd):
            raise LookupError(path)
        known = path in entries and not unseen.matches(path)
        return repository.read_blob(f"{commit}:{path}") if known else None

    said = tuple(ask(read, scratch))
    more = (f"{len(said) - MOST} more edits do not apply to HEAD",) if len(said) > MOST else ()
    return (*said[:MOST], *more)
