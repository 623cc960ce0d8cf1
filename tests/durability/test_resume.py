"""An experiment that is cut short keeps what was paid for: its measurement goes on, or its change is measured again, and nobody is asked twice."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autoexp.engine.faults import PROTOCOL, points
from autoexp.testing.fake_model import FakeModel
from tests.durability.laws import decided, lawful, left_running
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made, write
from tests.end_to_end.modelled import answer, by_model
from tests.end_to_end.test_signals import interrupted, waiting_command

NOISY = """\
read -r x < value.txt
python3 -c "
import os, random
print('METRIC x=%.6f' % ($x * (1 + random.Random(os.environ['AUTOEXP_SEED'] + '$x').gauss(0, 0.02))))
print('METRIC ok=1')"
"""
PROPOSE = """\
import json, os, sys
with open(os.environ["COUNT"], "a") as file:
    file.write("asked\\n")
with open(os.environ["AUTOEXP_BRIEF"]) as file:
    position = json.load(file)["position"]
values = [80, 95, 78]
if position >= len(values):
    sys.exit(3)
with open("value.txt", "w") as file:
    file.write(f"{values[position]}\\n")
print(json.dumps({"description": f"value {values[position]}", "asi": {"kind": "numbers"}, "cost_usd": 0.5}))
"""


def counted(folder: Path, helper: Helper) -> Project:
    """Make a project whose proposer counts how often it is asked."""
    project = made(folder, helper)
    (folder / "propose.py").write_text(PROPOSE)
    proposer = {"kind": "command", "command": f"python3 '{folder}/propose.py'", "env": {"COUNT": f"{folder}/count"}}
    text = CONTRACT.replace("{kind: script, file: edits.yaml}", json.dumps(proposer)).replace("5s", "60s")
    project.contract(text.replace("budget: {", "budget: {experiments: 3, "))
    return project


def noisy(folder: Path, helper: Helper) -> Project:
    """Make one whose numbers vary with the seed, from the same commit each time, so that the seeds are the same."""
    project = counted(folder, helper)
    (project.path / "bench.sh").write_text(NOISY)
    project.contract((project.path / "autoexp.yaml").read_text().replace("measurement: {deterministic: true}\n", ""))
    same_moment = {"GIT_AUTHOR_DATE": "@1700000000 +0000", "GIT_COMMITTER_DATE": "@1700000000 +0000"}
    command = ["git", "-C", str(project.path), "commit", "-q", "--amend", "-am", "noisy", "--date", "@1700000000 +0000"]
    subprocess.run(command, check=True, env={**os.environ, **same_moment})
    return project


def asked(project: Project) -> int:
    return (project.path.parent / "count").read_text().count("asked")


def seeds(project: Project) -> list[tuple[int, str, int]]:
    """Give the seeds of all samples that count, in the order of the experiments that were decided."""
    found = [project.shown(row["n"]) for row in project.rows() if row["n"] and row["status"] != "interrupted"]
    return [(i, one["side"], one["i"]) for i, shown in enumerate(found) for one in shown["all_samples"]]


def test_measurement_that_is_killed_goes_on_under_its_number(tmp_path: Path, helper: Helper) -> None:
    project = counted(tmp_path, helper)
    project.killed("after-sample:1")
    assert "experiment 1 goes on" in project.run("run", code=3)
    rows = lawful(project)
    assert [(row["n"], row["description"], row["samples"]) for row in rows] == [
        (0, "baseline", 1), (1, "value 80", 1), (2, "value 95", 1), (3, "value 78", 1),
    ]  # fmt: skip
    assert (asked(project), sum(row["cost_usd"] or 0 for row in rows)) == (3, 1.5)
    assert "went on" in project.run("show", "1")
    assert left_running(project) == []


def test_change_that_was_interrupted_is_measured_again_and_nobody_asked(tmp_path: Path, helper: Helper) -> None:
    project = counted(tmp_path, helper)
    command, started = waiting_command(project, when=f"[ ! -e '{tmp_path}/go' ] && grep -q 80 value.txt")
    text = (project.path / "bench.sh").read_text()
    (project.path / "bench.sh").write_text(f"{command}\n{text}")
    project.git("commit", "-qam", "slow")
    with project.start("run") as process:
        interrupted(project, process, started, signal.SIGINT)
    assert "1; measured again by the next `autoexp run`" in project.run("status")
    (tmp_path / "go").touch()
    project.run("run", code=3)
    rows = lawful(project)
    assert [(row["n"], row["description"], row["again"]) for row in rows] == [
        (0, "baseline", None), (1, "value 80", None), (2, "value 80", 1), (3, "value 95", None), (4, "value 78", None),
    ]  # fmt: skip
    assert [row["cost_usd"] for row in rows[1:]] == [0.5, None, 0.5, 0.5]
    assert rows[2]["commit"] == rows[1]["commit"]
    assert asked(project) == 3
    assert "measured again as experiment 2" in project.run("show", "1")
    assert "measures experiment 1 once more" in project.run("show", "2")
    table = project.run("log")
    assert "again as 2" in table
    assert "1 again" in table


def several(*numbers: object) -> str:
    return "\n".join(f"=== PROPOSAL {rank} ===\n" + answer(number) for rank, number in enumerate(numbers, 1))


def offering(request: Any) -> str:
    return several(90, 85, 70) if "Best so far: 100" in request.text else several(150, 160, 170)


@pytest.mark.long
def test_paid_hypothesis_that_was_interrupted_is_neither_lost_nor_tried_twice(tmp_path: Path, helper: Helper) -> None:
    project = made(tmp_path, helper)
    command, started = waiting_command(project, when=f"[ ! -e '{tmp_path}/go' ] && grep -q 85 value.txt")
    text = (project.path / "bench.sh").read_text()
    (project.path / "bench.sh").write_text(f"{command}\n{text}")
    project.git("commit", "-qam", "slow")
    with FakeModel(handler=offering, cost=0.5) as model:
        by_model(project, model, several=3, budget=", experiments: 3")
        contract = (project.path / "autoexp.yaml").read_text()
        project.contract(contract.replace("timeout: 5s", "timeout: 60s"))
        with project.start("run") as process:
            interrupted(project, process, started, signal.SIGINT)
        (tmp_path / "go").touch()
        project.run("run", code=3)
        assert model.answered == 1
    rows = lawful(project)
    assert [(row["status"], row["metric"]) for row in rows if row["status"] != "interrupted"] == [
        ("keep", 100), ("keep", 90), ("keep", 85), ("keep", 70),
    ]  # fmt: skip
    found = project.status()
    assert (found["requests"], found["cost_usd"]) == (1, 0.5)


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> tuple[list[Any], list[Any]]:
    project = noisy(tmp_path_factory.mktemp("peace"), helper)
    project.run("run", code=3)
    return decided(lawful(project)), seeds(project)


BEFORE_IT_IS_THERE = {"before-intent", "after-intent", "before-propose", "after-propose", "before-capture", "after-capture", "before-attempt"}  # fmt: skip
"""Points at which nothing holds the change yet: its proposer has to be asked again, if it was."""


@pytest.mark.long
@pytest.mark.parametrize("point", points([*PROTOCOL[1:], "sample", "checks"]))
def test_noisy_campaign_decides_as_if_never_killed(
    tmp_path: Path, helper: Helper, in_peace: tuple[list[Any], list[Any]], point: str
) -> None:
    project = noisy(tmp_path, helper)
    project.killed(f"{point}:2")
    project.run("run", code=3)
    assert (decided(lawful(project)), seeds(project)) == in_peace
    assert asked(project) == 3 + (point in BEFORE_IT_IS_THERE - {"before-intent", "after-intent", "before-propose"})


def test_status_tells_what_a_killed_session_has_left(project: Project) -> None:
    project.edits(write(90), write(95))
    project.killed("after-sample:2")
    journal = project.path / ".git/autoexp/demo/journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"v":1,"i"')
    found = project.status()
    assert (found["open"], found["torn"]) == (2, "the line is cut")
    told = project.run("status")
    assert "left open    2; the next" in told
    assert "torn         the last line of the journal (the line is cut)" in told
    project.run("run")
    assert (project.status()["open"], project.status()["torn"]) == (None, None)
