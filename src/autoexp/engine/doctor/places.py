"""git, and the repository around a folder."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from autoexp.engine.dirty import CONTRACT_FILE
from autoexp.engine.doctor.finding import Finding
from autoexp.engine.naming import counted, named
from autoexp.errors import AutoexpError, RepositoryError, WorldError
from autoexp.stores.layout import tags
from autoexp.workspaces.discovery import refuse_old_git
from autoexp.workspaces.git import Git
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and the git directory and the checkout if there are any."""

    findings: tuple[Finding, ...]
    common_dir: Path | None = None
    root: Path | None = None


def look(folder: Path) -> Looked:
    """Look at git itself, then at the repository."""
    git = Git(folder)
    try:
        refuse_old_git(git)
        version = git.run("version").decode().strip()
    except (RepositoryError, WorldError) as error:
        what, do = (error.what, error.fix) if isinstance(error, AutoexpError) else (str(error), "")
        return Looked((Finding("git", "problem", what, do=do, hopeless=True),))
    fine = Finding("git", "ok", version)
    try:
        repository = Repository.open(folder)
    except (RepositoryError, WorldError) as error:
        return Looked((fine, _unusable(error)))
    with closing(repository):
        try:
            return Looked((fine, *_state(repository)), repository.common_dir, repository.root)
        except (RepositoryError, WorldError) as error:
            return Looked((fine, _unusable(error)), repository.common_dir)


def _unusable(error: RepositoryError | WorldError) -> Finding:
    if isinstance(error, WorldError):
        return Finding("repository", "problem", str(error))
    where = f"{error.where}: " if error.where else ""
    outside = error.what == "not a git repository"
    return Finding("repository", "warning" if outside else "problem", f"{where}{error.what}", do=error.fix)


def _state(repository: Repository) -> Iterator[Finding]:
    head = repository.head()
    words = [f"HEAD is {head[:12]}"]
    if repository.root is None:
        words.append("bare")
    words.append(f"campaigns: {', '.join(tags(repository.common_dir)) or 'none'}")
    if repository.root is not None and not (repository.root / CONTRACT_FILE).is_file():
        words.append(f"no {CONTRACT_FILE} at its root")
    own = {CONTRACT_FILE, "program.md"}
    dirty = repository.dirty(lambda path: path not in own)
    yield Finding("repository", "ok", f"{repository.root or repository.common_dir}: {'; '.join(words)}")
    if dirty:
        yield Finding(
            "repository",
            "warning",
            f"{counted(len(dirty), 'tracked file')} differ{'s' if len(dirty) == 1 else ''} from HEAD: {named(dirty)}",
            do="commit or stash those of the scope and the harness before `autoexp run`; experiments start from what is committed",
        )
