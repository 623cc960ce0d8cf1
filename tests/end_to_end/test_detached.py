"""run --detach: the session goes on without a terminal and is ended like any other; what does not begin leaves nothing."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

HANGING = CONTRACT.replace("timeout: 5s", "timeout: 60s")


@pytest.fixture
def held(project: Project) -> Iterator[Path]:
    """Let the proposer hang until a file is there; whatever happens, it comes at the end."""
    gate = project.path.parent / "gate"
    started = gate.with_name("started")
    command = f"touch '{started}'; until [ -e '{gate}' ]; do sleep 0.02; done; echo 50 > value.txt"
    project.contract(HANGING)
    project.edits({"description": "slow", "run": command}, write(40), write(30))
    yield gate
    gate.touch()


def _log(project: Project, tag: str = "demo") -> Path:
    return project.path / ".git/autoexp" / tag / "detached.log"


def _wait_for_proposer(held: Path) -> None:
    wait_until(held.with_name("started").exists, "the proposer of the detached session")


def _wait_for_end(project: Project, tag: str = "demo") -> None:
    wait_until(lambda: project.status("--tag", tag)["state"] != "running", "the end of the detached session")


def test_it_returns_while_the_session_works_and_a_hang_up_does_not_end_it(project: Project, held: Path) -> None:
    out, _ = project.ran("run", "--detach", "--experiments", "2")
    pid = int(out.split("process ")[1].split()[0])
    assert project.status()["state"] == "running"
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGHUP)
    os.kill(pid, signal.SIGHUP)
    held.touch()
    _wait_for_end(project)
    assert project.statuses() == ["keep", "keep", "keep"]
    log = _log(project).read_text(encoding="utf-8")
    assert log.startswith("=== ")
    assert "run --experiments 2" in log
    assert "2 experiments, 2 kept" in log
    assert str(_log(project)) in out


def test_stop_ends_it_after_the_experiment(project: Project, held: Path) -> None:
    project.run("run", "--detach")
    _wait_for_proposer(held)
    assert "asked" in project.run("stop")
    held.touch()
    _wait_for_end(project)
    assert project.statuses() == ["keep", "keep"]


def test_an_interrupt_ends_it_like_ctrl_c(project: Project, held: Path) -> None:
    told = json.loads(project.ran("run", "--detach", "--json", "--tag", "second")[0])
    assert told["tag"] == "second"
    assert told["log"] == str(_log(project, "second"))
    _wait_for_proposer(held)
    os.kill(told["pid"], signal.SIGINT)
    _wait_for_end(project, "second")
    assert [row["status"] for row in project.rows("--tag", "second")] == ["keep", "interrupted"]


def test_a_refusal_is_told_as_without_detach_and_leaves_nothing(project: Project) -> None:
    project.edits(write(50))
    (project.path / "value.txt").write_text("7\n", encoding="utf-8")
    assert project.ran("run", "--detach", code=2) == project.ran("run", code=2)
    assert not list((project.path / ".git").glob("autoexp*"))
    project.git("checkout", "-q", "value.txt")
    project.contract(CONTRACT.replace("goal:", "gaol:"))
    assert project.ran("run", "--detach", code=2) == project.ran("run", code=2)
    assert not (project.path / ".git/autoexp").exists()


def test_a_second_session_is_refused_and_the_log_stays_that_of_the_first(project: Project, held: Path) -> None:
    project.run("run", "--detach")
    _wait_for_proposer(held)
    before = _log(project).read_bytes()
    assert "is working on this campaign" in project.run("run", "--detach", code=2)
    assert _log(project).read_bytes() == before
    held.touch()
    _wait_for_end(project)


def test_resume_goes_on_in_the_same_log(project: Project, held: Path) -> None:
    held.touch()
    project.run("run", "--detach", "--experiments", "1")
    _wait_for_end(project)
    project.run("resume", "--detach", "--experiments", "1")
    _wait_for_end(project)
    assert project.statuses() == ["keep"] * 3
    assert _log(project).read_text(encoding="utf-8").count("=== ") == 2
    project.contract(HANGING.replace("timeout:", "env_from: [AUTOEXP_NOT_SET]\n  timeout:"))
    before = _log(project).read_bytes()
    project.run("run", "--detach", code=2)
    assert _log(project).read_bytes() == before


def test_ctrl_c_before_it_has_begun_ends_it_and_leaves_nothing(project: Project) -> None:
    project.edits(write(50))
    started, programs = project.path.parent / "started", project.path.parent / "programs"
    programs.mkdir()
    slow = f"#!/bin/sh\nif ls '{project.path}/.git/'*.log >&2; then touch '{started}'; exec sleep 60; fi\nexec '{shutil.which('git')}' \"$@\"\n"
    (programs / "git").write_text(slow, encoding="utf-8")
    (programs / "git").chmod(0o755)
    project.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    with project.start("run", "--detach") as process:
        wait_until(started.exists, "the session that waits for git")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert not list((project.path / ".git").glob("autoexp*"))
