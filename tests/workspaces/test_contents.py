"""What a commit only names stands in measured trees, and nothing of it is written to the user's repository."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.workspaces.conftest import User

from autoexp.workspaces import Change, Entry, MeasurementTrees, Repository
from autoexp.workspaces.contents import Contents, contents_of
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.lfs import Pointer, parse_pointer

VERSION = "version https://git-lfs.github.com/spec/v1\n"
DIGEST = hashlib.sha256(b"big\n").hexdigest()


def pointer(content: bytes) -> str:
    return f"{VERSION}oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"


def keep(git_dir: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    place = git_dir / "lfs/objects" / digest[:2] / digest[2:4] / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def add_submodule(user: User, other: User, path: str) -> None:
    user.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.path), path)
    user.commit()


@pytest.fixture
def found() -> Iterator[Callable[..., Contents]]:
    """Give a way to look for contents in a commit, with src/ as the scope."""
    with ExitStack() as held:

        def find(repository: Repository, folder: Path, commit: str) -> Contents:
            contents = contents_of(
                repository, commit, folder / "contents", in_scope=lambda path: path.startswith("src/")
            )
            held.callback(contents.repository.close)
            return contents

        yield find


@pytest.fixture
def measured(found: Callable[..., Contents]) -> Callable[..., tuple[Path, Contents]]:
    """Give a way to place a commit with its contents."""

    def place(repository: Repository, folder: Path, commit: str) -> tuple[Path, Contents]:
        contents = found(repository, folder, commit)
        hidden = Hidden(contents.repository, ["*.secret"])
        trees = MeasurementTrees(repository, folder / "trees", hidden=hidden, contents=contents)
        return trees.place("a", commit), contents

    return place


@pytest.fixture
def other(make_user: Callable[..., User]) -> User:
    """Give another repository, with a file that Git LFS keeps and one that is hidden."""
    other = make_user("other")
    other.write("data.bin", pointer(b"inner\n"))
    other.write("answers.secret", "42\n")
    other.commit()
    return other


def objects_of(user: User) -> str:
    return user.git("count-objects", "-v")


def test_submodule_with_content_of_lfs_and_hidden_files(
    user: User,
    other: User,
    repository: Repository,
    tmp_path: Path,
    measured: Callable[..., tuple[Path, Contents]],
) -> None:
    add_submodule(user, other, "lib")
    keep(user.path / ".git/modules/lib", b"inner\n")
    before = objects_of(user)
    tree, contents = measured(repository, tmp_path, user.git("rev-parse", "HEAD"))
    assert (tree / "lib/data.bin").read_text() == "inner\n"
    assert (tree / "lib/src/model.py").read_text() == "a = 1\nb = 2\n"
    assert not (tree / "lib/answers.secret").exists()
    assert (contents.submodules, contents.files) == ((), ("lib/big.bin", "big.bin"))
    assert contents.placed == ("lib/data.bin", "lib")
    assert objects_of(user) == before
    assert user.git("fsck", "--no-dangling") == ""


def test_commits_of_a_campaign_differ_by_their_own_changes_alone(
    user: User, other: User, repository: Repository, tmp_path: Path, found: Callable[..., Contents]
) -> None:
    add_submodule(user, other, "lib")
    first = user.git("rev-parse", "HEAD")
    user.write("src/model.py", "a = 2\n")
    second = user.commit()
    contents = found(repository, tmp_path, first)
    a, b = contents.complete(first), contents.complete(second)
    assert [change.path for change in contents.repository.changed(a, b)] == ["src/model.py"]
    assert contents.complete(first) == a


@pytest.mark.parametrize("where", ["worktree", "in place", "elsewhere"])
def test_submodules_are_found_where_git_puts_them(
    user: User, other: User, tmp_path: Path, where: str, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    add_submodule(user, other, "lib")
    root = user.path
    if where == "worktree":
        root = tmp_path / "linked"
        user.git("worktree", "add", "-q", "--detach", str(root))
        shutil.rmtree(user.path / ".git/modules")
        User(root).git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")
    elif where == "in place":
        (root / "lib/.git").unlink()
        (root / ".git/modules/lib").rename(root / "lib/.git")
        user.git("config", "--file", "lib/.git/config", "--unset", "core.worktree")
    else:
        (root / ".git/modules/lib").rename(tmp_path / "moved.git")
        (root / "lib/.git").write_text(f"gitdir: {tmp_path / 'moved.git'}\n")
    repository = Repository.open(root)
    tree, contents = measured(repository, tmp_path, repository.head())
    assert (tree / "lib/bench.py").read_text() == "print(1)\n"
    assert contents.submodules == ()
    repository.close()


def test_a_commit_that_only_its_author_has_is_not_here(
    user: User, other: User, repository: Repository, tmp_path: Path, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    add_submodule(user, other, "lib")
    user.git("update-index", "--cacheinfo", f"160000,{'1' * 40},lib")
    user.git("commit", "-qm", "never pushed")
    tree, contents = measured(repository, tmp_path, user.git("rev-parse", "HEAD"))
    assert contents.submodules == ("lib",)
    assert list((tree / "lib").iterdir()) == []


def test_names_of_modules_lead_nowhere_else(
    user: User, other: User, repository: Repository, tmp_path: Path, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    add_submodule(user, other, "lib")
    shutil.rmtree(user.path / "lib")
    user.write(".gitmodules", '[submodule "../modules/lib"]\n\tpath = lib\n\turl = x\n')
    user.git("add", ".gitmodules")
    user.git("commit", "-qm", "odd name")
    assert measured(repository, tmp_path, user.git("rev-parse", "HEAD"))[1].submodules == ("lib",)


def test_content_is_stored_once_and_known_to_the_next_session(
    user: User, repository: Repository, tmp_path: Path, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    user.write("big.bin", pointer(b"big\n"))
    commit = user.commit()
    kept = keep(user.path / ".git", b"big\n")
    assert (measured(repository, tmp_path, commit)[0] / "big.bin").read_text() == "big\n"
    kept.unlink()
    tree, contents = measured(repository, tmp_path, commit)
    assert (tree / "big.bin").read_text() == "big\n"
    fresh = measured(repository, tmp_path / "fresh", commit)[1]
    assert (contents.files, fresh.files) == ((), ("big.bin",))
    assert len({contents.digest, fresh.digest, ""}) == 3


def test_pointers_in_scope_or_without_the_attribute_stay(
    user: User, repository: Repository, tmp_path: Path, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    keep(user.path / ".git", b"big\n")
    for name in ("src/weights.bin", "plain.dat"):
        user.write(name, pointer(b"big\n"))
    tree, _ = measured(repository, tmp_path, user.commit())
    assert (tree / "src/weights.bin").read_text() == (tree / "plain.dat").read_text() == pointer(b"big\n")


def test_what_is_stored_again_after_a_gc_is_what_the_user_had_alone(
    user: User, repository: Repository, tmp_path: Path, measured: Callable[..., tuple[Path, Contents]]
) -> None:
    keep(user.path / ".git", b"big\n")
    user.write("big.bin", pointer(b"big\n"))
    base = user.commit()
    new = Entry("100644", repository.write_blob(b"2\n"))
    lost = repository.commit(base, [Change("src/one.py", None, new)], "lost", when=1)
    tree, contents = measured(repository, tmp_path, lost)
    user.git("prune", "--expire=now")
    assert repository.store_lost()
    assert not contents.repository.store_lost()
    assert repository.resolve(lost) == lost
    assert repository.resolve(contents.complete(lost)) is None
    user.git("prune", "--expire=now")
    assert contents.repository.resolve(contents.complete(lost)) is not None
    assert contents.repository.changed(base, lost)
    assert (tree / "big.bin").read_text() == "big\n"


def test_a_plain_repository_gets_no_store_of_its_own(make_user: Callable[..., User], tmp_path: Path) -> None:
    plain = make_user("plain")
    (plain.path / ".gitattributes").unlink()
    plain.commit()
    repository = Repository.open(plain.path)
    contents = contents_of(repository, repository.head(), tmp_path / "contents", in_scope=bool)
    assert contents.repository is repository
    assert contents.complete("any") == "any"
    assert contents.digest == ""
    assert not (tmp_path / "contents").exists()
    repository.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{VERSION}oid sha256:{DIGEST}\nsize 4\n", Pointer(DIGEST, 4)),
        (f"{VERSION}oid sha256:{DIGEST}\nsize 4", Pointer(DIGEST, 4)),
        (f"{VERSION}oid sha256:{DIGEST[:-1]}\nsize 4\n", None),
        (f"{VERSION}ext-0-x sha256:{DIGEST}\noid sha256:{DIGEST}\nsize 4\n", None),
        (f"{VERSION}oid sha256:{DIGEST}\nsize 4\n" + "x" * 1024, None),
        ("", None),
    ],
)
def test_pointers_are_read_by_their_format(text: str, found: Pointer | None) -> None:
    assert parse_pointer(text.encode()) == found
