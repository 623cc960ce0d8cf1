"""Packing changes no ref, never waits for long, and removes a lock only where it is certainly its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoexp.errors import GitError
from autoexp.workspaces import Refs, RefUpdate, Repository
from autoexp.workspaces.locks import STALE_S, gits_in
from autoexp.workspaces.refpack import RefPack

PREFIX = "refs/autoexp/fast"

DYING = """\
#!/bin/sh
case "$*" in
*pack-refs*) touch "$GIT_DIR/packed-refs.lock" "$GIT_DIR/packed-refs.new"; kill -9 $$ ;;
esac
exec {git} "$@"
"""


@pytest.fixture
def pack(repository: Repository, tmp_path: Path) -> RefPack:
    head = repository.head()
    Refs(repository).update([RefUpdate(f"{PREFIX}/attempt/{n}", head, None) for n in range(20)])
    return RefPack(repository, PREFIX, intent=tmp_path / "packing")


@pytest.fixture
def killed(pack: RefPack, user, tmp_path: Path, monkeypatch) -> Path:
    """Let git be killed while it packs, and give the file that says that a pack was begun."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(DYING.format(git=shutil.which("git")))
    (programs / "git").chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        repository = Repository.open(user.path)
        with pytest.raises(GitError, match="pack-refs"):
            RefPack(repository, PREFIX, intent=tmp_path / "packing").pack()
        repository.close()
    return tmp_path / "packing"


def age(*paths: Path, seconds: float = 2 * STALE_S) -> None:
    """Make files as old as that."""
    for path in paths:
        made = path.lstat().st_mtime - seconds
        os.utime(path, (made, made))


def left(common: Path) -> list[Path]:
    return sorted(common.glob("packed-refs.[ln]*"))


def test_packing_leaves_every_ref_where_it_was(pack: RefPack, refs, user):
    before = user.git("for-each-ref")
    assert pack.loose() == 20
    pack.pack()
    assert (pack.loose(), user.git("for-each-ref")) == (0, before)
    refs.update([RefUpdate(f"{PREFIX}/attempt/3", None, user.git("rev-parse", "HEAD"))])
    assert refs.read(f"{PREFIX}/attempt/3") is None
    assert len(refs.list(PREFIX)) == 19


def test_packing_leaves_no_intent(pack: RefPack, tmp_path):
    pack.pack()
    assert not (tmp_path / "packing").exists()


def test_lock_of_somebody_else_is_named_with_its_age_and_stays(pack: RefPack, repository, tmp_path):
    lock = repository.common_dir / "packed-refs.lock"
    lock.touch()
    age(lock)
    with pytest.raises(GitError, match=rf"packed-refs.lock has been there for 1\d\d s(.|\n)*fix: .*rm '{lock}'"):
        pack.pack()
    assert lock.exists()
    assert (pack.clear(), pack.loose(), (tmp_path / "packing").exists()) == (None, 20, False)


def test_what_a_killed_pack_left_is_removed_once_it_is_old(pack: RefPack, repository, killed):
    assert len(left(repository.common_dir)) == 2
    with pytest.raises(GitError, match="another git packs refs"):
        pack.pack()
    age(killed, *left(repository.common_dir))
    told = pack.clear()
    assert told is not None
    assert "packed-refs.lock" in told
    assert left(repository.common_dir) == []
    assert (pack.clear(), killed.exists()) == (None, False)
    pack.pack()
    assert pack.loose() == 0


def test_half_a_file_is_removed_when_a_person_removed_the_lock_alone(pack: RefPack, repository, killed):
    (repository.common_dir / "packed-refs.lock").unlink()
    age(killed, *left(repository.common_dir))
    pack.pack()
    assert pack.loose() == 0


def test_lock_from_before_the_pack_began_is_not_ours(pack: RefPack, repository, killed):
    lock = repository.common_dir / "packed-refs.lock"
    age(killed, *left(repository.common_dir))
    age(lock)
    assert pack.clear() is None
    assert lock.exists()


@pytest.fixture
def git_at_work(user) -> Iterator[int]:
    """Let a git of the user's run in the checkout; a shell stands between it and this process."""
    command = ["sh", "-c", "git cat-file --batch; exit"]
    with subprocess.Popen(command, cwd=user.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        shell.stdin.write(b"HEAD\n")
        shell.stdin.flush()
        assert shell.stdout.readline()
        yield shell.pid
        shell.stdin.close()


def test_lock_stays_while_a_git_works_in_the_checkout(pack: RefPack, repository, killed, git_at_work):
    age(killed, *left(repository.common_dir))
    assert pack.clear() is None
    assert len(left(repository.common_dir)) == 2
    assert killed.exists()


def test_gits_of_other_places_do_not_count(user, git_at_work, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert gits_in([elsewhere]) == ()
    assert len(gits_in([user.path]) or ()) == 1
