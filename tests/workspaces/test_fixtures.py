"""Places of a measured tree that are not of its commit: there when needed, right after any run, never in a record."""

import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.workspaces import Change, Entry, MeasurementTrees
from autoexp.workspaces.fixtures import Fixture, missing

FOLDER, FILE = Fixture("folder"), Fixture("file")


@pytest.fixture
def trees_with(repository, tmp_path):
    """Make measurement trees with fixtures."""
    return lambda **fixtures: MeasurementTrees(
        repository,
        tmp_path / "measured",
        fixtures={name.replace("__", "/"): fixture for name, fixture in fixtures.items()},
    )


def test_fixtures_stand_in_the_tree_of_each_side(trees_with, repository, tmp_path) -> None:
    link = Fixture("link", str(tmp_path / "somewhere"))
    trees = trees_with(build=FOLDER, deep__er__out=FOLDER, data=FILE, venv=link)
    for side in ("incumbent", "candidate", "incumbent"):
        tree = trees.place(side, repository.head())
        assert [(tree / name).is_dir() for name in ("build", "deep/er/out")] == [True, True]
        assert (tree / "data").is_file()
        assert os.fspath((tree / "venv").readlink()) == link.target
        assert trees.clean() == ()


def test_what_a_run_leaves_in_a_fixture_goes(trees_with, repository) -> None:
    trees = trees_with(build=FOLDER, data=FILE)
    tree = trees.place("candidate", repository.head())
    (tree / "build/a/b").mkdir(parents=True)
    (tree / "build/trace").write_text("x")
    assert trees.clean() == ()
    tree = trees.place("candidate", repository.head())
    assert list((tree / "build").iterdir()) == []


@pytest.mark.parametrize("name", ["build", "data", "venv"])
@pytest.mark.parametrize("kind", ["gone", "folder", "file", "link", "dangling", "locked"])
def test_a_fixture_that_a_run_took_away_or_replaced_is_put_back(
    trees_with, repository, tmp_path, name: str, kind: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").write_text("kept")
    trees = trees_with(build=FOLDER, data=FILE, venv=Fixture("link", str(tmp_path / "somewhere")))
    place = trees.place("candidate", repository.head()) / name
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
    match kind:
        case "folder":
            (place / "below").mkdir(parents=True)
        case "locked":
            place.mkdir()
            place.chmod(0)
        case "file":
            place.write_text("x")
        case "link":
            place.symlink_to(tmp_path / "elsewhere")
        case "dangling":
            place.symlink_to("nowhere")
    assert trees.clean() == ()
    tree = trees.place("candidate", repository.head())
    assert (tree / "build").is_dir()
    assert not (tree / "build").is_symlink()
    assert list((tree / "build").iterdir()) == []
    assert (tree / "data").is_file()
    assert not (tree / "data").is_symlink()
    assert os.fspath((tree / "venv").readlink()) == str(tmp_path / "somewhere")
    assert (tmp_path / "elsewhere/kept").read_text() == "kept"


def test_files_of_the_commit_win_over_a_fixture(trees_with, repository) -> None:
    head = repository.head()
    made = Entry("100644", repository.write_blob(b"of the commit"))
    theirs = repository.commit(head, [Change("build/kept.txt", None, made), Change("data", None, made)], "x", when=1)
    trees = trees_with(build=FOLDER, data=FILE)
    for commit in (head, theirs, head, theirs):
        tree = trees.place("candidate", commit)
        found = [path.name for path in (tree / "build").iterdir()]
        assert found == (["kept.txt"] if commit == theirs else [])
        assert (tree / "data").read_bytes() == (b"of the commit" if commit == theirs else b"")
        assert trees.clean() == ()


def test_a_changed_file_of_the_commit_below_a_fixture_is_told(trees_with, repository) -> None:
    made = Entry("100644", repository.write_blob(b"of the commit"))
    commit = repository.commit(repository.head(), [Change("build/kept.txt", None, made)], "x", when=1)
    trees = trees_with(build=FOLDER)
    (trees.place("candidate", commit) / "build/kept.txt").write_text("changed")
    assert trees.clean() == ("build/kept.txt",)


def test_fixtures_outlive_a_restart(trees_with, repository) -> None:
    trees_with(build=FOLDER).place("candidate", repository.head())
    tree = trees_with(build=FOLDER, other=FOLDER).place("candidate", repository.head())
    assert (tree / "build").is_dir()
    assert (tree / "other").is_dir()
    tree = trees_with(other=FOLDER).place("candidate", repository.head())
    assert not (tree / "build").exists()


def test_a_commit_whose_file_stands_where_a_fixture_needs_a_folder_is_shown_as_it_is(trees_with, repository) -> None:
    made = Entry("100644", repository.write_blob(b"in the way"))
    commit = repository.commit(repository.head(), [Change("out", None, made)], "x", when=1)
    trees = trees_with(out__cache=FOLDER)
    for one in (repository.head(), commit, repository.head()):
        tree = trees.place("candidate", one)
        assert (tree / "out").is_file() == (one == commit)
        assert (tree / "out/cache").is_dir() == (one != commit)
        assert trees.clean() == ()


names = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(names, st.sampled_from([FOLDER, FILE])), st.sets(names))
def test_a_fixture_is_missing_unless_the_commit_has_its_place(fixtures, entries) -> None:
    needed = missing(fixtures, dict.fromkeys(entries))
    assert set(needed) <= set(fixtures)
    for path, fixture in fixtures.items():
        below = any(entry.startswith(f"{path}/") for entry in entries)
        above = any(path.startswith(f"{entry}/") for entry in entries)
        assert (path in needed) == (path not in entries and not above and not (below and fixture.kind == "folder"))
