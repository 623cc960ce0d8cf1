"""The engine is killed, interrupted or out of patience while a real agent works: no process of the agent outlives that."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autoexp import plugins
from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import SECTIONS, Script, by_agent, change, step
from tests.agents.install import PINS
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project

PATIENCE_S = 120
TWO = ("claude-code", "codex")


@dataclass(frozen=True)
class Scene:
    """A campaign whose agent gets stuck in its first piece of work: in its shell, or with its model where it has none."""

    model: FakeModel
    mark: str
    shell: bool

    def is_stuck(self) -> bool:
        """Tell whether the agent is where it does not go on."""
        if self.shell:
            return any(self.sleeps(pid) for pid in self.alive())
        return self.model.faults["hang"] > 0

    def alive(self) -> list[int]:
        """Give the processes that know the mark of this test, by their variables or their command line."""
        return [pid for pid in map(int, _numbers()) if any(self.mark.encode() in text for text in _told(pid))]

    def sleeps(self, pid: int) -> bool:
        """Tell whether a process is the command that the agent was to run."""
        return _told(pid)[0].startswith(b"sleep\0" + self.mark.encode())


@contextlib.contextmanager
def stuck(project: Project, name: str, *, level: str, **keys: Any) -> Iterator[Scene]:
    """Write the contract of such a campaign, and let its model answer."""
    if name not in SECTIONS:
        pytest.skip(f"{name} has no contract here yet")
    mark = f"97.{abs(hash(str(project.path))) % 10**12:012d}"
    shell = plugins.find("autoexp.proposers", name).agent.facts.allow != "edits"
    asleep = [{"bash": f"echo begun; sleep {mark}; echo over"}]
    sleeps = step(*[asleep] * 9, says="it slept")  # some agents go on after a while and leave the command to itself
    hangs = {**change(95), "error": {"kind": "hang", "instead": True}}
    with FakeModel(handler=Script([sleeps if shell else hangs, change(90), change(80)])) as model:
        allow = {"allow": ["*"]} if shell else {}
        by_agent(project, name, model, level=level, env={"MARK_OF_THIS_TEST": mark}, **allow, **keys)
        scene = Scene(model, mark, shell)
        try:
            yield scene
        finally:  # of a test that fails
            for pid in scene.alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _numbers() -> list[str]:
    return [path.name for path in Path("/proc").glob("[0-9]*")]


def _told(pid: int) -> tuple[bytes, bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes(), Path(f"/proc/{pid}/environ").read_bytes()
    return b"", b""


@pytest.mark.parametrize(
    ("agent", "level"), [*((name, "bwrap") for name in PINS), *((name, "none") for name in TWO)], indirect=["agent"]
)
def test_nothing_of_an_agent_is_left_after_a_killed_engine_s_next_start(
    agent: str, project: Project, level: str
) -> None:
    with stuck(project, agent, level=level) as scene:
        with project.start("run") as engine:
            wait_until(scene.is_stuck, "an agent that is stuck", PATIENCE_S)
            engine.send_signal(signal.SIGKILL)
            engine.communicate()
        if level == "none":
            assert scene.alive(), "without a sandbox it is the next start that ends them"
        project.run("run", "--experiments", "1")
        assert scene.alive() == []
    assert project.statuses() == ["keep", "interrupted", "keep"]


@pytest.mark.parametrize("level", ["bwrap", "none"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("agent", TWO, indirect=True)
def test_nothing_of_an_agent_is_left_when_the_engine_is_interrupted(
    agent: str, project: Project, level: str, number: signal.Signals
) -> None:
    with stuck(project, agent, level=level) as scene, project.start("run") as engine:
        wait_until(scene.is_stuck, "an agent that is stuck", PATIENCE_S)
        engine.send_signal(number)
        engine.communicate()
        assert engine.returncode == 130
        assert scene.alive() == []
    assert project.statuses() == ["keep", "interrupted"]


@pytest.mark.parametrize("level", ["bwrap", "none"])
@pytest.mark.parametrize("agent", TWO, indirect=True)
def test_nothing_of_an_agent_is_left_when_its_time_is_over(agent: str, project: Project, level: str) -> None:
    with (
        stuck(project, agent, level=level, timeout="15s") as scene,
        project.start("run", "--experiments", "1") as engine,
    ):
        wait_until(scene.is_stuck, "an agent that is stuck", PATIENCE_S)
        wait_until(lambda: not scene.alive(), "the end of the agent", PATIENCE_S)
        project.run("stop")
        engine.communicate()
    assert project.statuses()[1] == "proposer_error"
    assert "15 s" in project.shown(1)["detail"]
