"""The user's repository: read everything, add objects, touch nothing."""

import os
import subprocess

import pytest

from autoexp.errors import GitError, RepositoryError
from autoexp.workspaces import Change, Entry, RefUpdate, Repository


def plain(repository, text):
    return Entry("100644", repository.write_blob(text.encode()))


def test_folder_without_repository_is_refused_with_a_fix(tmp_path):
    with pytest.raises(RepositoryError, match="git init"):
        Repository.open(tmp_path)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(RepositoryError):
        Repository.open(tmp_path / "nowhere")


def test_missing_git_is_said(user, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RepositoryError, match="install git"):
        Repository.open(user.path)


def test_repository_is_found_from_a_folder_inside(user):
    assert Repository.open(user.path / "src" / "deep").root == user.path


def test_variables_of_a_surrounding_git_have_no_influence(user, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert Repository.open(user.path).common_dir == user.path / ".git"


def test_no_commit_is_refused_with_a_fix(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with pytest.raises(RepositoryError, match="git commit"):
        Repository.open(tmp_path).head()


def test_bare_repository_has_no_root(user, tmp_path):
    user.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    repository = Repository.open(tmp_path / "bare.git")
    assert (repository.root, repository.dirty()) == (None, [])
    assert repository.head() == user.git("rev-parse", "HEAD")


def test_linked_worktree_shares_the_common_dir_and_has_its_own_head(user, tmp_path):
    user.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    user.commit("main moves")
    repository = Repository.open(tmp_path / "side")
    assert repository.common_dir == user.path / ".git"
    assert repository.root == tmp_path / "side"
    assert repository.head() == user.git("rev-parse", "side") != user.git("rev-parse", "main")


def test_detached_head_is_a_head(user, repository):
    user.git("checkout", "-q", "--detach")
    assert repository.head() == user.git("rev-parse", "HEAD")


def test_resolve_peels_tags_and_answers_none_for_nothing(user, repository):
    user.git("tag", "-a", "-m", "x", "v1")
    assert repository.resolve("v1") == repository.head()
    assert repository.resolve("v2") is None
    assert repository.resolve("0" * 40) is None
    assert repository.resolve("HEAD:src/deep") == user.git("rev-parse", "HEAD:src/deep")


def test_dirty_lists_staged_and_unstaged_but_not_untracked(user, repository):
    user.write("bench.py", "changed")
    user.write("src/model.py", "changed")
    user.git("add", "src/model.py")
    user.write("new.py", "new")
    assert repository.dirty() == ["bench.py", "src/model.py"]
    assert repository.dirty(lambda path: path.startswith("src/")) == ["src/model.py"]


def test_dirty_does_not_count_files_that_were_only_touched(user, repository):
    os.utime(user.path / "bench.py", (1, 1))
    assert repository.dirty() == []


def test_dirty_hears_the_users_settings(user, repository):
    user.git("config", "core.fileMode", "false")
    (user.path / "bench.py").chmod(0o755)
    assert repository.dirty() == []


def test_dirty_leaves_the_index_as_it_was(user, repository):
    os.utime(user.path / "bench.py", (1, 1))
    before = (user.path / ".git" / "index").read_bytes()
    repository.dirty()
    assert (user.path / ".git" / "index").read_bytes() == before


def test_blob_comes_back_as_written(repository):
    data = bytes(range(256)) * 3 + b"\r\n"
    assert repository.read_blob(repository.write_blob(data)) == data


def test_blob_is_read_by_path(repository):
    assert repository.read_blob("HEAD:src/model.py") == b"a = 1\nb = 2\n"


def test_missing_blob_is_an_error_and_the_next_question_is_answered(repository):
    with pytest.raises(GitError):
        repository.read_blob("HEAD:nowhere")
    assert repository.read_blob("HEAD:bench.py") == b"print(1)\n"


def test_tree_is_not_taken_for_a_blob(repository):
    with pytest.raises(GitError, match="tree"):
        repository.read_blob("HEAD:src")


def test_reading_goes_on_after_the_helper_died(repository):
    repository.read_blob("HEAD:bench.py")
    repository._reader._process.kill()
    repository._reader._process.wait()
    assert repository.read_blob("HEAD:bench.py") == b"print(1)\n"


def test_commit_changes_only_the_paths_named(user, repository):
    head = repository.head()
    new = plain(repository, "e = 5\n")
    changes = [Change("src/deep/er/layer.py", None, new), Change("new/folder/x.py", None, new)]
    commit = repository.commit(head, changes, "better", when=1_700_000_000)
    assert {change.path: change.new for change in repository.changed(head, commit)} == {
        "src/deep/er/layer.py": new,
        "new/folder/x.py": new,
    }
    assert user.git("fsck", "--strict", "--no-dangling") == ""


def test_commit_is_by_autoexp_at_the_time_given_and_on_the_parent(user, repository):
    commit = repository.commit(repository.head(), [], "a thought\n\nmore", when=1_700_000_000)
    assert user.git("log", "-1", "--format=%an <%ae> %at %ct %P%n%B", commit).split("\n") == [
        f"autoexp <autoexp@localhost> 1700000000 1700000000 {repository.head()}",
        "a thought",
        "",
        "more",
        "",
    ]


def test_same_commit_has_the_same_id(repository):
    commits = {repository.commit(repository.head(), [], "x", when=1) for _ in range(2)}
    assert len(commits) == 1


def test_folder_without_files_disappears_from_the_tree(repository):
    head = repository.head()
    gone = repository.commit(head, [Change("src/deep/er/layer.py", None, None)], "x", when=1)
    assert "src/deep/er/layer.py" not in repository.paths(gone)
    assert repository.resolve(f"{gone}:src/deep") is None


def test_all_files_can_be_removed(user, repository):
    changes = [Change(path, None, None) for path in repository.paths("HEAD")]
    commit = repository.commit(repository.head(), changes, "x", when=1)
    assert repository.paths(commit) == []
    assert user.git("fsck", "--strict", "--no-dangling") == ""


def test_file_can_become_a_folder_and_back(user, repository):
    head, new = repository.head(), plain(repository, "x")
    swapped = [Change("bench.py", None, None), Change("bench.py/a", None, new)]
    folder = repository.commit(head, swapped, "x", when=1)
    assert "bench.py/a" in repository.paths(folder)
    back = repository.commit(folder, [Change("bench.py", None, new), Change("bench.py/a", None, None)], "x", when=1)
    assert "bench.py" in repository.paths(back)
    assert user.git("fsck", "--strict", "--no-dangling") == ""


def test_names_with_spaces_newlines_and_odd_bytes_are_kept(repository):
    names = ["a b", "line\nbreak", os.fsdecode(b"\xff\xfe.py"), 'quote"s', "tab\there", "ünï"]
    new = plain(repository, "x")
    head = repository.head()
    commit = repository.commit(head, [Change(f"odd/{name}", None, new) for name in names], "x", when=1)
    assert {path for path in repository.paths(commit) if path.startswith("odd/")} == {f"odd/{name}" for name in names}
    assert {change.path for change in repository.changed(head, commit)} == {f"odd/{name}" for name in names}
    assert repository.read_blob(f"{commit}:odd/line\nbreak") == b"x"


def test_entries_are_sorted_as_git_wants(user, repository):
    new = plain(repository, "x")
    changes = [Change(name, None, new) for name in ("foo.py", "foo/bar", "foo-bar", "foo0")]
    repository.commit(repository.head(), changes, "x", when=1)
    assert user.git("fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize("path", [".git/config", "a/.GIT/x", "../x", "a//b", ".git ./x", "GIT~1/x"])
def test_path_that_git_refuses_is_never_committed(repository, path):
    with pytest.raises(ValueError, match="cannot stand in a tree"):
        repository.commit(repository.head(), [Change(path, None, plain(repository, "x"))], "x", when=1)


def test_diff_is_unified_and_counted(repository):
    head = repository.head()
    new = plain(repository, "a = 1\nb = 3\nc = 4\n")
    commit = repository.commit(head, [Change("src/model.py", None, new)], "x", when=1)
    assert "-b = 2\n+b = 3\n+c = 4\n" in repository.diff(head, commit)
    assert repository.changed_lines(head, commit) == (2, 1)


def test_lines_are_counted_over_all_files_and_a_binary_file_has_none(repository):
    head = repository.head()
    names = ["a\n7\t7\tb", "3\t4\tc", "plain"]
    many = [Change(name, None, plain(repository, "1\n2\n3")) for name in names]
    begun = repository.commit(head, many, "x", when=1)
    assert repository.changed_lines(head, begun) == (9, 0)
    ended = repository.commit(
        begun, [Change("plain", many[2].new, None), Change("raw", None, plain(repository, "\0\n"))], "x", when=1
    )
    assert repository.changed_lines(begun, ended) == (0, 3)
    assert repository.changed_lines(ended, ended) == (0, 0)


def test_diff_runs_nothing_of_the_users_settings(user, repository, tmp_path):
    user.git("config", "diff.external", f"touch {tmp_path}/ran;")
    user.git("config", "diff.lfs.textconv", f"touch {tmp_path}/ran;")
    head = repository.head()
    repository.diff(head, repository.commit(head, [Change("big.bin", None, plain(repository, "x\n"))], "x", when=1))
    assert not (tmp_path / "ran").exists()


def test_replaced_objects_have_no_influence(user, repository):
    head = repository.head()
    other = repository.commit(head, [Change("bench.py", None, None)], "x", when=1)
    user.git("replace", head, other)
    assert "bench.py" in repository.paths(head)


def test_sha256_repository_works(make_user):
    user = make_user("wide", object_format="sha256")
    repository = Repository.open(user.path)
    new = plain(repository, "x")
    commit = repository.commit(repository.head(), [Change("src/model.py", None, new)], "x", when=1)
    repository.close()
    assert (repository.object_format, len(commit)) == ("sha256", 64)
    assert user.git("fsck", "--strict", "--no-dangling") == ""
    assert user.git("show", f"{commit}:src/model.py") == "x"


def test_nothing_in_the_checkout_is_written(user, repository, snapshot):
    user.write("untracked.txt", "mine")
    user.write("bench.py", "half done")
    index = user.path / ".git" / "index"
    before = snapshot(user.path), index.read_bytes(), (user.path / ".git" / "HEAD").read_bytes()
    commit = repository.commit(repository.head(), [Change("bench.py", None, plain(repository, "x"))], "x", when=1)
    repository.diff(repository.head(), commit)
    repository.dirty()
    assert before == (snapshot(user.path), index.read_bytes(), (user.path / ".git" / "HEAD").read_bytes())


def test_what_a_gc_removed_before_it_had_a_ref_is_stored_again(repository, refs, user):
    blob = repository.write_blob(b"new\n")
    commit = repository.commit(
        user.git("rev-parse", "HEAD"), [Change("new.txt", None, Entry("100644", blob))], "m", when=1
    )
    user.git("prune", "--expire=now")
    refs.update([RefUpdate("refs/autoexp/fast/attempt/1", commit, None)])
    assert user.git("show", f"{commit}:new.txt") == "new"
    user.git("fsck", "--full", "--strict")


def test_what_a_gc_removed_although_it_has_a_ref_is_stored_again(repository, refs, user):
    blob = repository.write_blob(b"new\n")
    refs.update([RefUpdate("refs/autoexp/fast/record/1", blob, None)])
    repository.forget_older()
    (repository.common_dir / "objects" / blob[:2] / blob[2:]).unlink()
    assert (repository.store_lost(), repository.store_lost()) == (1, 0)
    assert user.git("cat-file", "blob", "refs/autoexp/fast/record/1") == "new"


def test_what_was_written_long_ago_is_not_remembered(repository):
    blob = repository.write_blob(b"new\n")
    repository.forget_older()
    repository.forget_older()
    (repository.common_dir / "objects" / blob[:2] / blob[2:]).unlink()
    assert repository.store_lost() == 0


@pytest.mark.parametrize("look", ["changed", "text_diff"])
def test_look_at_a_commit_that_a_gc_has_taken_apart_finds_it_whole(repository, user, look):
    base = user.git("rev-parse", "HEAD")
    commit = repository.commit(base, [Change("new.txt", None, plain(repository, "new"))], "new", when=0)
    user.git("prune", "--expire=now")
    assert "new" in str(getattr(repository, look)(base, commit))


def test_look_at_what_was_never_written_is_an_error(repository, user):
    with pytest.raises(GitError, match="diff-tree"):
        repository.changed(user.git("rev-parse", "HEAD"), "1" * 40)
