"""Real agents over the Agent Client Protocol, through the fake model, inside the sandbox: all kinds of endings, and commands held to a list."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents import install
from tests.agents.driven import KEY, Script, proposals, step, used
from tests.agents.test_campaign import STATUSES, STEPS
from tests.end_to_end.conftest import CONTRACT, Project

PATIENCE_S = 900.0
USAGE = {"input": 1000, "cache_read": 200, "output": 50}
GEMINI = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}}


def host(model: FakeModel) -> str:
    return f"127.0.0.1:{model.port}"


def opencode(model: FakeModel) -> dict[str, Any]:
    """Give the settings of opencode: a provider of its own, whose prices it knows."""
    models = {"fake-model": {"cost": {"input": 1, "output": 2}, "limit": {"context": 128000, "output": 8000}}}
    options = {"baseURL": model.openai_url, "apiKey": "{env:FAKE_KEY}"}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}
    return {
        "model": "fake/fake-model", "small_model": "fake/fake-model", "autoupdate": False, "share": "disabled",
        "permission": {"edit": "ask", "bash": "ask", "webfetch": "ask"}, "provider": {"fake": provider},
    }  # fmt: skip


SECTIONS: dict[str, Callable[[FakeModel], dict[str, Any]]] = {
    "gemini": lambda model: {
        "kind": "acp", "command": ["gemini", "--acp", "-m", "{model}"], "model": "gemini-2.5-flash",
        "files": {".gemini/settings.json": json.dumps(GEMINI)}, "rules": ".gemini/GEMINI.md", "hosts": [host(model)],
        "env": {"GOOGLE_GEMINI_BASE_URL": model.url, "GEMINI_CLI_TRUST_WORKSPACE": "true"}, "env_from": ["GEMINI_API_KEY"],
    },
    "qwen": lambda model: {
        "kind": "acp", "command": ["qwen", "--acp", "--auth-type", "openai"], "mode": "default", "hosts": [host(model)],
        "env": {"OPENAI_BASE_URL": model.openai_url, "OPENAI_MODEL": "fake-model"}, "env_from": ["OPENAI_API_KEY"],
    },
    "opencode": lambda model: {
        "kind": "acp", "command": ["opencode", "acp"], "hosts": [host(model)],
        "files": {".config/opencode/opencode.json": json.dumps(opencode(model))},
        "env": {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}, "env_from": ["FAKE_KEY"],
    },
}  # fmt: skip

NO_COUNT = {"opencode": "its reply tells the usage of its last step alone"}
COUNTED = {"gemini": ("input", "output"), "qwen": ("input", "cached", "output")}
"""What each tells of its tokens over ACP."""


def by_acp(project: Project, name: str, model: FakeModel, *, level: str = "auto", **more: Any) -> None:
    """Write a contract whose proposer is an agent over ACP, in the sandbox."""
    section = {**SECTIONS[name](model), **more}
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}")
    project.contract(text.replace("proposer: {level: none}", f"proposer: {{level: {level}}}"))
    project.environ.update({"FAKE_KEY": KEY, "GEMINI_API_KEY": KEY, "OPENAI_API_KEY": KEY, "PATH": install.path(name)})


def run(project: Project, *arguments: str, code: int = 0) -> str:
    with project.start("run", *arguments) as process:
        out, err = process.communicate(PATIENCE_S)
    assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
    return out + err


def transcript(project: Project, n: int) -> list[dict[str, Any]]:
    path = project.path / f".git/autoexp/demo/output/{n}/proposer.out"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("agent", ["gemini", "opencode"], indirect=True)
def test_six_experiments_end_as_they_should(agent: str, project: Project) -> None:
    with FakeModel(handler=Script(STEPS), usage=USAGE) as model:
        by_acp(project, agent, model)
        run(project, "--experiments", "6")
        assert project.statuses() == STATUSES, project.run("log")
        counted = used(model)
    assert [one["outcome"] for one in project.shown(5)["tries"]] == ["crash"]
    said = proposals(project)
    assert all(one["sandbox"] == "bwrap" for one in said)
    assert all(one["program"].startswith(f"acp:{agent} ") for one in said)
    assert [one["description"] for one in said if one["description"]][:2] == ["value 90", "value 95"]
    if agent in NO_COUNT:
        assert all(one["tokens"]["input"] is None and one["tokens_source"] == "" for one in said)
        assert all(one["cost_usd"] for one in said)
    else:
        kinds = COUNTED[agent]
        assert {kind: sum(one["tokens"][kind] for one in said) for kind in kinds} == {k: counted[k] for k in kinds}
    assert project.git("status", "--porcelain") == "?? autoexp.yaml"


@pytest.mark.parametrize("agent", ["gemini", "qwen"], indirect=True)
def test_a_command_runs_only_when_it_is_allowed(agent: str, project: Project) -> None:
    steps = [
        step(
            [{"read": "value.txt"}],
            [{"bash": "touch one.log"}],
            [{"bash": "touch two.log; touch three.log"}],
            [{"bash": "cp value.txt four.log"}],
            [{"bash": "ls one.log two.log three.log four.log > value.txt"}],
            [{"write": {"path": "value.txt", "content": "90\n"}}],
            says="value 90",
        )
    ]
    with FakeModel(handler=Script(steps), usage=USAGE) as model:
        by_acp(project, agent, model, allow=["touch *"])
        run(project, "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]
    asked = {one["about"]: one["answer"] for one in transcript(project, 1) if one["acp"] == "permission"}
    assert asked["the command touch one.log"] == "allow_once"
    assert asked["the command touch two.log; touch three.log"] == "reject_once"
    assert asked["the command cp value.txt four.log"] == "reject_once"
    assert "touch two.log" in proposals(project)[0]["ending"]
