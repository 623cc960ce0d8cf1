"""Several campaigns of one repository: a session says which one it is, and which others run beside it."""

import json

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write


def test_campaigns_at_work_side_by_side_are_told_of_each_other(project: Project) -> None:
    gate, started = project.path.parent / "gate", project.path.parent / "started"
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    slow = f"touch '{started}'; until [ -e '{gate}' ]; do sleep 0.02; done; echo 50 > value.txt"
    project.edits({"description": "slow", "run": slow}, write(40))
    with project.start("run", "--tag", "first") as process:
        wait_until(started.exists, "the proposer")
        project.edits(write(40))
        told = "note: campaign first runs in this repository now, and timings disturb each other: `autoexp stop --tag first`"
        printed = project.run("run", "--tag", "second")
        assert "begins campaign second\n" in printed
        assert told in printed
        assert told in project.run("confirm", "--tag", "second", "--pairs", "1")
        (project.path / "value.txt").write_text("30\n", encoding="utf-8")
        assert told in project.run("try", "--tag", "second")
        project.git("checkout", "-q", "value.txt")
        assert told in project.run("check", "--no-audits")
        gate.touch()
        out, _ = process.communicate()
    assert "disturb" not in out
    assert "campaign first runs in this repository now" in json.dumps(project.journal("second"))


def test_session_says_first_which_campaign_goes_on(project: Project) -> None:
    project.edits(write(50), write(60), write(40))
    assert "begins campaign demo\n" in project.run("run", "--experiments", "2")
    assert project.run("run", "--detach").startswith(
        "goes on with campaign demo (2 experiments, 1 kept), in the background, process "
    )
    wait_until(lambda: project.status()["state"] != "running", "the end of the detached session")
    log = (project.path / ".git/autoexp/demo/detached.log").read_text(encoding="utf-8")
    assert "\ngoes on with campaign demo (2 experiments, 1 kept)\n" in log
