"""Six experiments by each real agent, through the fake model, inside the sandbox: every kind of ending, and the tokens of the server."""

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import Script, by_agent, change, proposals, step, used
from tests.agents.install import PINS
from tests.end_to_end.conftest import Project

STEPS = [
    change(90),
    change(95),
    step([{"read": "value.txt"}], says="only looked"),
    step([{"read": "bench.sh"}], [{"write": {"path": "bench.sh", "content": "echo METRIC x=1\n"}}], says="easier"),
    change("crash"),
    change(80),
    change(70),
]
STATUSES = ["keep", "keep", "discard", "no_change", "out_of_scope", "keep", "keep"]
NO_COUNT: dict[str, str] = {}
"""Agents whose tokens are not the server's, with the reason."""


@pytest.mark.parametrize("agent", PINS, indirect=True)
def test_six_experiments_end_as_they_should(agent: str, project: Project) -> None:
    usage = {"input": 1000, "cache_read": 200, "output": 50}
    with FakeModel(handler=Script(STEPS), usage=usage) as model:
        by_agent(project, agent, model)
        project.run("run", "--experiments", "6")
        assert project.statuses() == STATUSES, project.run("log")
        counted = used(model)
    shown = project.shown(5)
    assert [one["outcome"] for one in shown["tries"]] == ["crash"]
    said = proposals(project)
    assert all(one["sandbox"] == "bwrap" for one in said)
    assert all(one["program"].startswith(agent) for one in said)
    assert [one["description"] for one in said if one["description"]][:2] == ["value 90", "value 95"]
    if agent not in NO_COUNT:
        total = {kind: sum(one["tokens"][kind] or 0 for one in said) for kind in ("input", "cached", "output")}
        assert total == counted
    assert project.git("status", "--porcelain") == "?? autoexp.yaml"
