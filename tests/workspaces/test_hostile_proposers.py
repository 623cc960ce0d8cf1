"""Proposers that try to hide a change, to smuggle one in, or to stay for the next one."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from autoexp.workspaces import ProposalCopy, Scope

SRC = Scope(["src/"])


def inside(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def work(copy, repository):
    return copy.reset(repository.head())


@pytest.fixture
def again(copy, repository, work, snapshot):
    """Reset after the attack; the copy must be as the first one was."""
    before = snapshot(work)

    def check(*, capture_first=True):
        if capture_first:
            copy.capture(SRC)
        found = snapshot(copy.reset(repository.head()))
        assert found == before
        assert inside(work, "status", "--porcelain", "--ignored") == ""
        assert inside(work, "rev-list", "--all", "--count") == "1\n"
        assert inside(work, "fsck", "--full", "--strict") == ""

    return check


def test_same_size_edit_with_forged_time_is_seen(copy, work, again):
    path = work / "src/model.py"
    state = path.stat()
    path.write_text("a = 2\nb = 1\n")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert [change.path for change in copy.capture(SRC).changes] == ["src/model.py"]
    again()


def test_forged_time_on_a_replaced_file_is_seen(copy, work, again):
    path = work / "bench.py"
    state = path.stat()
    (work / "other").write_text("print(2)\n")
    os.utime(work / "other", ns=(state.st_atime_ns, state.st_mtime_ns))
    (work / "other").rename(path)
    assert copy.capture(SRC).outside == ("bench.py",)
    again()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_index_flags_hide_nothing(copy, work, again, flag):
    inside(work, "update-index", flag, "bench.py")
    (work / "bench.py").write_text("cheat")
    assert copy.capture(SRC).outside == ("bench.py",)
    again()


def test_rewritten_ignore_rules_hide_nothing(copy, work, again):
    (work / "src/.gitignore").write_text("*\n")
    (work / ".git/info/exclude").write_text("*\n")
    (work / "helper.py").write_text("cheat")
    (work / "src/new.py").write_text("new")
    capture = copy.capture(SRC)
    assert [change.path for change in capture.changes] == ["src/.gitignore", "src/new.py"]
    assert capture.outside == ("helper.py",)
    again()


def test_filters_and_attributes_have_no_influence(copy, work, repository, again):
    inside(work, "config", "filter.x.clean", "echo clean")
    inside(work, "config", "core.autocrlf", "true")
    (work / ".git/info/attributes").write_text("*.py filter=x text\n")
    (work / "src/model.py").write_bytes(b"x\r\n")
    (change,) = copy.capture(SRC).changes
    assert repository.read_blob(change.new.oid) == b"x\r\n"
    again()


def test_hooks_and_settings_never_run(copy, work, again, tmp_path):
    trap = tmp_path / "ran"
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-commit"):
        hook = work / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
        hook.chmod(0o755)
    with (work / ".git/config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = touch {trap}\n\tsshCommand = touch {trap}\n[alias]\n\tx = !touch {trap}\n")
    again()
    assert not trap.exists()
    assert not (work / ".git/hooks").exists()


def test_removed_repository_changes_nothing(copy, work, again):
    shutil.rmtree(work / ".git")
    (work / "src/model.py").write_text("x")
    assert [change.path for change in copy.capture(SRC).changes] == ["src/model.py"]
    again()


@pytest.mark.parametrize("kind", ["file", "link", "fifo"])
def test_repository_replaced_by_something_else_changes_nothing(copy, work, again, tmp_path, kind):
    shutil.rmtree(work / ".git")
    if kind == "file":
        (work / ".git").write_text(f"gitdir: {tmp_path}\n")
    elif kind == "link":
        (work / ".git").symlink_to(tmp_path)
    else:
        os.mkfifo(work / ".git")
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ())
    again()


def test_poisoned_pack_does_not_reach_the_next_proposer(copy, work, repository, again):
    for _ in range(2):
        for file in (work / ".git/objects/pack").iterdir():
            file.chmod(0o644)
            file.write_bytes(b"poison")
        again()


def test_pack_that_nobody_wrote_to_is_kept(copy, work, repository, monkeypatch):
    monkeypatch.setattr("autoexp.workspaces.onecommit.GRAIN_NS", -1)
    copy.reset(repository.head())
    (pack,) = (work / ".git/objects/pack").glob("*.pack")
    inode = pack.stat().st_ino
    copy.reset(repository.head())
    assert pack.stat().st_ino == inode
    assert inside(work, "fsck", "--full", "--strict") == ""


def test_nested_repository_is_outside(copy, work, again):
    inside(work, "init", "-q", "src/nested")
    (work / "src/nested/x.py").write_text("x")
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ("src/nested/",))
    again()


def test_repository_around_tracked_files_is_outside(copy, work, again):
    inside(work, "init", "-q", "src")
    (work / "src/model.py").write_text("x")
    assert any(path.startswith("src/.git") for path in copy.capture(SRC).outside)
    again()


def test_link_in_place_of_a_file_in_scope_is_outside(copy, work, again):
    (work / "src/model.py").unlink()
    (work / "src/model.py").symlink_to("/etc/passwd")
    capture = copy.capture(SRC)
    assert (capture.changes, capture.outside) == ((), ("src/model.py",))
    again()


def test_link_in_place_of_a_folder_is_outside_and_not_followed(copy, work, again, tmp_path):
    shutil.copytree(work / "src", tmp_path / "elsewhere")
    (tmp_path / "elsewhere/model.py").write_text("x")
    shutil.rmtree(work / "src")
    (work / "src").symlink_to(tmp_path / "elsewhere")
    capture = copy.capture(SRC)
    assert all(change.new is None for change in capture.changes)
    assert "src" in capture.outside
    again()
    assert (tmp_path / "elsewhere/model.py").read_text() == "x"


def test_changed_link_is_outside(copy, work, again):
    (work / "latest").unlink()
    (work / "latest").symlink_to("bench.py")
    assert copy.capture(Scope(["latest"])).outside == ("latest",)
    again()


@pytest.mark.parametrize("place", ["src/model.py", "src/odd", "odd"])
def test_fifo_is_outside_and_blocks_nobody(copy, work, again, place):
    (work / place).unlink(missing_ok=True)
    os.mkfifo(work / place)
    assert copy.capture(SRC).outside == (place,)
    again()


def test_socket_is_outside(copy, work, again, monkeypatch):
    monkeypatch.chdir(work / "src")
    with socket.socket(socket.AF_UNIX) as odd:
        odd.bind("odd")
    assert copy.capture(SRC).outside == ("src/odd",)
    again()


def test_closed_folder_is_opened_and_collected(copy, work, again):
    (work / "src/model.py").write_text("x")
    (work / "src/fresh").mkdir()
    (work / "src/fresh/new.py").write_text("x")
    (work / "src/fresh").chmod(0)
    (work / "src").chmod(0)
    capture = copy.capture(SRC)
    assert [change.path for change in capture.changes] == ["src/fresh/new.py", "src/model.py"]
    again()


@pytest.mark.parametrize("place", [".git", ".git/objects", ".git/objects/pack", "src/deep"])
def test_closed_folder_is_cleared_in_the_same_and_in_the_next_process(  # noqa: PLR0913, PLR0917
    copy, work, again, repository, tmp_path, snapshot, monkeypatch, place
):
    monkeypatch.setattr("autoexp.workspaces.onecommit.GRAIN_NS", -1)
    again()
    (work / place).chmod(0)
    again()
    before = snapshot(work)
    (work / place).chmod(0)
    ProposalCopy(repository, tmp_path / "cache/copy").reset(repository.head())
    assert snapshot(work) == before


def test_read_only_files_and_folders_do_not_stay(work, again):
    (work / "bench.py").chmod(0o400)
    (work / "src/locked").mkdir()
    (work / "src/locked/x").write_text("x")
    (work / "src/locked").chmod(0o500)
    (work / "src").chmod(0o500)
    work.chmod(0o500)
    again()
    assert (work / "bench.py").stat().st_mode & 0o200


def test_ignored_and_empty_things_do_not_stay(work, again):
    (work / "run.log").write_text("x")
    (work / "build/deep").mkdir(parents=True)
    (work / "__pycache__").mkdir()
    (work / "src/empty").mkdir()
    again()


def test_reset_without_capture_cleans_as_well(work, again):
    (work / "run.log").write_text("x")
    (work / "src/model.py").write_text("x")
    (work / "bench.py").unlink()
    again(capture_first=False)


def test_second_name_of_a_file_does_not_stay(work, again, tmp_path):
    os.link(work / "bench.py", tmp_path / "handle")
    again()
    (tmp_path / "handle").write_text("later")
    assert (work / "bench.py").read_text() == "print(1)\n"


def test_very_deep_folders_do_not_stay(copy, work, again):
    here = os.open(work, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 100, dir_fd=here)
        inner = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    copy.capture(SRC)
    again()


def test_folder_of_the_copy_may_vanish(copy, work, again):
    shutil.rmtree(work)
    capture = copy.capture(Scope(["*"]))
    assert len(capture.changes) == 12
    again()


def test_git_names_in_other_letters_are_outside(copy, work, again):
    (work / "src/.GIT").write_text("gitdir: /")
    assert copy.capture(SRC).outside == ("src/.GIT",)
    again()


def test_repository_of_the_proposer_is_replaced_as_a_whole(copy, work, again):
    (work / "secret").write_text("for the next one")
    inside(work, "add", "-A", "-f")
    inside(work, "commit", "-q", "-m", "note", "--no-verify")
    inside(work, "tag", "note")
    inside(work, "config", "user.note", "x")
    again()
    assert inside(work, "tag") == ""
    assert "note" not in Path(work / ".git/config").read_text()
