"""The user's checkout moved to a later commit: as git would, or not at all, and back from whatever a crash has left."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.workspaces.conftest import User

from autoexp.errors import RepositoryError
from autoexp.workspaces import Repository
from autoexp.workspaces.branches import Branch, current_branch, swap
from autoexp.workspaces.leftovers import finish
from autoexp.workspaces.movemark import Move, held
from autoexp.workspaces.moving import InTheWay, advance, in_the_way

Files = dict[str, tuple[int, bytes]]
ODD = os.fsdecode(b"odd \xff\nname.txt")


def changed(user: User, change: Callable[[], None]) -> tuple[str, str]:
    """Give a commit and the one that a change makes on top of it; the checkout stays at the first."""
    old = user.git("rev-parse", "HEAD")
    change()
    new = user.commit("later")
    user.git("reset", "-q", "--hard", old)
    user.git("clean", "-qfd")
    return old, new


def branch_of(repository: Repository) -> Branch:
    found = current_branch(repository)
    assert found is not None
    return found


def move(repository: Repository, root: Path, new: str) -> None:
    with held(repository.git_dir) as mark:
        advance(repository, root, branch_of(repository), new, mark)


def everything(user: User) -> Callable[[], None]:
    """Give a change of each kind: line ends, modes, links, odd names, a folder for a file and a file for a folder."""

    def change() -> None:
        user.write("crlf.txt", "one\r\n2\r\n")
        user.write("src/model.py", "a = 2\n")
        (user.path / "tool.sh").chmod(0o644)
        (user.path / "latest").unlink()
        (user.path / "latest").symlink_to("src/other.py")
        (user.path / "bench.py").unlink()
        user.write("bench.py/inside.py", "print(2)\n")
        (user.path / "src/deep/er/layer.py").unlink()
        (user.path / "src/deep/er").rmdir()
        (user.path / "src/deep").rmdir()
        user.write("src/deep", "a file now\n")
        user.write(ODD, "odd\n")

    return change


def test_checkout_is_what_git_would_make_of_it(
    user: User, repository: Repository, tmp_path: Path, snapshot: Callable[[Path], Files]
) -> None:
    old, new = changed(user, everything(user))
    assert in_the_way(repository, user.path, repository.changed(old, new)) == InTheWay()
    other = User(Path(shutil.copytree(user.path, tmp_path / "as git does", symlinks=True)))
    move(repository, user.path, new)
    other.git("merge", "-q", "--ff-only", new)
    assert snapshot(user.path) == snapshot(other.path)
    assert user.git("rev-parse", "main") == new
    assert user.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("bench.py", InTheWay(changed=("bench.py",))),
        ("src/deep/mine.log", InTheWay(untracked=("src/deep/mine.log",))),
        ("bench.py/inside.py", InTheWay(("bench.py",), ("bench.py/inside.py",))),
        (ODD, InTheWay(untracked=(ODD,))),
        ("notes.txt", InTheWay()),
        ("elsewhere.py", InTheWay()),
    ],
)
def test_what_would_be_overwritten_is_found(user: User, repository: Repository, path: str, found: InTheWay) -> None:
    old, new = changed(user, everything(user))
    if path == "bench.py/inside.py":
        (user.path / "bench.py").unlink()
    user.write(path, "mine\n")
    assert in_the_way(repository, user.path, repository.changed(old, new)) == found


def test_link_on_the_way_to_a_new_file_is_not_followed(user: User, repository: Repository, tmp_path: Path) -> None:
    old, new = changed(user, lambda: user.write("new/deep/file.py", "x\n"))
    (tmp_path / "aside").mkdir()
    (user.path / "new").symlink_to(tmp_path / "aside")
    assert in_the_way(repository, user.path, repository.changed(old, new)).untracked == ("new",)


def left(user: User, repository: Repository, new: str, chance: random.Random) -> None:
    """Leave what a git that was killed may have left: of each path the old state, the new one, its beginning, or nothing."""
    for change in repository.changed("HEAD", new):
        path, how = user.path / change.path, chance.choice(("old", "new", "cut", "gone"))
        plain = change.new is not None and change.new.mode != "120000" and change.path not in {"bench.py", "src/deep"}
        if how == "old" or not path.parent.is_dir() or not plain:
            continue
        content = user.git("cat-file", "--filters", f"{new}:{change.path}").encode() + b"\n"
        path.unlink(missing_ok=True)
        if how != "gone":
            path.write_bytes(content if how == "new" else content[: chance.randrange(len(content))])


@pytest.mark.parametrize("seed", range(8))
def test_any_state_of_a_killed_move_goes_back(
    user: User, repository: Repository, snapshot: Callable[[Path], Files], seed: int
) -> None:
    old, new = changed(user, everything(user))
    before = snapshot(user.path)
    left(user, repository, new, random.Random(seed))
    finish(repository, user.path, Move("refs/heads/main", old, new))
    assert snapshot(user.path) == before
    assert user.git("status", "--porcelain") == ""


def test_move_that_was_killed_between_folder_and_file_goes_back(
    user: User, repository: Repository, snapshot: Callable[[Path], Files]
) -> None:
    old, new = changed(user, everything(user))
    before = snapshot(user.path)
    (user.path / "bench.py").unlink()
    user.write("bench.py/inside.py", "print(2)\n")
    (user.path / "src/deep/er/layer.py").unlink()
    (user.path / "src/deep/er").rmdir()
    (user.path / "src/deep").rmdir()
    user.write("src/deep", "a file n")
    finish(repository, user.path, Move("refs/heads/main", old, new))
    assert snapshot(user.path) == before


def test_branch_that_somebody_moved_is_not_swapped(user: User, repository: Repository) -> None:
    first, second = user.git("rev-parse", "HEAD"), user.commit("second")
    user.git("branch", "release", second)
    with pytest.raises(RepositoryError, match="was moved by somebody else just now"):
        swap(repository, Branch("refs/heads/release", first, None), second)
    assert user.git("rev-parse", "release") == second
