"""What a session asks before it writes anything: a refusal here leaves nothing behind."""

from collections.abc import Mapping

from autoexp.engine.completing import refuse_absent, refuse_large_files, scope_of_submodule, shows_hidden, submodule_of
from autoexp.engine.contract import Contract
from autoexp.engine.dirty import CONTRACT_FILE, refuse_dirty
from autoexp.engine.lost import refuse_lost
from autoexp.errors import AutoexpError
from autoexp.processes.environment import secrets_from
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


def refuse_hopeless(
    contract: Contract, repository: Repository, folder: CampaignFolder, *, environ: Mapping[str, str]
) -> None:
    """Raise AutoexpError for whatever would make the session fail or mislead later on.

    Where a campaign begins is asked here for a new one alone: that of one with a journal is known when that is read.
    """
    head = repository.head()
    if not is_begun(folder):
        refuse_bad_start(contract, repository, head)
    secrets_from(environ, contract.spec.harness.env_from)
    refuse_lost(folder, repository)


def is_begun(folder: CampaignFolder) -> bool:
    """Tell whether a campaign has a journal with something in it."""
    return folder.journal.is_file() and folder.journal.stat().st_size > 0


def refuse_bad_start(contract: Contract, repository: Repository, head: str) -> None:
    """Refuse to begin at HEAD where it does not go with the contract, or the checkout shows something else."""
    refuse_dirty(contract, repository)
    refuse_unfit_commit(contract.spec, repository, head)


def refuse_unfit_commit(spec: Spec, repository: Repository, commit: str) -> None:
    """Refuse a commit that no campaign can begin at: files of it are not here, or it does not go with scope and hidden paths."""
    refuse_absent(repository, commit)
    refuse_empty_scope(spec, repository, commit)
    refuse_large_files(spec, repository, commit)
    refuse_bare_hidden(spec, repository, commit)


def refuse_empty_scope(spec: Spec, repository: Repository, commit: str) -> None:
    """Refuse a scope in which no file lies: every change would be out of it."""
    scope = Scope(spec.scope.edit)
    if not any(scope.matches(path) for path in repository.paths(commit)):
        what, fix = scope_of_submodule(spec, repository.entries(commit)) or (
            f"scope.edit matches no file of HEAD: {', '.join(spec.scope.edit)}",
            "name files that are committed, in gitignore syntax, seen from the repository's top",
        )
        raise AutoexpError(what, where=CONTRACT_FILE, fix=fix)


def refuse_bare_hidden(spec: Spec, repository: Repository, commit: str) -> None:
    """Refuse a hidden pattern that hides nothing, most likely by a slip: its files would lie open to every proposer."""
    if not spec.scope.hidden:
        return
    entries = repository.entries(commit)
    for pattern in spec.scope.hidden:
        plain = not pattern.startswith(("!", "#"))
        if plain and not submodule_of(pattern, entries) and not Hidden(repository, [pattern]).paths(commit):
            raise AutoexpError(
                f"scope.hidden names {pattern}, which matches no file of HEAD",
                where=CONTRACT_FILE,
                fix="commit the files, or mend the pattern: gitignore syntax, seen from the repository's top",
            )
    hidden = Hidden(repository, spec.scope.hidden)
    for place in map(place_in_tree, spec.harness.provide):
        if shows_hidden(place, spec, hidden, entries):
            raise AutoexpError(
                f"harness.provide shows {place} to every command, and scope.hidden hides it, or what is in it",
                where=CONTRACT_FILE,
                fix="leave it out of one of them; what the holdout alone may see has to be committed",
            )
