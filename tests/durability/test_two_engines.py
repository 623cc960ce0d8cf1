"""One engine at a time works on a campaign; every other is told at once which one, and what to do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests import machines
from tests.durability.laws import lawful
from tests.end_to_end.commands import Running, wait_until
from tests.end_to_end.conftest import Project, write

STARTERS = 5


@contextmanager
def at_work(project: Project, tmp_path: Path) -> Iterator[Running]:
    """Let an engine be in the midst of an experiment until the block ends, and then let it finish."""
    inside, go = tmp_path / "inside", tmp_path / "go"
    waits = f"touch '{inside}'; while ! test -e '{go}'; do sleep 0.05; done; echo 90 > value.txt"
    project.edits({"description": "value 90", "run": waits}, write(80))
    with project.start("run") as first:
        try:
            wait_until(lambda: inside.exists() or first.poll() is not None, "the proposer of the first engine")
            yield first
        finally:
            go.touch()
        out, err = first.communicate()
    assert first.returncode == 0, out + err


def refused(project: Project, holder: int, repo: Path) -> None:
    began = time.monotonic()
    told = project.run("run", code=2, repo=repo)
    assert f"another autoexp (process {holder}) is working on this campaign" in told
    assert "fix: wait for it, stop it with `autoexp stop`, or use another --tag" in told
    assert time.monotonic() - began < project.patience_s / 2, "it waited"


def test_second_engine_is_refused_by_whatever_name_it_calls_the_repository(project: Project, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project.path)
    tree = tmp_path / "tree"
    project.git("worktree", "add", "-q", "--detach", str(tree))
    below = project.path / "below"
    below.mkdir()
    with at_work(project, tmp_path) as first:
        for name in ("autoexp.yaml", "edits.yaml"):
            (tree / name).write_bytes((project.path / name).read_bytes())
        for repo in (project.path, link, tree, below, project.path / ".." / project.path.name):
            refused(project, first.pid, repo)
    assert [row["status"] for row in lawful(project)] == ["keep"] * 3


def test_of_many_that_start_at_once_one_works_and_all_others_are_refused(project: Project, tmp_path: Path) -> None:
    inside, go = tmp_path / "inside", tmp_path / "go"
    waits = f"touch '{inside}'; while ! test -e '{go}'; do sleep 0.05; done; echo 90 > value.txt"
    project.edits({"description": "value 90", "run": waits}, write(80))
    with ExitStack() as stack:
        stack.callback(go.touch)
        started = [stack.enter_context(project.start("run")) for _ in range(STARTERS)]

        def ended() -> list[Running]:
            return [one for one in started if one.poll() is not None]

        wait_until(lambda: len(ended()) >= STARTERS - 1, "all but one are refused")
        (worker,) = set(started) - set(ended())
        assert [one.returncode for one in ended()] == [2] * (STARTERS - 1)
        assert all("is working on this campaign" in one.printed("err") for one in ended())
        go.touch()
        worker.communicate()
    assert worker.returncode == 0
    assert [row["status"] for row in lawful(project)] == ["keep"] * 3
    assert sum(event["event"] == "session" for event in project.journal()) == 1


@pytest.mark.long
def test_other_campaigns_of_the_repository_are_free(project: Project, tmp_path: Path) -> None:
    with at_work(project, tmp_path):
        project.edits(write(70))
        project.run("run", "--tag", "other")
    assert [row["status"] for row in lawful(project)] == ["keep"] * 3
    assert [row["status"] for row in lawful(project, "other")] == ["keep"] * 2


@pytest.mark.long
def test_lock_file_of_a_dead_process_is_no_hindrance(project: Project) -> None:
    project.edits(write(90))
    lock = project.path / ".git/autoexp/demo/lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("999999\n")
    project.run("run")
    assert [row["status"] for row in lawful(project)] == ["keep", "keep"]


def test_folder_that_cannot_be_written_is_named(project: Project, tmp_path: Path) -> None:
    project.edits(write(90))
    folder = project.path / ".git/autoexp/demo"
    folder.mkdir(parents=True)
    script = f"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}' && exec \"$@\""
    on = machines.ready(["unshare", "-Urm", "/bin/sh", "-c", script, "sh"])
    command = [*on, sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)]
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 2, done.stderr
    assert str(folder) in done.stderr
    assert "cannot be written" in done.stderr
    assert "fix:" in done.stderr
