"""Lock files that a killed git left, and the user's own git at the same time: nothing is lost, nothing of the user's is touched."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.durability.laws import lawful
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(80)]
WHOLE = ["keep", "keep", "discard", "keep"]
USERS = (
    "index.lock",
    "HEAD.lock",
    "config.lock",
    "shallow.lock",
    "packed-refs.lock",
    "gc.pid.lock",
    "refs/heads/main.lock",
    "objects/ab/tmp_obj_x",
    "objects/pack/tmp_pack_x",
)


def lay(project: Project, names: Sequence[str], *, old: bool = False) -> list[Path]:
    """Leave lock files in the repository."""
    paths = [project.path / ".git" / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
        if old:
            os.utime(path, (path.lstat().st_mtime - 3600,) * 2)
    return paths


def notes(project: Project) -> str:
    return "\n".join(event["text"] for event in project.journal() if event["event"] == "note")


@pytest.mark.long
def test_locks_of_the_users_hinder_nothing_and_stay(project: Project) -> None:
    project.edits(*EDITS)
    left = lay(project, USERS, old=True)
    project.run("run")
    assert [row["status"] for row in lawful(project)] == WHOLE
    assert [path.read_bytes() for path in left] == [b"left"] * len(left)
    assert "lock" not in notes(project)


def test_locks_that_appear_meanwhile_hinder_nothing_and_those_of_the_users_stay(project: Project) -> None:
    git = project.path / ".git"
    appearing = "; ".join(f"mkdir -p '{(git / name).parent}' && touch '{git / name}'" for name in USERS)
    trees = f"find '{project.cache}' -type f -name index -not -path '*/tree/*' -execdir touch index.lock ';'"
    project.edits(
        write(90), {"description": "value 95", "run": f"{appearing}; {trees}; echo 95 > value.txt"}, write(80)
    )
    project.run("run")
    assert [row["status"] for row in lawful(project)] == WHOLE
    assert all((git / name).exists() for name in USERS)


def test_locks_of_ours_are_removed_at_the_start(project: Project) -> None:
    project.edits(*EDITS)
    ours = lay(project, ["refs/autoexp/demo/best.lock", "refs/autoexp/demo/attempt/2.lock"])
    view = lay(project, ["refs/heads/autoexp/demo.lock"], old=True)
    project.run("run")
    assert [row["status"] for row in lawful(project)] == WHOLE
    assert [path for path in (*ours, *view) if path.exists()] == []
    assert "refs/autoexp/demo/best.lock" in notes(project)
    assert project.git("rev-parse", "autoexp/demo") == project.refs()["best"]


def test_lock_on_a_ref_in_the_way_is_named_and_the_campaign_goes_on_later(project: Project) -> None:
    lock = project.path / ".git/refs/autoexp/demo/best.lock"
    project.edits(write(90), {"description": "value 80", "run": f"touch '{lock}'; echo 80 > value.txt"}, write(70))
    told = project.run("run", code=4)
    assert f"{lock} has been locked for" in told
    assert f"rm '{lock}'" in told
    project.run("run")
    assert [row["status"] for row in lawful(project)] == ["keep"] * 4


def test_fresh_lock_on_the_branch_that_is_a_view_is_told_and_costs_nothing(project: Project) -> None:
    project.edits(write(90))
    (lock,) = lay(project, ["refs/heads/autoexp/demo.lock"])
    project.run("run")
    assert [row["status"] for row in lawful(project)] == ["keep", "keep"]
    assert f"branch autoexp/demo is not moved: {lock} has been locked" in notes(project)
    assert lock.exists()


BUSY = """
import itertools, pathlib, subprocess, sys
folder, stop, prune = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
for i in itertools.count():
    for arguments in (
        ["commit", "-q", "--allow-empty", "-m", f"of the user {i}"],
        ["pack-refs", "--all"],
        ["branch", f"b{i}"],
        ["gc", "-q", f"--prune={prune}"],
        ["fetch", "-q", ".", "refs/heads/*:refs/remotes/own/*"],
        ["repack", "-q", "-a", "-d"],
        ["branch", "-q", "-D", f"b{i}"],
    ):
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True)
        if done.returncode and prune != "now":
            sys.exit(f"{arguments}: {done.stderr}")
    if stop.exists():
        print(i + 1)
        sys.exit(0)
"""


def worked_beside(project: Project, edits: list[dict[str, object]], *, prune: str) -> None:
    """Run a campaign beside the user's git, which does something all the time, and hold that neither harms the other."""
    project.edits(*edits)
    stop = project.path.parent / "stop"
    command = [sys.executable, "-c", BUSY, str(project.path), str(stop), prune]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as user:
        try:
            project.run("run")
            stop.touch()
            told, why = user.communicate(timeout=project.patience_s)
        finally:
            user.kill()
    assert user.returncode == 0, why
    project.run("run")
    rows = lawful(project)
    assert [row["description"] for row in rows[1:]] == [edit["description"] for edit in edits]
    assert {row["status"] for row in rows} <= {"keep", "discard"}
    assert len(project.git("log", "--format=%s", "main").splitlines()) == int(told) + 1
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""
    project.git("fsck", "--full", "--strict", "--no-dangling")


def test_git_of_the_user_at_the_same_time_harms_nobody_and_is_not_harmed(project: Project) -> None:
    worked_beside(project, [write(90), write(95)], prune="2.weeks.ago")


@pytest.mark.long
@pytest.mark.parametrize("prune", ["2.weeks.ago", "now"])
def test_git_of_the_user_harms_no_long_campaign(project: Project, prune: str) -> None:
    worked_beside(project, [write(100 - i if i % 3 else 100 + i) for i in range(1, 41)], prune=prune)


@pytest.mark.long
def test_every_candidate_outlives_the_gc_of_the_user(project: Project) -> None:
    project.edits(*EDITS, write("crash"))
    project.run("run")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now")
    for row in lawful(project)[1:]:
        assert project.git("show", f"{row['commit']}:value.txt") == row["description"].removeprefix("value ")
