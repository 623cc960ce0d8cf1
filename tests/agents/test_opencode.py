"""What is particular to opencode: its permissions, its caps, its sessions, and what a repository brings along."""

import json
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import Script, by_agent, change, proposals, step, used
from tests.end_to_end.conftest import Project

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
EDIT = [{"write": {"path": "value.txt", "content": "90\n"}}]
NOT_ALLOWED = "rule which prevents you from using this specific tool call"

pytestmark = pytest.mark.parametrize("agent", ["opencode"], indirect=True)


def one(project: Project, *steps: Any, code: int = 0, **keys: Any) -> FakeModel:
    """Run one experiment, and give the model as it was at its end."""
    with FakeModel(handler=Script(steps), usage=USAGE) as model:
        by_agent(project, "opencode", model, **keys)
        project.run("run", "--experiments", "1", code=code)
    return model


def test_allowed_command_runs_and_another_does_not(agent: str, project: Project) -> None:
    allowed, chained, other = "printf '%s;' a b", "printf x; touch beside", "touch beside"
    model = one(project, step([{"bash": allowed}], [{"bash": chained}], [{"bash": other}], EDIT), allow=["printf *"])
    assert "a;b;" in model.log[1]["last"]
    assert all(NOT_ALLOWED in entry["last"] for entry in model.log[2:4])
    assert project.statuses() == ["keep", "keep"], "a file beside would be out of scope"
    (said,) = proposals(project)
    assert said["ending"].startswith("opencode was not allowed to use bash(printf x; touch beside), bash(touch beside)")


def test_turns_are_capped(agent: str, project: Project) -> None:
    model = one(project, step(EDIT, *([[{"read": "value.txt"}]] * 9)), turns=2)
    (said,) = proposals(project)
    assert said["ending"].endswith("(proposer.turns)")
    assert project.statuses() == ["keep", "keep"], "what it had done by then counts"
    assert 3 <= said["requests"] <= model.answered < 10


def test_repair_goes_on_in_the_same_session(agent: str, project: Project) -> None:
    model = one(project, change("crash"), change(80))
    assert project.statuses() == ["keep", "keep"]
    first, mending = model.log[0], next(entry for entry in model.log if "Mend the change" in entry["last"])
    assert first["last"] in mending["text"]
    assert "How you work here" in first["text"]
    assert sum(said["tokens"]["input"] for said in proposals(project)) == used(model)["input"]


def test_anthropic_server_is_asked_in_its_own_way(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90)]), usage=USAGE) as model:
        by_agent(project, "opencode", model, api="anthropic")
        text = (project.path / "autoexp.yaml").read_text(encoding="utf-8").replace(model.openai_url, model.url)
        project.contract(text)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert {entry["api"] for entry in model.log} == {"anthropic"}
    assert {kind: said["tokens"][kind] for kind in ("input", "cached", "output")} == used(model)


def test_settings_of_the_repository_do_not_count_and_no_tool_is_beyond_editing(agent: str, project: Project) -> None:
    plugin = "import fs from 'node:fs';\nexport const Other = async () => { fs.writeFileSync('plugin-ran', ''); return {}; };\n"
    written = {
        ".opencode/plugin/other.js": plugin,
        "opencode.json": json.dumps({"permission": "allow", "instructions": ["WORDS.md"]}),
        "WORDS.md": "words of the repository",
        "AGENTS.md": "words of the repository",
        ".claude/skills/one/SKILL.md": "---\nname: one\ndescription: words of the repository\n---\n",
    }
    for name, text in written.items():
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("add", ".")
    project.git("commit", "-qm", "settings")
    model = one(project, change(90))
    assert project.statuses() == ["keep", "keep"], "a file of the plugin would be out of scope"
    assert "words of the repository" not in model.log[0]["text"]
    tools = {tool["function"]["name"] for tool in model.log[0]["body"]["tools"]}
    assert (
        {"read", "edit", "write"} <= tools <= {"read", "edit", "write", "glob", "grep", "list", "todowrite", "todoread"}
    )


def test_refused_key_ends_it_after_one_request(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90, error={"kind": "expired_key", "times": 100})])) as model:
        by_agent(project, "opencode", model)
        said = project.run("run", "--experiments", "1", code=4)
    assert model.requests == 1
    assert "paused: opencode: Incorrect API key" in said
    assert "log in with opencode once" in said
