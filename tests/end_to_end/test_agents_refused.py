"""`check` and `run` refuse an agent that cannot work, before anything runs, and in the same words."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import machines
from tests.end_to_end.agent_programs import claude
from tests.end_to_end.conftest import CONTRACT, Project

USUAL = "/usr/local/bin:/usr/bin:/bin"


def by_claude(project: Project, *, network: str = "", **keys: Any) -> None:
    section = json.dumps({"kind": "claude-code", **keys})
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {section}")
    project.contract(text.replace("proposer: {level: none}", f"proposer: {{level: auto{network}}}"))


@pytest.fixture
def programs(project: Project) -> Path:
    folder = project.path.parent / "programs"
    folder.mkdir()
    project.environ |= {"PATH": f"{folder}:{USUAL}", "HOME": str(project.path.parent)}
    return folder


def refused(project: Project) -> str:
    """Give what both commands say, and see that neither left anything."""
    before = project.git("status", "--porcelain")
    words = {project.ran(command, code=2)[1].strip().splitlines()[-2] for command in ("check", "run")}
    assert len(words) == 1
    assert project.git("status", "--porcelain") == before
    assert not (project.path / ".git/autoexp").exists()
    return words.pop()


def test_program_that_is_missing_is_refused(project: Project, programs: Path) -> None:
    by_claude(project)
    assert not list(programs.iterdir())
    assert "Claude Code is not installed: there is no program claude" in refused(project)


def test_key_that_is_not_set_is_refused(project: Project, programs: Path) -> None:
    claude(programs)
    by_claude(project, api_key_env="NO_SUCH_KEY_OF_OURS")
    assert "the variable NO_SUCH_KEY_OF_OURS is not set" in refused(project)


def test_command_that_the_agent_cannot_be_held_to_is_refused(project: Project, programs: Path) -> None:
    (programs / "mini").write_text("#!/bin/sh\n")
    (programs / "mini").chmod(0o755)
    by_claude(project, kind="mini-swe-agent", allow=["pytest *"])
    assert "cannot be held to some commands" in refused(project)


def test_network_that_is_closed_to_the_provider_is_refused(project: Project, programs: Path) -> None:
    machines.needs_bubblewrap()
    claude(programs)
    by_claude(project, network=", network: off")
    assert "the proposer cannot work without its provider" in refused(project)
