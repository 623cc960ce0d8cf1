"""The engine's refs: compare and swap in one transaction, and the branch that people look at."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import GitError, RefMovedError
from autoexp.workspaces.git import failure
from autoexp.workspaces.locks import explained, is_abandoned, remove, remove_below, seen
from autoexp.workspaces.repository import Repository

WAIT_S, VIEW_WAIT_S = 10.0, 1.0
"""How long a lock of another git is waited for: on a ref that the campaign needs, and on the branch that is a view only."""
_BEGUN = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")
_REFUSED = re.compile(r"'(?P<there>refs/[^']+)' exists; cannot create '(?P<wanted>refs/[^']+)'")


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
        pairs = (line.split(" ", 1) for line in output.decode("utf-8", "surrogateescape").split("\n")[:-1])
        return {name: oid for oid, name in pairs}

    def update(self, updates: Sequence[RefUpdate], *, wait_s: float = WAIT_S) -> None:
        """Move all refs or none; RefMovedError when one of them is not where it was expected.

        A lock of another git is waited for; GitError names it when it stays, and says what to do. Objects that a git of the
        user's has removed since they were written are stored again.
        """
        if not updates:
            return
        lines = b"".join(_line(update) for update in updates)
        wait = f"core.filesRefLockTimeout={wait_s * 1000:.0f}"
        arguments = ("update-ref", "-z", "--no-deref", "--stdin")
        for _ in range(2):
            code, _, errors = self._git.ask("-c", wait, *arguments, stdin=b"start\0" + lines + b"prepare\0commit\0")
            lost = self._repository.store_lost()
            if code == 0:
                return
            if not lost:
                break
        for update in updates:
            found = self.read(update.name)
            if found != update.old:
                raise RefMovedError(f"{update.name} is at {found}, expected {update.old}: somebody else moved it")
        if (clash := _REFUSED.search(errors.decode("utf-8", "replace"))) is not None:
            raise _in_the_way(clash["there"], clash["wanted"])
        raise explained(failure(arguments, code, errors))

    def move_view_branch(self, tag: str, commit: str, *, base: str | None = None, was_base: bool = False) -> str | None:
        """Let the branch `autoexp/<tag>` show a commit; return why not when something of the user's is in the way.

        The branch is the campaign's own when it stands at a commit that the campaign made after its `base`, or at the base itself where it
        has shown that before (`was_base`). Without a base, every ancestor of the commit counts.
        """
        branch = f"autoexp/{tag}"
        name = f"refs/heads/{branch}"
        if self.read("refs/heads/autoexp") is not None:
            return f"branch {branch} is not shown: a branch named autoexp is in the way; see {_best(tag)}"
        current = self.read(name)
        if current == commit:
            return None
        if current is not None and (why := self._why_not_ours(name, current, tag, commit=commit)):
            return f"branch {branch} is not moved: {why}; see {_best(tag)}"
        shown_before = was_base and current == base
        if current is not None and base is not None and not shown_before and self._leads_to(current, base):
            return f"branch {branch} is not moved: it is not one that this campaign made; see {_best(tag)}"
        lock = seen(self._repository.common_dir / f"{name}.lock")
        if lock is not None and is_abandoned(lock, self.checkouts()):
            remove(lock)
        try:
            self.update([RefUpdate(name, commit, current)], wait_s=VIEW_WAIT_S)
        except GitError as error:
            return f"branch {branch} is not moved: {error}"
        return None

    def why_view_stays(self, tag: str) -> str:
        """Say why the branch `autoexp/<tag>` may not be deleted; empty when it may, or is not there."""
        branch = f"autoexp/{tag}"
        name = f"refs/heads/{branch}"
        current = self.read(name)
        if current is None:
            return ""
        if why := self._why_not_ours(name, current, tag):
            return f"branch {branch} stays: {why}"
        if current not in self.list(f"refs/autoexp/{tag}/attempt").values():
            return f"branch {branch} stays: it stands at a commit that is no attempt of this campaign"
        return ""

    def remove_stale_locks(self, prefix: str) -> tuple[str, ...]:
        """Remove lock files that a killed git left below a prefix; only for the holder of the campaign's lock."""
        common = self._repository.common_dir
        return tuple(path.relative_to(common).as_posix() for path in remove_below(common / prefix))

    def checkouts(self) -> tuple[Path, ...]:
        """Give the folders in which a git of this repository works: its own, and those of all checkouts."""
        return (self._repository.common_dir, *map(Path, self._worktrees("worktree ")))

    def _why_not_ours(self, name: str, current: str, tag: str, *, commit: str | None = None) -> str:
        if name in self._checked_out():
            return "a worktree has it checked out"
        if name in self.half_rebased():
            return "a worktree is in the midst of a rebase or a bisect of it"
        if self._git.ask("symbolic-ref", "--quiet", name)[0] == 0:
            return "it is a symbolic ref"
        if not (commit and self._leads_to(current, commit)) and self._foreign(current, commit, tag):
            return "it holds commits that are not of this campaign"
        return ""

    def _checked_out(self) -> set[str]:
        return set(self._worktrees("branch "))

    def half_rebased(self) -> set[str]:
        """Give the branches to which a rebase or a bisect will return: their worktree stands at a commit until then."""
        found = set()
        common = self._repository.common_dir
        for place in (common, *common.glob("worktrees/*")):
            for note in _BEGUN:
                with suppress(OSError, UnicodeDecodeError):
                    branch = (place / note).read_text(encoding="utf-8").strip()
                    found.add(branch if branch.startswith("refs/") else f"refs/heads/{branch}")
        return found

    def _worktrees(self, key: str) -> tuple[str, ...]:
        output = self._git.run("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
        return tuple(line.removeprefix(key) for line in output.split("\0") if line.startswith(key))

    def _leads_to(self, current: str, commit: str) -> bool:
        """Tell whether a commit is in the history of another: a question that takes no longer with many refs."""
        return self._git.ask("merge-base", "--is-ancestor", current, commit)[0] == 0

    def _foreign(self, current: str, commit: str | None, tag: str) -> bool:
        known = [f"--glob=refs/autoexp/{tag}/*", *([commit] if commit else [])]
        code, output, _ = self._git.ask("rev-list", "--max-count=1", current, "--not", *known)
        return code != 0 or bool(output.strip())


def _line(update: RefUpdate) -> bytes:
    if update.old is None and update.new is not None:
        return f"create {update.name}\0{update.new}\0".encode()
    if update.new is None:
        return f"delete {update.name}\0{update.old or ''}\0".encode()
    return f"update {update.name}\0{update.new}\0{update.old}\0".encode()


def _best(tag: str) -> str:
    return f"refs/autoexp/{tag}/best"


def _in_the_way(there: str, wanted: str) -> GitError:
    fix = f"git update-ref refs/kept-aside {there} && git update-ref -d {there}"
    return GitError(
        f"{there} is a ref itself, so {wanted} cannot be made below it", fix=f"move it out of the way: {fix}"
    )
