"""What is particular to Codex: its shell, its caps, its sessions, and the settings that a repository brings along."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import KEY, Script, by_agent, change, proposals, step, used
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import waits

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
LOOK, EDIT = [{"read": "value.txt"}], [{"write": {"path": "value.txt", "content": "90\n"}}]

pytestmark = pytest.mark.parametrize("agent", ["codex"], indirect=True)


def counted(project: Project) -> dict[str, int]:
    said = proposals(project) + [wait["said"] for wait in waits(project) if wait["said"] is not None]
    return {kind: sum(one["tokens"][kind] or 0 for one in said) for kind in ("input", "cached", "output")}


def printed(project: Project) -> str:
    paths = (project.path / ".git/autoexp/demo/output").rglob("proposer.*")
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def one(project: Project, *steps: Any, code: int = 0, **keys: Any) -> FakeModel:
    """Run one experiment, and give the model as it was at its end."""
    with FakeModel(handler=Script(steps), usage=USAGE) as model:
        by_agent(project, "codex", model, **keys)
        project.run("run", "--experiments", "1", code=code)
    return model


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6-sol", "a-model-of-nobody"])
def test_models_with_different_tools_make_the_same_change(agent: str, project: Project, model: str) -> None:
    with FakeModel(handler=Script([change(90)]), usage=USAGE) as asked:
        by_agent(project, "codex", asked)
        project.contract((project.path / "autoexp.yaml").read_text(encoding="utf-8").replace("gpt-5.5", model))
        project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]
    assert {entry["model"] for entry in asked.log} == {model}
    assert [said["model"] for said in proposals(project)] == [model]
    assert counted(project) == used(asked)


def test_turns_are_capped(agent: str, project: Project) -> None:
    model = one(project, step(EDIT, *([LOOK] * 9)), turns=2)
    (said,) = proposals(project)
    assert said["ending"].endswith("(proposer.turns)")
    assert project.statuses() == ["keep", "keep"], "what it had done by then counts"
    assert 2 <= said["requests"] <= model.answered < 10, "the answer during which it is ended may not be noted yet"
    assert counted(project)["input"] == 1200 * said["requests"]


@pytest.mark.parametrize("cap", [{"tokens": 2000}, {"cost_usd": 0.003, "price": {"input": 1.0, "output": 10.0}}])
def test_tokens_and_dollars_are_capped_by_its_own_budget(agent: str, project: Project, cap: dict[str, Any]) -> None:
    turns = [{"ops": EDIT}, *[{"ops": LOOK}] * 4]
    with FakeModel(turns=turns, usage=USAGE) as model:  # 1000 tokens read and 50 written: 0.0015 dollars an answer
        by_agent(project, "codex", model, **cap)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert said["ending"].startswith("Codex: it met its budget")
    assert model.answered == 2
    assert counted(project) == used(model)
    assert project.statuses() == ["keep", "keep"]


def test_repair_goes_on_in_the_same_session_and_counts_each_token_once(agent: str, project: Project) -> None:
    model = one(project, change("crash"), change(80))
    assert project.statuses() == ["keep", "keep"]
    first, mending = model.log[0], next(entry for entry in model.log if "Mend the change" in entry["last"])
    assert first["last"] in mending["text"]
    assert mending["body"]["prompt_cache_key"] == first["body"]["prompt_cache_key"]
    assert counted(project) == used(model)
    assert {said["tokens_source"] for said in proposals(project)} == {"codex, the notes of its session"}


def test_commands_that_it_cannot_be_held_to_are_refused_before_it_starts(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90)])) as model:
        by_agent(project, "codex", model, allow=["uv run python *"])
        said = project.run("run", "--experiments", "1", code=2)
    assert "proposer.allow" in said
    assert model.requests == 0


def test_any_command_is_what_it_may_run_and_none_sees_the_key(agent: str, project: Project) -> None:
    look = {"bash": "env | sort; printf 'PATH is %s\\n' \"$PATH\""}
    model = one(project, step([look], EDIT), allow=["*"])
    seen = next(entry["last"] for entry in model.log if "PATH is " in entry["last"])
    assert str(Path(project.environ["PATH"].split(":")[0])) in seen
    assert "OPENAI_API_KEY" not in seen
    assert KEY not in seen + printed(project)


def test_every_setting_that_it_is_given_is_one_that_it_knows(agent: str, project: Project) -> None:
    with FakeModel(turns=[{"ops": EDIT}], default="{}", usage=USAGE) as model:
        by_agent(project, "codex", model, args=["--strict-config"], cost_usd=1.0, price={"input": 1.25, "output": 10.0})
        project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]


def test_login_is_kept_from_a_server_that_is_not_its_own(agent: str, project: Project, tmp_path: Path) -> None:
    login = tmp_path / "user" / ".codex/auth.json"
    login.parent.mkdir(parents=True)
    login.write_text('{"auth_mode": "apikey", "OPENAI_API_KEY": "sk-of-the-user-0123456789"}', encoding="utf-8")
    project.environ["HOME"] = str(login.parents[1])
    model = one(project, change(90), api_key_env="")
    assert project.statuses() == ["keep", "keep"]
    assert [entry["headers"].get("authorization") for entry in model.log] == [None] * 3


def test_settings_of_the_repository_do_not_count(agent: str, project: Project) -> None:
    hook = {"hooks": [{"type": "command", "command": "touch hook-ran"}]}
    server = '[mcp_servers.other]\ncommand = "sh"\nargs = ["-c", "touch server-ran"]\n'
    written = {
        ".codex/config.toml": f'model = "other"\nweb_search = "live"\n[features]\nhooks = true\n{server}',
        ".codex/hooks.json": json.dumps({"hooks": {"SessionStart": [hook], "PreToolUse": [hook]}}),
        ".codex/rules/default.rules": 'prefix_rule(pattern = ["cat"], decision = "forbidden")\n',
    }
    for name, text in written.items():
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("add", ".codex")
    project.git("commit", "-qm", "settings")
    model = one(project, step([{"bash": "cat value.txt && ls"}], EDIT))
    assert project.statuses() == ["keep", "keep"]
    seen = model.log[1]["last"]
    assert "100" in seen
    assert [name for name in ("hook-ran", "server-ran") if name in seen] == []
    assert {entry["model"] for entry in model.log} == {"gpt-5.5"}
    assert "web_search" not in json.dumps(model.log[0]["body"]["tools"])


def test_refused_key_ends_it_after_one_request(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90, error={"kind": "expired_key", "times": 100})])) as model:
        by_agent(project, "codex", model)
        said = project.run("run", "--experiments", "1", code=4)
    assert model.requests == 1
    assert "paused: Codex: unexpected status 401 Unauthorized: Incorrect API key" in said
    assert "log in with codex once" in said


def test_silent_model_ends_it_after_the_idle_time(agent: str, project: Project) -> None:
    one(project, change(90, error={"kind": "hang", "times": 1}), change(90), idle="3s")
    assert [wait["kind"] for wait in waits(project)] == ["hang"]
    assert project.statuses() == ["keep", "keep"]


def test_lost_network_is_told_within_seconds(agent: str, project: Project) -> None:
    with FakeModel() as model:
        by_agent(project, "codex", model, patience="20s", idle="60s")
    project.run("run", "--experiments", "1", code=4)
    assert {wait["kind"] for wait in waits(project)} == {"reset"}
    assert model.requests == 0


def test_question_to_the_user_is_answered_by_nobody_and_stops_nothing(agent: str, project: Project) -> None:
    options = [{"label": "one", "description": "1"}, {"label": "two", "description": "2"}]
    question = {"id": "which", "header": "which", "question": "Which one?", "options": options}
    asking = {"tool_calls": [{"name": "request_user_input", "args": {"questions": [question]}}]}
    turns = [asking, {"write": EDIT[0]["write"]}]
    with FakeModel(turns=turns, default='{"description": "asked"}', usage=USAGE) as model:
        by_agent(project, "codex", model)
        project.run("run", "--experiments", "1")
    assert "unavailable" in model.log[1]["last"]
    assert project.statuses() == ["keep", "keep"]
