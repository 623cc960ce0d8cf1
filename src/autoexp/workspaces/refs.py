"""The engine's refs: compare and swap in one transaction, and the branch that people look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.errors import GitError, RefMovedError
from autoexp.workspaces.git import failure
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One move of a ref: `old` None means it must not exist, `new` None deletes it."""

    name: str
    new: str | None
    old: str | None


class Refs:
    """Refs of one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._git = repository.git

    def read(self, name: str) -> str | None:
        """Return the object a ref points at, None when it does not exist."""
        code, output, _ = self._git.ask("show-ref", "--verify", "--hash", name)
        return output.decode().strip() if code == 0 else None

    def list(self, prefix: str) -> dict[str, str]:
        """Return all refs below a prefix such as `refs/autoexp/fast`."""
        output = self._git.run("for-each-ref", "--format=%(objectname) %(refname)", prefix.rstrip("/"))
        pairs = (line.split(" ", 1) for line in output.decode("utf-8", "surrogateescape").splitlines())
        return {name: oid for oid, name in pairs}

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Move all refs or none; RefMovedError when one of them is not where it was expected."""
        if not updates:
            return
        lines = b"".join(_line(update) for update in updates)
        arguments = ("update-ref", "-z", "--stdin")
        code, _, errors = self._git.ask(*arguments, stdin=b"start\0" + lines + b"prepare\0commit\0")
        if code == 0:
            return
        for update in updates:
            found = self.read(update.name)
            if found != update.old:
                raise RefMovedError(f"{update.name} is at {found}, expected {update.old}: somebody else moved it")
        raise failure(arguments, code, errors)

    def move_view_branch(self, tag: str, commit: str) -> str | None:
        """Let the branch `autoexp/<tag>` show a commit; return why not when something of the user's is in the way."""
        branch = f"autoexp/{tag}"
        name = f"refs/heads/{branch}"
        if self.read("refs/heads/autoexp") is not None:
            return f"branch {branch} is not shown: a branch named autoexp is in the way"
        if name in self._checked_out():
            return f"branch {branch} is not moved: a worktree has it checked out"
        current = self.read(name)
        if current == commit:
            return None
        if current is not None and self._foreign(current, commit, tag):
            return f"branch {branch} is not moved: it holds commits that are not of this campaign"
        try:
            self.update([RefUpdate(name, commit, current)])
        except GitError as error:
            return f"branch {branch} is not moved: {error}"
        return None

    def remove_stale_locks(self, prefix: str) -> tuple[str, ...]:
        """Remove lock files that a killed git left below a prefix; only for the holder of the campaign's lock."""
        folder = self._repository.common_dir / prefix
        removed = []
        for lock in sorted(folder.rglob("*.lock")):
            if lock.is_file():
                lock.unlink(missing_ok=True)
                removed.append(lock.relative_to(self._repository.common_dir).as_posix())
        return tuple(removed)

    def _checked_out(self) -> set[str]:
        output = self._git.run("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
        return {line.removeprefix("branch ") for line in output.split("\0") if line.startswith("branch ")}

    def _foreign(self, current: str, commit: str, tag: str) -> bool:
        known = f"--glob=refs/autoexp/{tag}/*"
        code, output, _ = self._git.ask("rev-list", "--max-count=1", current, "--not", commit, known)
        return code != 0 or bool(output.strip())


def _line(update: RefUpdate) -> bytes:
    if update.old is None and update.new is not None:
        return f"create {update.name}\0{update.new}\0".encode()
    if update.new is None:
        return f"delete {update.name}\0{update.old or ''}\0".encode()
    return f"update {update.name}\0{update.new}\0{update.old}\0".encode()
