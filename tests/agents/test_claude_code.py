"""What Claude Code is held to: its editing tools, and the commands that the contract names."""

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import Script, by_agent, change, proposals, step
from tests.end_to_end.conftest import Project

ONLY = pytest.mark.parametrize("agent", ["claude-code"], indirect=True)
READ = [{"read": "value.txt"}]


@ONLY
@pytest.mark.parametrize(
    "command", ["touch value2.txt", "echo 5 > value.txt", "cp bench.sh other.sh", "sh -c 'echo 5'"]
)
def test_a_command_that_is_not_allowed_does_not_run(agent: str, project: Project, command: str) -> None:
    with FakeModel(handler=Script([step([{"bash": command}], says="by command")])) as model:
        by_agent(project, agent, model, allow=["cat *"])
        project.run("run", "--experiments", "1", code=4)
        said = proposals(project)[0]
        assert "was not allowed to use Bash" in said["ending"]
        assert "proposer_error" in project.statuses()
        assert any("denied" in str(entry["body"]) or "ermission" in str(entry["body"]) for entry in model.log)


@ONLY
def test_a_command_that_is_allowed_runs(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([step([{"bash": "printf '90\\n' | tee value.txt"}], says="by command")])) as model:
        by_agent(project, agent, model, allow=["printf *", "tee *"])
        project.run("run", "--experiments", "1")
        assert project.statuses()[1] == "keep"


@ONLY
def test_without_allow_there_is_no_shell(agent: str, project: Project) -> None:
    with FakeModel(handler=Script([change(90)])) as model:
        by_agent(project, agent, model)
        project.run("run", "--experiments", "1")
        tools = {tool["name"] for entry in model.log for tool in entry.get("body", {}).get("tools", ())}
        assert tools == {"Read", "Edit", "Write", "Glob", "Grep"}
