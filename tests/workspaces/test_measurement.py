"""Measured trees are exactly their commit, at one path, whatever the last command did to them."""

import os
import shutil

import pytest

from autoexp.workspaces import Change, Entry, MeasurementTrees, Repository


@pytest.fixture
def commits(repository):
    """Make an incumbent and a candidate that edits, adds, removes and swaps."""
    head = repository.head()
    new = Entry("100644", repository.write_blob(b"a = 2\nb = 2\n"))
    changes = [
        Change("src/model.py", None, new),
        Change("src/new/x.py", None, new),
        Change("src/other.py", None, None),
        Change("src/deep/er/layer.py", None, None),
        Change("src/deep/er", None, new),
        Change("tool.sh", None, Entry("100644", new.oid)),
    ]
    return head, repository.commit(head, changes, "x", when=1)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def is_exactly(folder, repository, commit):
    entries = repository.entries(commit)
    assert files(folder) == set(entries)
    for name, entry in entries.items():
        path = folder / name
        if entry.mode == "120000":
            assert os.fsencode(path.readlink()) == repository.read_blob(entry.oid)
        else:
            assert path.read_bytes() == repository.read_blob(entry.oid)
            assert bool(path.stat().st_mode & 0o100) == (entry.mode == "100755")
    folders = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()
    }
    assert folders == {parent for name in entries for parent in _parents(name)}


def _parents(name):
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def test_both_sides_stand_at_the_same_path(trees, commits, repository):
    a, b = commits
    first = trees.place("incumbent", a)
    is_exactly(first, repository, a)
    second = trees.place("candidate", b)
    is_exactly(second, repository, b)
    assert first == second
    is_exactly(trees.place("incumbent", a), repository, a)


def test_no_repository_is_in_the_tree(trees, commits):
    assert not (trees.place("incumbent", commits[0]) / ".git").exists()


def test_one_side_moves_between_commits(trees, commits, repository):
    for commit in (*commits, *commits):
        is_exactly(trees.place("candidate", commit), repository, commit)


def test_unchanged_tree_is_not_touched(trees, commits):
    trees.place("incumbent", commits[0])
    assert trees.clean() == ()


def test_command_that_changes_tracked_files_is_reported_and_undone(trees, commits, repository):
    folder = trees.place("incumbent", commits[0])
    (folder / "bench.py").write_text("print(2)\n")
    (folder / "src/other.py").unlink()
    (folder / "tool.sh").chmod(0o644)
    assert trees.clean() == ("bench.py", "src/other.py", "tool.sh")
    is_exactly(folder, repository, commits[0])
    assert trees.clean() == ()


def test_untracked_leftovers_are_removed_silently(trees, commits, repository):
    folder = trees.place("incumbent", commits[0])
    (folder / "src/__pycache__").mkdir()
    (folder / "src/__pycache__/model.pyc").write_bytes(b"x")
    (folder / "out.log").write_text("x")
    (folder / "empty/inner").mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    (folder / ".git").mkdir()
    assert trees.clean() == ()
    is_exactly(folder, repository, commits[0])


def test_touched_file_with_the_same_content_is_not_reported(trees, commits):
    folder = trees.place("incumbent", commits[0])
    os.utime(folder / "bench.py")
    (folder / "src/model.py").chmod(0o600)
    assert trees.clean() == ()


def test_forged_time_hides_nothing(trees, commits, repository):
    folder = trees.place("incumbent", commits[0])
    state = (folder / "bench.py").stat()
    (folder / "bench.py").write_text("print(2)\n")
    os.utime(folder / "bench.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert trees.clean() == ("bench.py",)


def test_file_that_became_a_folder_and_back(trees, commits, repository):
    folder = trees.place("incumbent", commits[0])
    (folder / "bench.py").unlink()
    (folder / "bench.py").mkdir()
    shutil.rmtree(folder / "src/deep")
    (folder / "src/deep").write_text("x")
    assert trees.clean() == ("bench.py", "src/deep/er/layer.py")
    is_exactly(folder, repository, commits[0])


def test_tree_that_was_not_cleaned_is_cleaned_before_it_is_shown_again(trees, commits, repository):
    folder = trees.place("candidate", commits[1])
    (folder / "bench.py").write_text("x")
    trees.place("incumbent", commits[0])
    is_exactly(trees.place("candidate", commits[1]), repository, commits[1])


def test_lost_folder_is_made_again(trees, commits, repository):
    folder = trees.place("incumbent", commits[0])
    shutil.rmtree(folder)
    assert len(trees.clean()) == len(repository.paths(commits[0]))
    is_exactly(folder, repository, commits[0])


def test_released_trees_serve_again(trees, commits, repository):
    trees.place("incumbent", commits[0])
    trees.release()
    is_exactly(trees.place("incumbent", commits[0]), repository, commits[0])


def test_submodule_is_an_empty_folder(trees, repository):
    commit = repository.commit(repository.head(), [Change("lib/sub", None, Entry("160000", "1" * 40))], "x", when=1)
    folder = trees.place("incumbent", commit)
    assert list((folder / "lib/sub").iterdir()) == []
    (folder / "lib/sub/x").write_text("x")
    trees.clean()
    assert list((folder / "lib/sub").iterdir()) == []
    (folder / "lib/sub").rmdir()
    trees.clean()
    assert (folder / "lib/sub").is_dir()
    trees.place("incumbent", repository.head())
    assert not (folder / "lib").exists()


def test_table_of_states_is_renewed_and_stays_right(trees, commits, repository, monkeypatch):
    monkeypatch.setattr("autoexp.workspaces.table._MANY_SUSPECTS", 0)
    monkeypatch.setattr("autoexp.workspaces.table.GRAIN_NS", -1)
    for commit in (*commits, *commits):
        folder = trees.place("candidate", commit)
        assert trees.clean() == ()
        (folder / "src/model.py").write_text("longer than before\n" * 9)
        assert trees.clean() == ("src/model.py",)
        is_exactly(folder, repository, commit)


def test_sha256_repository_is_measured(make_user, tmp_path):
    user = make_user("wide", object_format="sha256")
    repository = Repository.open(user.path)
    trees = MeasurementTrees(repository, tmp_path / "cache")
    folder = trees.place("incumbent", repository.head())
    is_exactly(folder, repository, repository.head())
    (folder / "bench.py").write_text("x")
    assert trees.clean() == ("bench.py",)
    repository.close()


def test_trees_of_a_store_beside_are_shown_and_the_users_store_gets_nothing(repository, tmp_path):
    other = repository.beside(tmp_path / "objects")
    new = Entry("100644", other.write_blob(b"of an audit\n"))
    commit = other.commit(repository.head(), [Change("src/model.py", None, new)], "x", when=1)
    trees = MeasurementTrees(other, tmp_path / "measure")
    for shown in (repository.head(), commit):  # written whole, and moved to
        is_exactly(trees.place("candidate", shown), other, shown)
    is_exactly(MeasurementTrees(other, tmp_path / "second").place("candidate", commit), other, commit)
    other.close()
    assert repository.resolve(commit) is None
