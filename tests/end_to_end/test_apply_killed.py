"""`autoexp apply` killed at any step: all is as before or as after, or git shows what is left and a second `apply` ends it."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoexp import api
from autoexp.engine.faults import CHORES
from autoexp.workspaces import movemark
from tests.end_to_end.applied import campaign, copy_of, ended, everything, read
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import Project

POINTS = [point for point in CHORES if point.split("-")[1] in {"mark", "move", "unmark"}]
BEFORE = {"before-move", "before-mark", "after-mark"}
MARK = ".git/autoexp-apply.json"


@pytest.fixture
def project(helper: Helper, tmp_path: Path) -> Project:
    return copy_of(ended(helper), tmp_path)


def killing(project: Project, *, path: str, once: bool = True) -> None:
    """Let git be killed as it writes a file: the filter takes its own parent with it."""
    script, done = project.path.parent / "kill.sh", project.path.parent / "killed"
    passing = f"if [ -e '{done}' ]; then exec cat; fi\ntouch '{done}'\n" if once else ""
    script.write_text(f"{passing}kill -9 $PPID\n")
    project.git("config", "filter.kill.smudge", f"exec sh '{script}'")
    project.git("config", "filter.kill.clean", "cat")
    (project.path / ".git/info/attributes").write_text(f"{path} filter=kill\n")


def healed(project: Project) -> None:
    project.git("config", "--remove-section", "filter.kill")
    (project.path / ".git/info/attributes").unlink()


def ends(project: Project) -> None:
    """Apply once more, and see that all has come to its end."""
    project.run("apply")
    assert project.git("rev-parse", "main") == project.refs()["best"]
    assert read(project, "a.txt", "b.txt", "new.txt") == ["35", "20", "new"]
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""
    assert not (project.path / MARK).exists()


@pytest.mark.parametrize("point", POINTS)
def test_killed_apply_has_done_all_or_nothing(project: Project, point: str) -> None:
    before = everything(project)
    project.run("apply", code=-signal.SIGKILL, fault=point)
    if point in BEFORE:
        assert everything(project) == before
    else:
        assert project.git("rev-parse", "main") == project.refs()["best"]
        assert project.git("status", "--porcelain", "--untracked-files=no") == ""
    ends(project)


@pytest.mark.parametrize("path", ["a.txt", "b.txt", "new.txt"])
def test_apply_puts_the_files_back_when_its_git_is_killed(project: Project, path: str) -> None:
    killing(project, path=path)
    before = everything(project)
    printed = project.run("apply", code=2)
    assert "git was ended by signal 9" in printed
    assert everything(project) == before
    healed(project)
    ends(project)


def test_files_that_cannot_be_put_back_now_are_with_the_next_apply(project: Project) -> None:
    killing(project, path="b.txt", once=False)
    printed = project.run("apply", code=4)
    assert "run the same command again" in printed
    healed(project)
    ends(project)


def left_in_the_midst(project: Project) -> None:
    """Leave what a power cut leaves: one file new, one cut short, one missing, and the lock of the index."""
    project.run("apply", code=-signal.SIGKILL, fault="after-mark")
    (project.path / "a.txt").write_text("35\nkept\n")
    (project.path / "b.txt").unlink()
    (project.path / "new.txt").write_text("ne")
    (project.path / ".git/index.lock").touch()


def test_second_apply_ends_what_was_left_in_the_midst(project: Project) -> None:
    left_in_the_midst(project)
    assert "was killed here" in project.run("apply", "--dry-run")
    assert "a.txt" in project.git("status", "--porcelain")
    ends(project)


def test_file_that_was_changed_since_is_not_put_back(project: Project) -> None:
    left_in_the_midst(project)
    (project.path / "a.txt").write_text("my work since\n")
    printed = project.run("apply", code=2)
    assert "an `autoexp apply` was killed here, and since then these files were changed: a.txt" in printed
    assert (project.path / "a.txt").read_text() == "my work since\n"
    project.git("restore", "a.txt")
    ends(project)


def test_branch_alone_is_moved_where_that_was_left_to_do(project: Project) -> None:
    project.run("apply", code=-signal.SIGKILL, fault="after-mark")
    project.git("update-index", "--refresh")
    project.git("read-tree", "-m", "-u", "HEAD", "refs/autoexp/demo/best")
    (project.path / "b.txt").write_text("my work since\n")
    project.run("apply")
    assert project.git("rev-parse", "main") == project.refs()["best"]
    assert project.git("diff", "--name-only", "HEAD") == "b.txt"


def test_branch_that_git_has_logged_and_not_moved_is_moved(project: Project) -> None:
    before = project.git("rev-parse", "main")
    project.run("apply", code=-signal.SIGKILL, fault="before-unmark")
    (project.path / ".git/refs/heads/main").write_text(f"{before}\n")
    assert project.git("diff", "--name-only", "--cached") != ""
    ends(project)


def test_user_who_went_back_since_keeps_what_was_begun(project: Project) -> None:
    project.run("apply", code=-signal.SIGKILL, fault="before-unmark")
    project.git("reset", "-q", "--keep", "main@{1}")
    (project.path / "b.txt").unlink()
    assert "files that would change differ from HEAD: b.txt" in project.run("apply", code=2)
    assert not (project.path / "b.txt").exists()


def test_user_who_went_elsewhere_since_is_left_alone(project: Project) -> None:
    project.run("apply", code=-signal.SIGKILL, fault="after-mark")
    project.git("switch", "-q", "-c", "other")
    (project.path / "mine.txt").write_text("not committed\n")
    project.run("apply")
    assert project.git("rev-parse", "other") == project.refs()["best"]
    assert project.git("diff", "--name-only", "HEAD") == "mine.txt"


def test_folder_becomes_a_file_and_back(tmp_path: Path, helper: Helper) -> None:
    project = campaign(tmp_path, helper, run=False)
    script = "rm -r dir && printf '1\\n' > dir && mkdir deep && echo 1 > deep/new.txt && rm mine.txt"
    (project.path / "bench.sh").write_text("if [ -d dir ]; then x=9; else x=8; fi\necho METRIC x=$x\n")
    project.git("commit", "-q", "-m", "bench", "--", "bench.sh")
    contract = (project.path / "autoexp.yaml").read_text().replace('"dir/**"', "dir, deep")
    project.contract(contract)
    project.edits({"description": "a file for a folder", "run": script})
    project.run("run")
    (project.path / "dir/mine.log").write_text("ignored\n")
    refused = project.run("apply", code=2)
    assert "dir/mine.log" in refused
    (project.path / "dir/mine.log").unlink()
    killing(project, path="dir")
    before = everything(project)
    project.run("apply", code=2)
    assert everything(project) == before
    healed(project)
    project.run("apply")
    assert (project.path / "dir").read_text() == "1\n"
    assert not (project.path / "mine.txt").exists()


def waiting(project: Project) -> tuple[Path, Path]:
    """Let git wait as it writes a file, in a filter that has something to say; give the files that tell of it, and that end it."""
    begun, go_on, script = (project.path.parent / name for name in ("begun", "go-on", "wait.sh"))
    script.write_text(
        f"touch '{begun}'\ni=0\nwhile [ ! -e '{go_on}' ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done\n"
        "echo a word >&2 && cat\n"
    )
    project.git("config", "filter.wait.smudge", f"sh '{script}'")
    project.git("config", "filter.wait.clean", "cat")
    (project.path / ".git/info/attributes").write_text("a.txt filter=wait\n")
    return begun, go_on


def test_git_ends_its_work_when_apply_alone_is_killed(project: Project) -> None:
    begun, go_on = waiting(project)
    with project.start("apply") as process:
        wait_until(begun.exists, "the work of git")
        process.send_signal(signal.SIGKILL)
        process.communicate()
    go_on.touch()
    wait_until(lambda: not (project.path / ".git/index.lock").exists(), "the end of git")
    wait_until(lambda: project.git("rev-parse", "main") == project.refs()["best"], "the move of the branch")
    assert read(project, "a.txt", "b.txt", "new.txt") == ["35", "20", "new"]
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""


def test_two_at_once_do_not_meet(project: Project) -> None:
    begun, go_on = waiting(project)
    with project.start("apply") as first:
        wait_until(begun.exists, "the work of git")
        first.send_signal(signal.SIGKILL)
        first.communicate()
    with project.start("apply", "--json") as second:
        assert (project.path / ".git/index.lock").exists(), "the first one's git is at work no longer"
        go_on.touch()
        out, err = second.communicate()
    assert second.returncode == 0, err
    assert json.loads(out)["already_there"] == [1, 3, 4, 5]
    assert project.git("rev-parse", "main") == project.refs()["best"]
    assert read(project, "a.txt", "b.txt") == ["35", "20"]


def test_one_that_waited_for_another_sees_what_that_one_did(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fd = os.open(project.path / MARK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)

    def other(_: float) -> None:
        project.git("merge", "-q", "--ff-only", "autoexp/demo")
        os.close(fd)

    monkeypatch.setattr(movemark, "time", SimpleNamespace(monotonic=time.monotonic, sleep=other))
    found = api.apply(api.Place(project.path), api.ApplyWish(), environ={}).as_json()
    assert (found["commits"], found["already_there"]) == ([], [1, 3, 4, 5])
