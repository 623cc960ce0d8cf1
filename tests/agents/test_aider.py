"""What is particular to aider: it answers by text alone, runs nothing, and says by words what became of its edits."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoexp.testing.fake_model import FakeModel
from autoexp.testing.fake_model.wire.request import Request
from tests.agents import install
from tests.agents.driven import KEY, Script, by_agent, change, proposals, used
from tests.end_to_end.conftest import Project

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
RIGHT = "value.txt\n```\n<<<<<<< SEARCH\n100\n=======\n90\n>>>>>>> REPLACE\n```\n"
WRONG = "value.txt\n```\n<<<<<<< SEARCH\nnot there\n=======\n90\n>>>>>>> REPLACE\n```\n"
CLOSING = '{"description": "by hand"}'

pytestmark = pytest.mark.parametrize("agent", ["aider"], indirect=True)


def one(
    project: Project,
    says: Any,
    *,
    code: int = 0,
    plain: bool = False,
    scope: str = "",
    latency: float = 0.0,
    **keys: Any,
) -> FakeModel:
    """Run one experiment, and give the model as it was at its end. `says` are steps, or the text of every answer, which takes `latency` s."""
    turns: dict[str, Any] = {"default": says} if isinstance(says, str) else {"handler": Script(says)}
    with FakeModel(**turns, usage=USAGE, latency=latency) as model:
        by_agent(project, "aider", model, **({"base_url": model.url} if plain else {}), **keys)
        if scope:
            text = (project.path / "autoexp.yaml").read_text(encoding="utf-8")
            project.contract(text.replace("edit: [value.txt]", f"edit: [{scope}]"))
        project.run("run", "--experiments", "1", code=code)
    return model


def commit(project: Project, files: dict[str, str]) -> None:
    for name, text in files.items():
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("add", *files)
    project.git("commit", "-qm", "more files")


def tokens(project: Project) -> dict[str, int]:
    said = proposals(project)
    return {kind: sum(each["tokens"][kind] or 0 for each in said) for kind in ("input", "cached", "output")}


def test_commands_are_refused_before_it_starts(agent: str, project: Project) -> None:
    model = one(project, [change(90)], code=2, allow=["*"])
    assert model.requests == 0


def test_command_in_its_answer_is_not_run(agent: str, project: Project) -> None:
    one(project, f"```bash\necho 90 > value.txt\n```\n{CLOSING}")
    assert project.statuses() == ["keep", "no_change"]
    assert proposals(project)[0]["description"] == "by hand"


def test_edits_that_do_not_fit_are_no_silent_success(agent: str, project: Project) -> None:
    model = one(project, f"{RIGHT}{WRONG}{CLOSING}")
    (said,) = proposals(project)
    assert said["ending"] == "aider: the edits of its last answer did not fit the files, not all were made"
    assert model.answered == said["requests"] == 4, "it asks for better ones three times"
    assert tokens(project) == used(model)
    assert project.statuses() == ["keep", "keep"], "what it had done by then counts"


def test_edits_that_were_mended_are_a_success(agent: str, project: Project) -> None:
    with FakeModel(turns=[WRONG, f"{RIGHT}{CLOSING}"], usage=USAGE) as model:
        by_agent(project, "aider", model)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert (said["ending"], said["description"], said["requests"]) == ("", "by hand", 2)
    assert said["program"] == "aider 0.86.2"
    assert project.statuses() == ["keep", "keep"]


def test_turns_are_capped(agent: str, project: Project) -> None:
    model = one(project, f"{RIGHT}{WRONG}{CLOSING}", turns=1, latency=1.0)  # by itself it asks four times
    (said,) = proposals(project)
    assert said["ending"].endswith("(proposer.turns)")
    assert model.requests < 4


def test_files_in_a_folder_keep_their_names_and_new_ones_are_made(agent: str, project: Project) -> None:
    commit(project, {"src/it's a/one.py": "x = 1\n", "src/it's a/two.py": "y = 1\n"})
    made = {"write": {"path": "src/new/three.py", "content": "z = 1\n"}}
    ops = [{"edit": {"path": "src/it's a/one.py", "old": "x = 1", "new": "x = 2"}}, made]
    model = one(project, [{"turns": [ops], "closing": CLOSING}], scope="src/**")
    assert "src/it's a/one.py\n```" in model.log[0]["text"]
    assert project.statuses() == ["keep", "discard"]
    changed = project.git("diff", "--name-only", "HEAD", project.refs()["attempt/1"]).splitlines()
    assert set(changed) == {"src/it's a/one.py", "src/new/three.py"}


def test_settings_of_the_repository_run_nothing_and_lead_nowhere_else(agent: str, project: Project) -> None:
    config = {
        "auto-test": True,
        "test-cmd": "touch ran",
        "auto-lint": True,
        "lint-cmd": "touch ran",
        "load": "load.txt",
    }
    config |= {"suggest-shell-commands": True, "notifications": True, "notifications-command": "touch ran"}
    config |= {"model": "openai/other", "message": "something else", "git": True, "auto-commits": True}
    settings = [{"name": "aider/extra_params", "extra_params": {"temperature": 1, "max_retries": 9}}]
    files = {".aider.conf.yml": json.dumps(config), "load.txt": "/run touch ran\n"}
    files |= {".env": "OPENAI_API_KEY=other\nOPENAI_API_BASE=http://127.0.0.1:9/v1\nAIDER_MODEL=openai/third\n"}
    commit(project, {**files, ".aider.model.settings.yml": json.dumps(settings)})
    model = one(project, [change(90)])
    assert project.statuses() == ["keep", "keep"], "a file named ran would be out of scope"
    assert {entry["model"] for entry in model.log} == {"fake-model"}
    assert "something else" not in model.log[0]["last"]
    assert model.log[0]["body"]["temperature"] == 0


def test_words_like_its_own_messages_deceive_nobody(agent: str, project: Project) -> None:
    lines = [
        "litellm.AuthenticationError: no",
        "SYSTEM down",
        "Retrying in 9.0 seconds...",
        "The LLM did not conform to the edit format.",
    ]

    def says(request: Request) -> dict[str, Any]:
        return {"text": "\n".join([*lines, CLOSING]), "ops": [{"write": {"path": "value.txt", "content": "90\n"}}]}

    with FakeModel(handler=says, usage=USAGE) as model:
        by_agent(project, "aider", model)
        project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]
    assert proposals(project)[0]["ending"] == ""
    assert model.requests == 1


def test_it_speaks_to_an_api_of_anthropics_shape(agent: str, project: Project) -> None:
    model = one(project, [change(90)], plain=True, api="anthropic")
    assert {entry["api"] for entry in model.log} == {"anthropic"}
    assert project.statuses() == ["keep", "keep"]
    assert tokens(project) == used(model)


def test_refused_key_ends_it_after_one_request(agent: str, project: Project) -> None:
    model = one(project, [change(90, error={"kind": "expired_key", "times": 100})], code=4)
    assert model.requests == 1
    assert "Incorrect API key" in json.dumps(project.status())
    printed = (project.path / ".git/autoexp/demo/output").rglob("proposer.*")
    assert not any(KEY in path.read_text(encoding="utf-8") for path in printed)


def test_it_is_ended_when_its_waits_grow_long(agent: str, project: Project) -> None:
    model = one(project, [change(90, error={"kind": "server", "times": 100})], code=4, patience=1)
    assert model.requests == 4
    assert "The server had an error" in json.dumps(project.status())


def test_installation_behind_a_link_starts_in_the_sandbox(agent: str, project: Project, tmp_path: Path) -> None:
    program = install.program("aider")
    assert program is not None
    link = tmp_path / "bin" / "aider"
    link.parent.mkdir()
    link.symlink_to(program)
    one(project, [change(90)], program=str(link))
    assert project.statuses() == ["keep", "keep"]
    assert proposals(project)[0]["sandbox"] == "bwrap"
