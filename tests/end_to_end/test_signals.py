"""Signals finish the record, not the experiment; `stop` ends it after the experiment. What is left behind is nothing."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.commands import Running, wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write


def recorded(project: Project, event: str) -> Callable[[], bool]:
    """Tell whether the journal holds an event."""

    def look() -> bool:
        try:
            return any(found["event"] == event for found in project.journal())
        except (FileNotFoundError, ValueError):
            return False

    return look


def waiting_command(project: Project, *, when: str = "true") -> tuple[str, Path]:
    """Give a shell command that tells that it runs and then hangs, and the file by which it tells."""
    started = project.path.parent / "started"
    return f"if {when}; then echo $$ > '{started}.part'; mv '{started}.part' '{started}'; sleep 60; fi", started


def interrupted(project: Project, process: Running, started: Path, *numbers: int) -> str:
    """Send signals to a command once it hangs, and give what it said on stderr."""
    wait_until(started.exists, "the hanging command")
    for number in numbers:
        process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert not Path(f"/proc/{started.read_text().strip()}").exists(), "the command still runs"
    started.unlink()
    return err


@pytest.mark.parametrize("numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP], [signal.SIGINT] * 5])
def test_interrupted_proposal_closes_the_experiment(project: Project, numbers: list[int]) -> None:
    command, started = waiting_command(project)
    project.edits({"description": "slow", "run": command}, write(50))
    with project.start("run") as process:
        assert "Traceback" not in interrupted(project, process, started, *numbers)
    assert project.statuses() == ["keep", "interrupted"]
    assert project.status()["state"] == "idle"
    assert project.journal()[-1]["event"] == "session_end"
    assert "there is no experiment" not in project.run("show", "1")


@pytest.mark.parametrize("script", ["bench.sh", "checks.sh"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_measurement_is_made_again_under_a_new_number(
    project: Project, script: str, number: signal.Signals
) -> None:
    command, started = waiting_command(project, when=f"[ ! -e '{project.path.parent}/go' ] && grep -q 50 value.txt")
    text = (project.path / script).read_text()
    (project.path / script).write_text(f"{command}\n{text}")
    project.git("commit", "-qam", "slow")
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    project.edits(write(50), write(40))
    with project.start("run") as process:
        interrupted(project, process, started, number)
    (project.path.parent / "go").touch()
    project.run("run")
    assert project.statuses() == ["keep", "interrupted", "keep", "keep"]


@pytest.mark.parametrize("script", ["bench.sh", "checks.sh"])
def test_interrupted_baseline_is_measured_from_its_start(project: Project, script: str) -> None:
    command, started = waiting_command(project, when=f"[ ! -e '{project.path.parent}/go' ]")
    text = (project.path / script).read_text()
    (project.path / script).write_text(f"{command}\n{text}")
    project.git("commit", "-qam", "slow")
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    project.edits(write(50))
    with project.start("run", "--json") as process:
        interrupted(project, process, started, signal.SIGINT)
        assert '"stop_reason": null' in process.printed("out")
    assert project.rows() == []
    (project.path.parent / "go").touch()
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("script", ["bench.sh", "checks.sh"])
def test_interrupted_check_leaves_nothing_running_and_nothing_behind(
    project: Project, number: signal.Signals, script: str
) -> None:
    command, started = waiting_command(project)
    text = (project.path / script).read_text()
    (project.path / script).write_text(f"{command}\n{text}")
    project.git("commit", "-qam", "slow")
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    project.edits(write(50))
    with project.start("check", "--json") as process:
        assert "Traceback" not in interrupted(project, process, started, number)
        assert process.printed("out") == ""
    assert [place.name for place in project.cache.iterdir() if not place.name.startswith(("kit-", "etc-"))] == []
    assert not (project.path / ".git/autoexp").exists()


def test_signal_that_the_caller_ignores_stays_ignored(project: Project) -> None:
    project.edits(
        {
            "description": "slow",
            "run": f"while [ ! -e '{project.path.parent}/go' ]; do sleep 0.02; done; echo 50 > value.txt",
        }
    )
    with project.start("run", ignored=[signal.SIGHUP]) as process:
        wait_until(recorded(project, "intent"), "the first experiment")
        process.send_signal(signal.SIGHUP)
        (project.path.parent / "go").touch()
        process.communicate()
    assert process.returncode == 0
    assert project.statuses() == ["keep", "keep"]


def test_stop_ends_after_the_current_experiment(project: Project) -> None:
    go = project.path.parent / "go"
    project.edits(
        {"description": "slow", "run": f"while [ ! -e '{go}' ]; do sleep 0.02; done; echo 50 > value.txt"}, write(40)
    )
    with project.start("run") as process:
        wait_until(recorded(project, "intent"), "the first experiment")
        assert "asked" in project.run("stop")
        go.touch()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert project.statuses() == ["keep", "keep"]
    assert project.status()["stop_reason"] == "user"
    assert "nothing is running" in project.run("stop")


def test_stop_that_came_too_late_does_not_end_the_next_session(project: Project) -> None:
    go = project.path.parent / "go"
    project.edits(
        {"description": "slow", "run": f"while [ ! -e '{go}' ]; do sleep 0.02; done; echo 50 > value.txt"}, write(40)
    )
    with project.start("run", "--experiments", "1") as process:
        wait_until(recorded(project, "intent"), "the first experiment")
        project.run("stop")
        go.touch()
        process.communicate(timeout=30)
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]
    assert any("already ended" in event.get("answer", "") for event in project.journal())


def test_closed_pipe_ends_no_experiment(project: Project) -> None:
    project.edits(*[write(90 - i) for i in range(4)])
    with project.start("run", closed=True) as process:
        _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert project.statuses() == ["keep"] * 5
