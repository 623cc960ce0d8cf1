"""What a session asks before it writes anything: a refusal here leaves nothing behind."""

from collections.abc import Mapping

from autoexp.engine.contract import Contract
from autoexp.engine.lost import refuse_lost
from autoexp.errors import AutoexpError
from autoexp.processes.environment import secrets_from
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

CONTRACT_FILE = "autoexp.yaml"
PROGRAM_FILE = "program.md"
NAMED = 10


def refuse_hopeless(
    contract: Contract, repository: Repository, folder: CampaignFolder, *, environ: Mapping[str, str]
) -> None:
    """Raise AutoexpError for whatever would make the session fail or mislead later on."""
    head = repository.head()
    refuse_dirty(contract, repository)
    refuse_empty_scope(contract.spec, repository, head)
    refuse_bare_hidden(contract.spec, repository, head)
    secrets_from(environ, contract.spec.harness.env_from)
    refuse_lost(folder, repository)


def refuse_dirty(contract: Contract, repository: Repository) -> None:
    """Refuse while tracked files differ from HEAD: a measurement of HEAD would not be of what one sees."""
    if dirty := dirty_files(contract, repository):
        raise AutoexpError(
            f"{counted(len(dirty), 'tracked file')} {'differs' if len(dirty) == 1 else 'differ'} from HEAD: {named(dirty)}",
            where=str(repository.root),
            fix="commit or stash them; experiments start from what is committed",
        )


def dirty_files(contract: Contract, repository: Repository) -> list[str]:
    """List the tracked files that differ from HEAD. The two contract files need not be committed."""
    if repository.root is None:
        return []
    root = repository.root.resolve()
    own = {contract.folder.resolve() / name for name in (CONTRACT_FILE, PROGRAM_FILE)}
    return repository.dirty(lambda path: root / path not in own)


def refuse_empty_scope(spec: Spec, repository: Repository, commit: str) -> None:
    """Refuse a scope in which no file lies: every change would be out of it."""
    scope = Scope(spec.scope.edit)
    if not any(scope.matches(path) for path in repository.paths(commit)):
        raise AutoexpError(
            f"scope.edit matches no file of HEAD: {', '.join(spec.scope.edit)}",
            where=CONTRACT_FILE,
            fix="name files that are committed, in gitignore syntax, seen from the repository's top",
        )


def refuse_bare_hidden(spec: Spec, repository: Repository, commit: str) -> None:
    """Refuse a hidden pattern that hides nothing, most likely by a slip: its files would lie open to every proposer."""
    for pattern in spec.scope.hidden:
        if not pattern.startswith(("!", "#")) and not Hidden(repository, [pattern]).paths(commit):
            raise AutoexpError(
                f"scope.hidden names {pattern}, which matches no file of HEAD",
                where=CONTRACT_FILE,
                fix="commit the files, or mend the pattern: gitignore syntax, seen from the repository's top",
            )
    hidden = Hidden(repository, spec.scope.hidden)
    for place in map(place_in_tree, spec.harness.provide):
        if hidden.matches(place) or hidden.matches(f"{place}/anything"):
            raise AutoexpError(
                f"harness.provide shows {place} to every command, and scope.hidden hides it",
                where=CONTRACT_FILE,
                fix="leave it out of one of them; what the holdout alone may see has to be committed",
            )


def counted(count: int, noun: str) -> str:
    """Say how many there are of a thing."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(names: list[str]) -> str:
    """Name the first ones, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
