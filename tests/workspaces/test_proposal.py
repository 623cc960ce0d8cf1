"""What a proposer gets, and what is collected from an honest one."""

import os
import subprocess

import pytest

from autoexp.workspaces import Change, Entry, ProposalCopy, Repository, Scope

SRC = Scope(["src/"])


def inside(folder, *arguments):
    """Run the proposer's git, with the proposer's own environment."""
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def test_copy_has_exactly_the_bytes_of_the_commit(copy, repository, blobs, snapshot):
    work = copy.reset(repository.head())
    found = {name: content for name, (mode, content) in snapshot(work).items() if (work / name).is_file()}
    assert found == {name: blobs("HEAD").get(name) for name in found}
    assert set(found) == set(repository.paths("HEAD"))


def test_copy_keeps_executables_and_links(copy, repository):
    work = copy.reset(repository.head())
    assert os.access(work / "tool.sh", os.X_OK)
    assert (work / "bench.py").stat().st_mode & 0o111 == 0
    assert str((work / "latest").readlink()) == "src/model.py"


def test_git_status_in_the_copy_is_clean(copy, repository):
    assert inside(copy.reset(repository.head()), "status", "--porcelain") == ""


def test_copy_holds_one_commit_on_main_and_nothing_to_look_back_to(user, copy, repository):
    work = copy.reset(user.commit("second"))
    assert inside(work, "rev-list", "--all", "--count") == "1\n"
    assert inside(work, "symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert inside(work, "remote") == ""
    assert not (work / ".git/objects/info/alternates").exists()
    assert inside(work, "cat-file", "--batch-all-objects", "--batch-check").count(" commit ") == 1
    assert inside(work, "fsck", "--full", "--strict") == ""


def test_proposer_can_commit_in_the_copy(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/model.py").write_text("x")
    inside(work, "commit", "-q", "-a", "-m", "mine")
    assert [change.path for change in copy.capture(SRC).changes] == ["src/model.py"]


def test_untouched_copy_is_no_change(copy, repository):
    copy.reset(repository.head())
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())


def test_touched_and_rewritten_files_are_no_change(copy, repository):
    work = copy.reset(repository.head())
    os.utime(work / "src/model.py")
    data = (work / "bench.py").read_bytes()
    (work / "bench.py").unlink()
    (work / "bench.py").write_bytes(data)
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())


def test_edit_is_collected_with_its_blob_stored(copy, repository):
    head = repository.head()
    work = copy.reset(head)
    (work / "src/model.py").write_bytes(b"a = 9\r\n")
    (change,) = copy.capture(SRC).changes
    assert change.path == "src/model.py"
    assert change.old == repository.entries(head)["src/model.py"]
    assert repository.read_blob(change.new.oid) == b"a = 9\r\n"


def test_candidate_of_a_capture_is_the_tree_the_proposer_left(copy, repository, blobs):
    head = repository.head()
    work = copy.reset(head)
    (work / "src/model.py").rename(work / "src/renamed.py")
    (work / "src/new folder").mkdir()
    (work / "src/new folder/x.py").write_text("new")
    (work / "src/other.py").chmod(0o755)
    capture = copy.capture(SRC)
    commit = repository.commit(head, capture.changes, "x", when=1)
    files = blobs(commit)
    assert set(files) == set(blobs(head)) - {"src/model.py"} | {"src/renamed.py", "src/new folder/x.py"}
    assert files["src/renamed.py"] == b"a = 1\nb = 2\n"
    assert repository.entries(commit)["src/other.py"].mode == "100755"
    assert capture.outside == ()


def test_deleted_file_is_a_change(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/deep/er/layer.py").unlink()
    (change,) = copy.capture(SRC).changes
    assert (change.path, change.new) == ("src/deep/er/layer.py", None)


def test_deleted_folder_is_its_files(copy, repository):
    work = copy.reset(repository.head())
    subprocess.run(["rm", "-r", work / "src"], check=True)
    capture = copy.capture(Scope(["src/", "!.gitignore"]))
    assert [change.path for change in capture.changes] == ["src/deep/er/layer.py", "src/model.py", "src/other.py"]
    assert capture.outside == ("src/.gitignore",)


def test_executable_bit_alone_is_a_change(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/model.py").chmod(0o755)
    (change,) = copy.capture(SRC).changes
    assert (change.old.mode, change.new.mode) == ("100644", "100755")
    assert change.old.oid == change.new.oid


def test_file_may_become_a_folder(copy, repository, blobs):
    head = repository.head()
    work = copy.reset(head)
    (work / "src/model.py").unlink()
    (work / "src/model.py").mkdir()
    (work / "src/model.py/inner.py").write_text("x")
    capture = copy.capture(SRC)
    assert [(change.path, change.new is None) for change in capture.changes] == [
        ("src/model.py", True),
        ("src/model.py/inner.py", False),
    ]
    assert "src/model.py/inner.py" in blobs(repository.commit(head, capture.changes, "x", when=1))


def test_folder_may_become_a_file(copy, repository, blobs):
    head = repository.head()
    work = copy.reset(head)
    subprocess.run(["rm", "-r", work / "src/deep"], check=True)
    (work / "src/deep").write_text("x")
    capture = copy.capture(SRC)
    files = blobs(repository.commit(head, capture.changes, "x", when=1))
    assert files["src/deep"] == b"x"
    assert "src/deep/er/layer.py" not in files


def test_change_out_of_scope_is_named_and_not_stored(copy, repository):
    work = copy.reset(repository.head())
    (work / "bench.py").write_text("cheat")
    (work / "src/model.py").write_text("x")
    capture = copy.capture(SRC)
    assert capture.outside == ("bench.py",)
    assert [change.path for change in capture.changes] == ["src/model.py"]
    assert repository.resolve(repository.object_id("blob", b"cheat")) is None


def test_new_file_out_of_scope_is_outside(copy, repository):
    work = copy.reset(repository.head())
    (work / "conftest.py").write_text("x")
    assert copy.capture(SRC).outside == ("conftest.py",)


def test_ignored_leftovers_are_dropped(copy, repository):
    work = copy.reset(repository.head())
    (work / "run.log").write_text("x")
    (work / "build/deep").mkdir(parents=True)
    (work / "build/deep/x.o").write_text("x")
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())


def test_scope_wins_over_ignore_rules(copy, repository):
    work = copy.reset(repository.head())
    (work / "build").mkdir()
    (work / "build/config.json").write_text("{}")
    (work / "build/other.json").write_text("{}")
    capture = copy.capture(Scope(["build/config.json"]))
    assert [change.path for change in capture.changes] == ["build/config.json"]
    assert capture.outside == ()


def test_interpreter_caches_never_belong_to_a_candidate(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/__pycache__").mkdir()
    (work / "src/__pycache__/model.cpython-311.pyc").write_bytes(b"forged")
    (work / "__pycache__").mkdir()
    (work / "__pycache__/bench.cpython-311.pyc").write_bytes(b"forged")
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())


def test_empty_folders_are_nothing(copy, repository):
    work = copy.reset(repository.head())
    (work / "empty/inner").mkdir(parents=True)
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())


def test_odd_names_are_collected(copy, repository):
    work = copy.reset(repository.head())
    names = ["a b", "line\nbreak", os.fsdecode(b"\xff\xfe"), "-rf", 'q"uote', "trail "]
    for name in names:
        (work / "src" / name).write_text(name.encode("utf-8", "surrogateescape").hex())
    capture = copy.capture(SRC)
    assert {change.path for change in capture.changes} == {f"src/{name}" for name in names}
    commit = repository.commit(repository.head(), capture.changes, "x", when=1)
    work = copy.reset(commit)
    assert all((work / "src" / name).is_file() for name in names)
    assert inside(work, "status", "--porcelain") == ""


def test_too_big_a_candidate_is_outside(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/big.py").write_bytes(b"x" * 1_001)
    assert copy.capture(SRC, max_bytes=1_000).outside == ("src/big.py",)


def test_too_many_files_are_outside(copy, repository):
    work = copy.reset(repository.head())
    for n in range(5):
        (work / f"src/{n}.py").write_text("x")
    capture = copy.capture(SRC, max_files=3)
    assert (len(capture.changes), len(capture.outside)) == (3, 2)


def test_reset_moves_to_another_parent_and_back(copy, repository, snapshot):
    head = repository.head()
    texts = {"src/model.py": "x", "src/deep/er": "a file now", "fresh/y": "y"}
    changes = [Change("src/deep/er/layer.py", None, None)]
    changes += [Change(path, None, Entry("100644", repository.write_blob(t.encode()))) for path, t in texts.items()]
    other = repository.commit(head, changes, "x", when=1)
    first = snapshot(copy.reset(head))
    work = copy.reset(other)
    assert inside(work, "status", "--porcelain") == ""
    assert inside(work, "fsck", "--full", "--strict", "--no-dangling") == ""
    assert (work / "src/deep/er").read_text() == "a file now"
    assert snapshot(copy.reset(head)) == first
    assert inside(work, "status", "--porcelain") == ""


def test_many_experiments_leave_folders_of_the_same_size(copy, repository, tmp_path):
    def count():
        return sum(1 for _ in (tmp_path / "cache").rglob("*"))

    parent, sizes = repository.head(), []
    for n in range(30):
        work = copy.reset(parent)
        (work / "src/model.py").write_text(f"n = {n}\n")
        capture = copy.capture(SRC)
        sizes.append(count())
        parent = repository.commit(parent, capture.changes, str(n), when=n)
    assert max(sizes[5:]) <= sizes[4] + 2


def test_submodule_is_an_empty_folder_and_not_to_be_filled(user, copy, repository, blobs):
    head = repository.head()
    parent = repository.commit(head, [Change("lib/sub", None, Entry("160000", "1" * 40))], "x", when=1)
    work = copy.reset(parent)
    assert list((work / "lib/sub").iterdir()) == []
    assert inside(work, "status", "--porcelain") == ""
    assert copy.capture(Scope(["lib/"])).outside == ()
    (work / "lib/sub/x.py").write_text("x")
    assert copy.capture(Scope(["lib/"])).outside == ("lib/sub/x.py",)
    work = copy.reset(parent)
    assert list((work / "lib/sub").iterdir()) == []


def test_sha256_repository_gives_a_sha256_copy(make_user, tmp_path):
    user = make_user("wide", object_format="sha256")
    repository = Repository.open(user.path)
    copy = ProposalCopy(repository, tmp_path / "cache")
    work = copy.reset(repository.head())
    assert inside(work, "status", "--porcelain") == ""
    assert inside(work, "fsck", "--full", "--strict") == ""
    (work / "src/model.py").write_text("x")
    (change,) = copy.capture(SRC).changes
    assert len(change.new.oid) == 64
    repository.close()


def test_bare_repository_and_linked_worktree_give_copies(user, tmp_path):
    user.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    user.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    for name in ("bare.git", "side"):
        repository = Repository.open(tmp_path / name)
        work = ProposalCopy(repository, tmp_path / f"cache-{name}").reset(repository.head())
        assert inside(work, "status", "--porcelain") == ""
        repository.close()


def test_borrowed_objects_are_found(user, tmp_path):
    user.git("clone", "-q", "--shared", ".", str(tmp_path / "borrower"))
    repository = Repository.open(tmp_path / "borrower")
    work = ProposalCopy(repository, tmp_path / "cache").reset(repository.head())
    assert inside(work, "fsck", "--full", "--strict") == ""
    repository.close()


def test_user_is_never_touched(user, copy, repository, snapshot):
    user.write("untracked", "mine")
    user.write("bench.py", "half done")
    index = user.path / ".git" / "index"
    before = snapshot(user.path), index.read_bytes(), user.git("for-each-ref")
    work = copy.reset(repository.head())
    (work / "src/model.py").write_text("x")
    copy.capture(SRC)
    copy.reset(repository.head())
    assert (snapshot(user.path), index.read_bytes(), user.git("for-each-ref")) == before


@pytest.mark.parametrize("name", ["core.autocrlf=true", "core.eol=crlf", "core.filemode=false", "core.symlinks=false"])
def test_users_settings_have_no_influence_on_bytes(user, repository, tmp_path, name, blobs):
    key, value = name.split("=")
    user.git("config", key, value)
    work = ProposalCopy(repository, tmp_path / "cache").reset(repository.head())
    assert (work / "notes.txt").read_bytes() == blobs("HEAD")["notes.txt"]
    assert os.access(work / "tool.sh", os.X_OK)
    assert (work / "latest").is_symlink()


def test_what_is_in_scope_and_cannot_be_taken_says_what_it_is(copy, repository):
    work = copy.reset(repository.head())
    (work / "src/model.py").unlink()
    (work / "src/model.py").symlink_to("other.py")
    os.mkfifo(work / "src/pipe")
    (work / "bench.py").write_text("cheat")
    (work / "src/large.bin").write_bytes(bytes(2000))
    capture = copy.capture(SRC, max_bytes=1000)
    assert capture.outside == ("bench.py", "src/large.bin", "src/model.py", "src/pipe")
    assert dict(capture.unfit) == {
        "src/model.py": "a symbolic link",
        "src/pipe": "no regular file",
        "src/large.bin": "too large: a candidate may change 1000 bytes in all",
    }
