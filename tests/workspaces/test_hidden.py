"""What is hidden is nowhere but in the holdout's tree: not in copies, not in their repositories, not in measured trees."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.workspaces import Change, Entry, MeasurementTrees, ProposalCopy, Repository, Scope
from autoexp.workspaces.hidden import Hidden

ANSWER = "the answer is 42\n"


@pytest.fixture
def commit(user):
    user.write("holdout/run.py", ANSWER)
    user.write("holdout/deep/data.txt", "1\n2\n")
    user.write("src/golden.txt", "gold\n")
    return user.commit("with a holdout")


@pytest.fixture
def hidden(repository):
    return Hidden(repository, ["holdout/**", "golden.txt"])


def test_visible_tree_lacks_the_hidden_paths_and_nothing_else(repository, hidden, commit):
    left = set(repository.paths(hidden.visible(commit)))
    gone = {"holdout/run.py", "holdout/deep/data.txt", "src/golden.txt"}
    assert left == set(repository.paths(commit)) - gone
    assert gone == set(hidden.paths(commit))


def test_visible_commit_has_no_history(user, hidden, commit):
    assert user.git("rev-list", hidden.visible(commit)).split() == [hidden.visible(commit)]


def test_commit_without_hidden_paths_is_its_own_visible_one(repository, commit):
    assert Hidden(repository).visible(commit) == commit
    assert Hidden(repository, ["nothing/**"]).visible(commit) == commit


def test_equal_trees_have_the_same_visible_commit(user, repository, hidden, commit):
    again = user.commit("nothing new")
    assert again != commit
    assert hidden.visible(again) == Hidden(repository, ["holdout/**", "golden.txt"]).visible(commit)


def test_visible_commit_that_was_removed_is_made_again(user, repository, hidden, commit):
    made = hidden.visible(commit)
    user.git("gc", "-q", "--prune=now")
    repository.close()
    assert subprocess.run(["git", "cat-file", "-e", made], cwd=user.path, check=False, capture_output=True).returncode
    assert hidden.visible(commit) == made
    assert user.git("cat-file", "-t", made) == "commit"


def test_tree_of_hidden_paths_alone_is_an_empty_one(repository, commit):
    assert repository.paths(Hidden(repository, ["*"]).visible(commit)) == []


def test_proposers_copy_and_its_repository_hold_nothing_hidden(user, repository, hidden, commit, tmp_path):
    copy = ProposalCopy(repository, tmp_path / "copy", hidden=hidden)
    workspace = copy.reset(commit)
    assert not (workspace / "holdout").exists()
    assert not (workspace / "src/golden.txt").exists()
    objects = subprocess.run(
        ["git", "-C", workspace, "cat-file", "--batch-all-objects", "--batch-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert user.git("rev-parse", f"{commit}:holdout/run.py") not in objects
    assert user.git("rev-parse", f"{commit}:bench.py") in objects
    status = subprocess.run(["git", "-C", workspace, "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""


def test_copy_that_was_made_before_anything_was_hidden_is_cleared(repository, hidden, commit, tmp_path):
    workspace = ProposalCopy(repository, tmp_path / "copy").reset(commit)
    assert (workspace / "holdout/run.py").read_text() == ANSWER
    workspace = ProposalCopy(repository, tmp_path / "copy", hidden=hidden).reset(commit)
    assert not (workspace / "holdout").exists()
    found = subprocess.run(["grep", "-rl", "the answer is 42", workspace], capture_output=True, check=False)
    assert found.stdout == b""


def test_captured_changes_leave_hidden_files_where_they_are(repository, hidden, commit, tmp_path, blobs):
    copy = ProposalCopy(repository, tmp_path / "copy", hidden=hidden)
    (copy.reset(commit) / "src/model.py").write_text("a = 9\n")
    captured = copy.capture(Scope(["src/**"]))
    made = repository.commit(commit, captured.changes, "x", when=1)
    assert captured.outside == ()
    assert blobs(made) == {**blobs(commit), "src/model.py": b"a = 9\n"}


@pytest.mark.parametrize("path", ["holdout/run.py", "holdout/new.py", "src/golden.txt", "holdout", "deep/golden.txt"])
def test_change_of_what_is_hidden_is_out_of_scope(repository, hidden, commit, tmp_path, path):
    copy = ProposalCopy(repository, tmp_path / "copy", hidden=hidden)
    target = copy.reset(commit) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("x\n")
    captured = copy.capture(Scope(["*"]))
    assert (captured.changes, captured.outside) == ((), (path,))


def test_measured_trees_hold_hidden_files_in_the_holdout_run_alone(repository, hidden, commit, tmp_path):
    trees = MeasurementTrees(repository, tmp_path / "measure", hidden=hidden)
    tree = trees.place("candidate", commit)
    assert not (tree / "holdout").exists()
    trees.clean()
    tree = trees.place_whole("candidate", commit)
    assert (tree / "holdout/run.py").read_text() == ANSWER
    (tree / "src/model.py").write_text("touched")
    assert trees.clean() == ("src/model.py",)
    assert not (tree / "holdout").exists()
    tree = trees.place("incumbent", commit)
    assert not (tree / "holdout").exists()
    trees.release()
    assert [path for path in (tmp_path / "measure").rglob("*") if "run.py" in path.name] == []


def test_hidden_files_left_by_a_killed_engine_are_gone_at_the_next_start(repository, hidden, commit, tmp_path):
    MeasurementTrees(repository, tmp_path / "measure", hidden=hidden).place_whole("candidate", commit)
    trees = MeasurementTrees(repository, tmp_path / "measure", hidden=hidden)
    assert [path for path in (tmp_path / "measure").rglob("*") if path.name == "holdout"] == []
    assert not (trees.place("candidate", commit) / "holdout").exists()


def test_trees_go_on_when_a_visible_commit_was_removed(user, repository, hidden, commit, tmp_path):
    trees = MeasurementTrees(repository, tmp_path / "measure", hidden=hidden)
    copy = ProposalCopy(repository, tmp_path / "copy", hidden=hidden)
    other = repository.commit(
        commit, [Change("a.txt", None, Entry("100644", repository.write_blob(b"a")))], "x", when=1
    )
    user.git("update-ref", "refs/keep", other)
    for place in (trees.place, lambda side, one: copy.reset(one)):
        place("candidate", other)
    trees.clean()
    user.git("gc", "-q", "--prune=now")
    repository.close()
    for place in (trees.place, lambda side, one: copy.reset(one)):
        assert not (place("candidate", commit) / "a.txt").exists()


@settings(max_examples=30, deadline=None)
@given(
    names=st.sets(st.sampled_from(["a/x", "a/y/z", "b", "c/d/e", "f"]), min_size=1),
    chosen=st.sets(st.sampled_from("xyzbdef")),
)
def test_visible_and_hidden_paths_make_up_the_tree(tmp_path_factory, names, chosen):
    root = tmp_path_factory.mktemp("law")
    subprocess.run(["git", "init", "-q", root], check=True)
    repository = Repository.open(root)
    entries = [Change(name, None, Entry("100644", repository.write_blob(name.encode()))) for name in names]
    empty = (
        subprocess.run(["git", "-C", root, "mktree"], input=b"", capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )
    who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
    start = subprocess.run(["git", "-C", root, *who, "commit-tree", empty, "-m", "x"], capture_output=True, check=True)
    commit = repository.commit(start.stdout.decode().strip(), entries, "all", when=1)
    hidden = Hidden(repository, sorted(chosen))
    shown = hidden.visible(commit)
    assert sorted([*repository.paths(shown), *hidden.paths(commit)]) == sorted(names)
    assert not hidden.paths(shown)
    repository.close()
