"""The small contracts themselves: each passes its own commands, as it should be and with its fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.spec import load
from tests.audits.contracts import LIGHT, MORE, PROJECTS, write
from tests.audits.shape import Project

CASES = [pytest.param(one, marks=() if one.name in LIGHT else pytest.mark.long, id=one.name) for one in PROJECTS]


@pytest.mark.parametrize("faulty", [False, True], ids=["clean", "faulty"])
@pytest.mark.parametrize("project", CASES)
def test_a_contract_is_valid_and_all_its_commands_pass(project: Project, tmp_path: Path, *, faulty: bool) -> None:
    spec = load(write(project, tmp_path, faulty=faulty).read_text())
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "AUTOEXP_SEED": "1"}
    commands = (spec.harness.measure, spec.harness.checks, spec.harness.holdout)
    printed = [
        subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
        for command in commands
    ]
    assert set(spec.metrics) == {
        line.removeprefix("METRIC ").partition("=")[0]
        for line in printed[0].stdout.splitlines()
        if line.startswith("METRIC ")
    }
    assert printed[2].stdout.startswith("METRIC ")


@pytest.mark.parametrize("project", MORE, ids=lambda project: project.planted)
def test_a_contract_with_a_fault_more_is_valid(project: Project, tmp_path: Path) -> None:
    spec = load(write(project, tmp_path, faulty=True).read_text())
    assert (spec.harness.holdout is None) == (project.planted == "no-holdout")


def test_each_contract_plants_the_fault_of_another_audit() -> None:
    assert len({project.planted for project in PROJECTS}) == len(PROJECTS) == 8
    assert all(project.files for project in PROJECTS)
    assert not {project.planted for project in PROJECTS} & {project.planted for project in MORE}
