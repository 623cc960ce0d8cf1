"""The user's branches: which one is meant, where it is checked out, and moving one that is checked out nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import RepositoryError
from autoexp.workspaces.git import failure
from autoexp.workspaces.locks import explained
from autoexp.workspaces.refs import WAIT_S, Refs
from autoexp.workspaces.repository import Repository

HEADS = "refs/heads/"
ACTION = "autoexp apply"
"""What git's reflog says of a move."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its ref, the commit it stands at, and the root of the checkout that has it, None for none."""

    ref: str
    commit: str
    checkout: Path | None

    @property
    def name(self) -> str:
        """Give the name that people use."""
        return self.ref.removeprefix(HEADS)


def current_branch(repository: Repository) -> Branch | None:
    """Give the branch that HEAD names; None when HEAD is detached. Raises RepositoryError before the first commit."""
    ref = _meant(repository, "HEAD")
    return None if ref is None else _branch(repository, ref, repository.head())


def named_branch(repository: Repository, name: str) -> Branch:
    """Give a branch by its name; one that stands for another one is that other one. Raises RepositoryError when there is none."""
    ref = HEADS + name.removeprefix(HEADS)
    ref = _meant(repository, ref) or ref
    if not ref.startswith(HEADS):
        raise RepositoryError(f"{name} stands for {ref}, which is no branch", fix="name a branch")
    commit = Refs(repository).read(ref)
    if commit is None:
        fix = "`git branch` lists those that are here; `git branch NAME COMMIT` makes one"
        raise RepositoryError(f"there is no branch named {name or 'nothing'}", fix=fix)
    return _branch(repository, ref, commit)


def refuse_half_rebased(repository: Repository, branch: Branch) -> None:
    """Raise RepositoryError where a checkout will return to a branch when its rebase or bisect ends."""
    if branch.ref in Refs(repository).half_rebased():
        raise RepositoryError(
            f"a checkout is in the midst of a rebase or a bisect of {branch.name}", fix="end it, or abort it, first"
        )


def swap(repository: Repository, branch: Branch, new: str) -> None:
    """Move a branch from where it was seen to `new`. Raises RepositoryError when it stands elsewhere by now or is being rebased, or GitError."""
    refuse_half_rebased(repository, branch)
    logged = () if repository.root is None else ("-c", "core.logAllRefUpdates=true")
    wait = ("-c", f"core.filesRefLockTimeout={WAIT_S * 1000:.0f}")
    arguments = ("update-ref", "--no-deref", "-m", ACTION, branch.ref, new, branch.commit)
    code, _, errors = repository.git.ask(*logged, *wait, *arguments)
    if code == 0:
        return
    found = Refs(repository).read(branch.ref)
    if found != branch.commit:
        raise moved_meanwhile(branch, found)
    raise explained(failure(arguments, code, errors))


def moved_meanwhile(branch: Branch, found: str | None) -> RepositoryError:
    """Give the error for a branch that somebody else has moved."""
    return RepositoryError(
        f"branch {branch.name} was moved by somebody else just now, from {branch.commit[:12]} to {str(found)[:12]}",
        fix="look at it, then `autoexp apply` again; nothing was changed",
    )


def _branch(repository: Repository, ref: str, commit: str) -> Branch:
    """Give a branch with its checkout. Git's list names a wrong place where the git directory lies apart, as in a submodule."""
    if repository.root is not None and _meant(repository, "HEAD") == ref:
        return Branch(ref, commit, repository.root)
    return Branch(ref, commit, next((root for root, branch in _checkouts(repository) if branch == ref), None))


def _meant(repository: Repository, name: str) -> str | None:
    """Give the ref that a symbolic one leads to in the end, None for one that is none."""
    code, output, _ = repository.git.ask("symbolic-ref", "--quiet", name)
    return output.decode("utf-8", "surrogateescape").strip() if code == 0 else None


def _checkouts(repository: Repository) -> Iterator[tuple[Path, str]]:
    """Give the root of each checkout that is on a branch, with the branch."""
    output = repository.git.run("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
    for block in output.split("\0\0"):
        told = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if "branch" in told:
            yield Path(told["worktree"]), told["branch"]
