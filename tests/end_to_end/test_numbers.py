"""Numbers on screens: what they are of, and nothing that contradicts what stands beside it."""

from tests.end_to_end.conftest import Project, write


def test_call_that_goes_on_counts_its_own_experiments_and_all(project: Project) -> None:
    project.edits(write(90), write(95), write(80), write(70))
    assert project.run("run", "--experiments", "3").splitlines()[-1].startswith("3 experiments, 2 kept, best so far 80")
    assert "\n1 experiment in this call, 4 in all; 3 kept, best so far 70" in project.run("run")


def test_campaign_with_nothing_left_to_propose_foretells_nothing(project: Project) -> None:
    project.edits(write(90), write(95), write(80), write(70))
    contract = (project.path / "autoexp.yaml").read_text()
    project.contract(contract.replace("budget: {", "budget: {experiments: 40, "))
    project.run("run", "--experiments", "3")
    resting = project.run("status")
    assert "more keeps" in resting
    assert "ends by" in resting
    project.run("run")
    ended = project.run("status")
    assert "going on     nothing is left to propose; `autoexp run` asks the proposer again" in ended
    assert "more keeps" not in ended
    assert "ends by" not in ended
