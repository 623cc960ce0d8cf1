"""What is particular to mini-swe-agent: a shell is all that it has, its caps, how it ends, and what it may not take from the repository."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents import install
from tests.agents.driven import ENDS_BY, KEY, Script, by_agent, change, proposals, step, used
from tests.end_to_end.conftest import Project

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
LOOK, EDIT = [{"read": "value.txt"}], [{"write": {"path": "value.txt", "content": "90\n"}}]

pytestmark = pytest.mark.parametrize("agent", ["mini-swe-agent"], indirect=True)


def one(project: Project, steps: Sequence[Any], *, code: int = 0, plain: bool = False, **keys: Any) -> FakeModel:
    """Run one experiment, and give the model as it was at its end."""
    with FakeModel(handler=Script(steps), usage=USAGE) as model:
        by_agent(project, "mini-swe-agent", model, **({"base_url": model.url} if plain else {}), **keys)
        project.run("run", "--experiments", "1", code=code)
    return model


def tokens(project: Project) -> dict[str, int]:
    said = proposals(project)
    return {kind: sum(each["tokens"][kind] or 0 for each in said) for kind in ("input", "cached", "output")}


def test_commands_that_it_cannot_be_held_to_are_refused_before_it_starts(agent: str, project: Project) -> None:
    model = one(project, [change(90)], code=2, allow=["uv run python *"])
    assert model.requests == 0


def test_its_commands_see_neither_the_key_nor_our_module(agent: str, project: Project) -> None:
    look = {"bash": "env; echo ---; python3 -c 'import autoexp_telling' 2>&1"}
    model = one(project, [step([look], EDIT)], allow=["*"])
    seen = model.log[1]["last"]
    assert KEY not in seen
    assert "PYTHONPATH" not in seen
    assert "No module named" in seen
    assert project.statuses() == ["keep", "keep"]


def test_turns_are_capped_by_itself(agent: str, project: Project) -> None:
    model = one(project, [step(EDIT, *([LOOK] * 4))], turns=2)
    (said,) = proposals(project)
    assert said["ending"] == "mini-swe-agent: it met its cap of turns or dollars"
    assert model.requests == said["requests"] == 2
    assert tokens(project) == used(model)
    assert project.statuses() == ["keep", "keep"], "what it had done by then counts"


def test_tokens_are_capped_while_it_works(agent: str, project: Project) -> None:
    look = [{"bash": "sleep 1; cat value.txt"}]
    model = one(project, [step(EDIT, *([look] * 8))], tokens=2000)
    (said,) = proposals(project)
    assert said["ending"].endswith("(proposer.tokens)")
    assert model.requests < 8
    assert tokens(project)["input"] >= 2 * 1200
    assert project.statuses() == ["keep", "keep"], "what it had done by then counts"


def test_a_model_that_calls_no_tool_is_no_success(agent: str, project: Project) -> None:
    with FakeModel(turns=[{"ops": EDIT}], default="I only talk.", usage=USAGE) as model:
        by_agent(project, "mini-swe-agent", model)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert said["ending"] == "mini-swe-agent: its model called no tool three times in a row"
    assert said["description"] == "I only talk."
    assert said["requests"] == model.answered == 4
    assert tokens(project) == used(model)


def test_settings_of_the_repository_do_not_count(agent: str, project: Project) -> None:
    mine = {"agent": {"system_template": "MINE", "instance_template": "MINE {{task}}"}}
    (project.path / "mini.yaml").write_text(json.dumps(mine), encoding="utf-8")
    (project.path / ".env").write_text("OPENAI_API_KEY=of-the-repository\nMSWEA_MODEL_NAME=other\n", encoding="utf-8")
    project.git("add", "mini.yaml", ".env")
    project.git("commit", "-qm", "settings")
    model = one(project, [change(90)])
    assert project.statuses() == ["keep", "keep"]
    assert {entry["model"] for entry in model.log} == {"fake-model"}
    assert not any("MINE" in entry["text"] for entry in model.log)


def test_it_speaks_to_an_api_of_anthropics_shape(agent: str, project: Project) -> None:
    model = one(project, [change(90)], plain=True, api="anthropic")
    assert {entry["api"] for entry in model.log} == {"anthropic"}
    assert project.statuses() == ["keep", "keep"]
    assert tokens(project) == used(model)


def test_its_words_are_those_behind_the_line_that_ends_it(agent: str, project: Project) -> None:
    told = json.dumps({"description": 'it\'s "quoted"', "hypothesis": "ü"}, ensure_ascii=False)
    ends = {"bash": f"cat <<'END'\n{ENDS_BY}\n{told}\nEND"}
    with FakeModel(turns=[{"ops": EDIT}, ends], usage=USAGE) as model:
        by_agent(project, "mini-swe-agent", model)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert (said["description"], said["hypothesis"]) == ('it\'s "quoted"', "ü")


def test_refused_key_ends_it_after_one_request(agent: str, project: Project) -> None:
    model = one(project, [change(90, error={"kind": "expired_key", "times": 100})], code=4)
    assert model.requests == 1
    paused = project.status()
    assert "Incorrect API key" in json.dumps(paused)
    assert "mini-extra" not in json.dumps(paused)


def test_installation_behind_a_link_starts_in_the_sandbox(agent: str, project: Project, tmp_path: Path) -> None:
    program = install.program("mini-swe-agent")
    assert program is not None
    link = tmp_path / "bin" / "mini"
    link.parent.mkdir()
    link.symlink_to(program)
    one(project, [change(90)], program=str(link))
    assert project.statuses() == ["keep", "keep"]
    assert proposals(project)[0]["sandbox"] == "bwrap"
