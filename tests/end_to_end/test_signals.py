"""SIGINT and SIGTERM finish the record, not the experiment; `stop` ends it after the experiment."""

import signal
import time

import pytest

from tests.end_to_end.conftest import Project, write


def wait_for(project: Project, event: str) -> None:
    """Wait until the journal holds an event."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if any(found["event"] == event for found in project.journal()):
                return
        except (FileNotFoundError, ValueError):
            pass
        time.sleep(0.02)
    msg = f"no {event} in time"
    raise AssertionError(msg)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_closes_the_experiment_as_interrupted(project: Project, number: signal.Signals) -> None:
    project.edits({"description": "slow", "run": "sleep 30"}, write(50))
    with project.start("run") as process:
        wait_for(project, "intent")
        time.sleep(0.2)
        process.send_signal(number)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert project.statuses() == ["keep", "interrupted"]
    assert project.status()["state"] == "idle"
    assert project.journal()[-1]["event"] == "session_end"


def test_stop_ends_after_the_current_experiment(project: Project) -> None:
    project.edits({"description": "slow", "run": "sleep 1; echo 50 > value.txt"}, write(40))
    with project.start("run") as process:
        wait_for(project, "intent")
        assert "asked" in project.run("stop")
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert project.statuses() == ["keep", "keep"]
    assert project.status()["stop_reason"] == "user"
    assert "nothing is running" in project.run("stop")
