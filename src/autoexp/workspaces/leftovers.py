"""What a move of the user's checkout leaves when it does not come to its end, and the way back.

Git writes all files first, then the index, then the branch. Every path of the move was as committed before it began: so a file that holds
the old content, the new one or the beginning of it, or is missing, is the move's; whatever else is there is the user's.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from autoexp.errors import GitError, RepositoryError
from autoexp.workspaces.branches import Branch, current_branch, swap
from autoexp.workspaces.changes import GITLINK, LINK, Change, Entry
from autoexp.workspaces.git import Git, path_bytes, path_text
from autoexp.workspaces.locks import gits_in, remove, seen
from autoexp.workspaces.movemark import NAME, Move
from autoexp.workspaces.repository import Repository

_NAMED = 10


def finish(repository: Repository, root: Path, move: Move) -> None:
    """End a move that was killed: take its files back, or move the branch where that alone is left to do.

    Nothing is done where the branch has come to where it was to go, or the user has gone elsewhere since. Raises RepositoryError when a file of
    the move was changed since.
    """
    branch = current_branch(repository)
    if branch is None or (branch.ref, branch.commit) != (move.ref, move.old) or _has_moved(repository, move):
        return
    _free_index(repository, root)
    changes = repository.changed(move.old, move.new)
    git = _users(repository, root)
    if _is_indexed(git, changes):
        swap(repository, Branch(move.ref, move.old, root), move.new)
        return
    index = _index(git)
    staged = [change.path for change in changes if index.get(change.path) != change.old]
    if foreign := staged or _restored(repository, root, changes):
        more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
        raise RepositoryError(
            f"an `autoexp apply` was killed here, and since then these files were changed: {', '.join(foreign[:_NAMED])}{more}",
            where=str(root),
            fix="save what you want of them elsewhere, `git restore --staged --worktree` them (a new one: remove it), then `autoexp apply` again",
        )


def _has_moved(repository: Repository, move: Move) -> bool:
    """Tell whether the branch was moved since the move was begun, and back: then it was ended, and the user has undone it.

    Git writes the log before the branch: an entry of the move itself that comes last tells of no end.
    """
    path = repository.common_dir / "logs" / move.ref
    log, mark = _state(path), _state(repository.git_dir / NAME)
    if log is None or mark is None or log.st_mtime_ns <= mark.st_mtime_ns:
        return False
    entries = path.read_bytes().splitlines()
    return not entries or entries[-1].split()[:2] != [move.old.encode(), move.new.encode()]


def put_back(repository: Repository, root: Path, old: str, new: str, *, killed: bool = False) -> None:
    """Take back files and index of a move that has just failed. What the user changed meanwhile stays.

    Raises GitError where git cannot do that, and RepositoryError where the git that made it was `killed`, and the lock it left may be that of another one.
    """
    if killed:
        _free_index(repository, root)
    git, head, changes = _users(repository, root), repository.head(), repository.changed(old, new)
    if _is_indexed(git, changes):
        apart = {change.path for change in repository.changed(head, new)}
        if any(change.path in apart for change in changes):  # all is written, and the branch alone was not moved
            git.run("read-tree", "-m", "-u", new, old)
    elif head == old:
        _restored(repository, root, changes)


def _is_indexed(git: Git, changes: list[Change]) -> bool:
    """Tell whether a move came as far as the index, which git writes after all files, in one step."""
    index = _index(git)
    return all(index.get(change.path) == change.new for change in changes)


def _restored(repository: Repository, root: Path, changes: list[Change]) -> list[str]:
    """Bring the paths of a move to their old content, those of them that are the move's; give the others."""
    git = _users(repository, root)
    sparse = _skipped(git)
    paths = {change.path for change in changes}
    dirty = set(repository.dirty(paths.__contains__))
    added = [change for change in changes if change.old is None and _there(root / change.path) is not None]
    emptied = {folder for change in changes if change.old for folder in _folders(change.path)}
    foreign = [change.path for change in added if change.path not in emptied and not _is_of(git, root, change)]
    for change in added:
        if change.path not in foreign:
            _taken_away(root, change.path)
    again = [change for change in changes if change.old and change.path in dirty and change.path not in sparse]
    foreign += [change.path for change in again if not _is_of(git, root, change)]
    wanted = [path_bytes(change.path) + b"\0" for change in again if change.path not in foreign]
    if wanted:
        git.run("checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=b"".join(wanted))
    return foreign


def _is_of(git: Git, root: Path, change: Change) -> bool:
    """Tell whether what stands at a path may be lost: nothing, an empty folder, the new content, or the beginning of it."""
    path = root / change.path
    mode = _there(path)
    if mode is None:
        return True
    if stat.S_ISDIR(mode):
        with suppress(OSError):
            path.rmdir()
        return (change.new is not None and change.new.mode == GITLINK) or not path.exists()
    if change.new is None or change.new.mode == GITLINK:
        return False
    if stat.S_ISLNK(mode):
        return change.new.mode == LINK and path_bytes(str(path.readlink())) == _content(git, change.path, change.new)
    content = _content(git, change.path, change.new)
    return stat.S_ISREG(mode) and content is not None and content.startswith(path.read_bytes())


def _content(git: Git, path: str, entry: Entry) -> bytes | None:
    """Give what git writes into a file, through the user's filters; None where one of them fails."""
    if entry.mode == LINK:
        return git.run("cat-file", "blob", entry.oid)
    with suppress(GitError):
        return git.run("cat-file", "--filters", f"--path={path}", entry.oid)
    return None


def _taken_away(root: Path, path: str) -> None:
    """Remove a file that was new, and the folders that were made for it."""
    if stat.S_ISDIR(_there(root / path) or 0):
        return
    (root / path).unlink(missing_ok=True)
    for folder in (root / path).parents:
        if folder == root:
            return
        try:
            folder.rmdir()
        except OSError:
            return


def _folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:i]) for i in range(1, len(names))]


def _index(git: Git) -> dict[str, Entry]:
    found = {}
    for line in path_text(git.run("ls-files", "--stage", "-z")).split("\0")[:-1]:
        meaning, path = line.split("\t", 1)
        mode, oid, _ = meaning.split(" ")
        found[path] = Entry(mode, oid)
    return found


def _skipped(git: Git) -> set[str]:
    """Give the paths that a sparse checkout leaves out."""
    lines = path_text(git.run("ls-files", "-t", "-z")).split("\0")[:-1]
    return {line[2:] for line in lines if line[0] in "Ss"}


def _free_index(repository: Repository, root: Path) -> None:
    """Remove the lock of the index that a killed git left. Raises RepositoryError while some git may hold it."""
    lock = seen(repository.git_dir / "index.lock")
    if lock is None or (gits_in((root, repository.git_dir)) == () and remove(lock)):
        return
    raise RepositoryError(
        f"{lock.path} is held by another git, or was left by one that was killed",
        fix=f"let it end, or when no git is running: rm '{lock.path}'; then `autoexp apply` again",
    )


def _there(path: Path) -> int | None:
    state = _state(path)
    return None if state is None else state.st_mode


def _state(path: Path) -> os.stat_result | None:
    with suppress(OSError):
        return path.lstat()
    return None


def _users(repository: Repository, root: Path) -> Git:
    return Git(root, git_dir=repository.git_dir, variables={"GIT_WORK_TREE": str(root)}, users_settings="honoured")
