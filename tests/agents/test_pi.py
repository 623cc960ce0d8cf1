"""What is particular to Pi: the gate that holds its shell to a list, its caps, its sessions, and what a repository brings along."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autoexp.proposers.agents.agent import Task
from autoexp.proposers.agents.many import ManyOptions
from autoexp.proposers.agents.pi import GATE, PROPOSER, REFUSED
from autoexp.testing.fake_model import FakeModel
from tests.agents import install
from tests.agents.driven import KEY, Script, by_agent, change, proposals, step, used
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import waits

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
EDIT = [{"write": {"path": "value.txt", "content": "90\n"}}]

pytestmark = pytest.mark.parametrize("agent", ["pi"], indirect=True)


def one(project: Project, *steps: Any, code: int = 0, **keys: Any) -> FakeModel:
    """Run one experiment, and give the model as it was at its end."""
    with FakeModel(handler=Script(steps), usage=USAGE) as model:
        by_agent(project, "pi", model, **keys)
        project.run("run", "--experiments", "1", code=code)
    return model


def tools(model: FakeModel) -> set[str]:
    return {tool["function"]["name"] for tool in model.log[0]["body"]["tools"]}


def test_no_shell_without_commands_that_are_allowed(agent: str, project: Project) -> None:
    model = one(project, change(90))
    assert tools(model) == {"read", "edit", "write", "ls", "grep", "find"}


def test_allowed_command_runs_and_another_does_not(agent: str, project: Project) -> None:
    allowed, chained, other = "printf '%s;' a b", "printf x; touch beside", "touch beside"
    model = one(project, step([{"bash": allowed}], [{"bash": chained}], [{"bash": other}], EDIT), allow=["printf *"])
    assert model.log[1]["last"] == "a;b;"
    assert [entry["last"] for entry in model.log[2:4]] == [f"{REFUSED}: {command}" for command in (chained, other)]
    assert project.statuses() == ["keep", "keep"], "a file beside would be out of scope"
    (said,) = proposals(project)
    assert (
        said["ending"] == "Pi was not allowed to use bash(printf x; touch beside), bash(touch beside) (proposer.allow)"
    )


@pytest.mark.parametrize(
    ("pattern", "runs", "refused"),
    [
        ("uv run python *", ["uv run python x.py", "uv run python", "uv run python -c 'print(1); x'"], ["uv run pythonx"]),
        ("make test", ["make test", " make test "], ["make test2", "make", "make test all", "xmake test"]),
        ("pytest * -q", ["pytest a -q", "pytest a b -q"], ["pytest -q", "pytest a"]),
        ("a.c+ [x]", ["a.c+ [x]"], ["abc+ [x]", "a.cc x"]),
        ("echo *", ['echo "it\'s"', "echo 'a|b' \"c;d\"", "echo a=b"], [
            "echo a; b", "echo a && b", "echo a | b", "echo a & b", "echo a > b", "echo < b", "echo $(b)", "echo `b`", "echo a\nb",
            "echo \"it's\" ; b '", "echo \\'; b '", 'echo "$(b)"', 'echo "`b`"', "echo # '\nb '", "echo $'a\\'; b '", "echo (b)", "echo ${b}",
        ]),
    ],
)  # fmt: skip
def test_gate_lets_only_single_commands_through_that_match(
    agent: str, tmp_path: Path, pattern: str, runs: list[str], refused: list[str]
) -> None:
    options = ManyOptions(model="m", base_url="http://127.0.0.1", allow=(pattern,))
    task = Task(program="pi", prompt="", rules="", home="/home/run", workspace="/w", options=options)
    gate = tmp_path / "gate.mjs"
    gate.write_text(PROPOSER.agent.launch(task).files[GATE], encoding="utf-8")
    asking = """
        const {default: load} = await import(process.argv[2]);
        let gate; load({on: (name, handler) => { gate = handler; }});
        const told = [];
        for (const command of JSON.parse(process.argv[3])) told.push(await gate({toolName: "bash", input: {command}}) === undefined);
        console.log(JSON.stringify([told, await gate({toolName: "edit", input: {}}) === undefined]));
    """
    (tmp_path / "ask.mjs").write_text(asking, encoding="utf-8")
    argv = [str(install.node() / "node"), str(tmp_path / "ask.mjs"), str(gate), json.dumps([*runs, *refused])]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[*[True] * len(runs), *[False] * len(refused)], True]


def test_gate_that_cannot_be_loaded_ends_it_before_it_asks(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90)])) as model:
        by_agent(project, "pi", model, args=["--extension", "/w/no-such-gate.js"])
        said = project.run("run", "--experiments", "1", code=4)
    assert "Failed to load extension" in said
    assert model.requests == 0


def test_any_command_sees_no_key(agent: str, project: Project) -> None:
    model = one(project, step([{"bash": "echo PATH is $PATH; env"}], EDIT), allow=["*"])
    seen = model.log[1]["last"]
    assert "PATH is /" in seen
    assert KEY not in seen
    assert "AUTOEXP_MODEL_KEY" not in seen


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
        by_agent(project, "pi", model, api="anthropic")
        text = (project.path / "autoexp.yaml").read_text(encoding="utf-8").replace(model.openai_url, model.url)
        project.contract(text)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert {entry["api"] for entry in model.log} == {"anthropic"}
    assert {kind: said["tokens"][kind] for kind in ("input", "cached", "output")} == used(model)


def test_price_of_the_contract_prices_it_and_without_one_nobody_does(agent: str, project: Project) -> None:
    one(project, change(90), price={"input": 1, "output": 2, "cached": 0.5})
    (said,) = proposals(project)
    assert said["cost_source"] == "contract"
    assert said["cost_usd"] == pytest.approx((3000 * 1 + 600 * 0.5 + 150 * 2) / 1e6)


def test_settings_of_the_repository_do_not_count(agent: str, project: Project) -> None:
    extension = "import fs from 'node:fs';\nfs.writeFileSync('extension-ran', '');\nexport default function (pi) {}\n"
    written = {
        ".pi/extensions/other.js": extension,
        ".pi/settings.json": json.dumps({"defaultTools": ["read", "bash"], "sessionDir": "sessions", "extensions": ["x.js"]}),
        ".pi/APPEND_SYSTEM.md": "words of the repository",
        "AGENTS.md": "words of the repository",
        ".agents/skills/one/SKILL.md": "---\nname: one\ndescription: words of the repository\n---\n",
    }  # fmt: skip
    for name, text in written.items():
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("add", ".")
    project.git("commit", "-qm", "settings")
    model = one(project, change(90))
    assert project.statuses() == ["keep", "keep"], "a file of the extension or of a session would be out of scope"
    assert "bash" not in tools(model)
    assert "words of the repository" not in model.log[0]["text"]


def test_refused_key_ends_it_after_one_request(agent: str, project: Project) -> None:
    model_error = {"kind": "expired_key", "times": 100}
    with FakeModel(handler=Script([change(90, error=model_error)])) as model:
        by_agent(project, "pi", model)
        said = project.run("run", "--experiments", "1", code=4)
    assert model.requests == 1
    assert "paused: Pi: 401" in said
    assert "log in with pi once" in said


def test_silent_model_ends_it_after_the_idle_time(agent: str, project: Project) -> None:
    one(project, change(90, error={"kind": "hang", "times": 1}), change(90), idle="30s")
    assert [wait["kind"] for wait in waits(project)] == ["hang"]
    assert project.statuses() == ["keep", "keep"]
