"""kill -9 at every step of an experiment that a confirmation makes: keeps taken out, or discards tried together, once and for good."""

from pathlib import Path
from typing import Any

import pytest

from autoexp.engine.faults import STEPS, points
from tests.durability.laws import lawful, left_running
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made

PARTS = "a 50\n.\n.\nb 20\n.\n.\nmode full\n"
ADDING = """\
awk '$1 == "a" {a = $2} $1 == "b" {b = $2} $1 == "mode" {m = $2}
     END {if (m == "quick") a = 10; print "METRIC x=" a + b; print "METRIC ok=1"}' value.txt
"""
HELD = 'awk \'$1 == "mode" {m = $2} END {print "METRIC held=" (m == "quick" ? 1 : 2)}\' value.txt\n'
"""In the quick mode a costs 10, whatever stands there: the keep that has made it smaller adds nothing any more."""

WITHIN = tuple(step for step in STEPS[: STEPS.index("done") + 1] if step not in {"start", "propose"})
CASES = points([*WITHIN, "sample", "checks", "branch"])


def edit(old: str, new: str) -> dict[str, Any]:
    return {"description": new, "replace": {"file": "value.txt", "old": old, "new": new}}


def campaign(folder: Path, helper: Helper, *edits: dict[str, Any], more: str = "") -> Project:
    """Make a project and let it end its experiments."""
    project = made(folder, helper)
    for name, text in (("value.txt", PARTS), ("bench.sh", ADDING), ("checks.sh", "true\n")):
        (project.path / name).write_text(text)
    project.git("commit", "-qam", "parts")
    project.contract(CONTRACT.replace("direction: lower", f"direction: lower{more}"))
    project.edits(*edits)
    project.run("run", "--experiments", str(len(edits)))
    return project


def best(project: Project) -> str:
    return project.git("cat-file", "blob", "refs/autoexp/demo/best:value.txt") + "\n"


def test_a_prune_that_is_killed_again_and_again_is_brought_to_its_end(tmp_path: Path, helper: Helper) -> None:
    """Without a candidate it is made anew under the next number; with one it goes on."""
    project = three_keeps(tmp_path, helper)
    for fault in ("before-attempt:4", "after-attempt:5", "before-keep:5"):
        project.run("confirm", "--prune", code=-9, fault=fault)
    project.run("confirm", "--prune")
    pruned_once(project)
    assert project.statuses() == ["keep", "discard", "keep", "keep", "interrupted", "keep"]


@pytest.mark.long
@pytest.mark.parametrize("point", CASES)
def test_a_prune_that_is_killed_is_brought_to_its_end(tmp_path: Path, helper: Helper, point: str) -> None:
    project = three_keeps(tmp_path, helper)
    project.run("confirm", "--prune", code=-9, fault=f"{point}:4")
    project.run("confirm", "--prune")
    pruned_once(project)


def three_keeps(folder: Path, helper: Helper) -> Project:
    """Give a campaign of three keeps, of which the third makes the first useless."""
    return campaign(folder, helper, edit("a 50", "a 40"), edit("b 20", "b 10"), edit("mode full", "mode quick"))


def pruned_once(project: Project) -> None:
    """Hold what must be true in the end."""
    rows = lawful(project)
    assert best(project) == PARTS.replace("b 20", "b 10").replace("mode full", "mode quick")
    pruned = [row for row in rows if row["description"].startswith("take out")]
    assert [row["status"] for row in pruned if row["status"] != "interrupted"] == ["keep"]
    found = project.status()
    assert (found["taken_out"], found["kept"]) == ([1], 3)
    assert found["in_loop_gain"] == pytest.approx(40 / 70)
    assert found["confirmed_gain"]["gain"] == pytest.approx(50 / 70)
    assert (rows[1]["pruned_by"], rows[-1]["members"]) == (rows[-1]["n"], [1])
    exported = (project.path / ".autoexp/demo/results.tsv").read_text().splitlines()[1:]
    assert [line.split("\t")[-2] for line in exported] == [row["status"] for row in rows]
    assert left_running(project) == []


@pytest.mark.long
@pytest.mark.parametrize("command", ["run", "confirm"])
def test_another_session_brings_a_killed_prune_to_its_end(tmp_path: Path, helper: Helper, command: str) -> None:
    project = campaign(tmp_path, helper, edit("a 50", "a 40"), edit("mode full", "mode quick"))
    project.run("confirm", "--prune", code=-9, fault="after-sample:3")
    project.run(command)
    lawful(project)
    assert project.status()["taken_out"] == [1]
    assert best(project) == PARTS.replace("mode full", "mode quick")


@pytest.mark.long
@pytest.mark.parametrize("point", CASES)
def test_a_bundle_that_is_killed_is_brought_to_its_end(tmp_path: Path, helper: Helper, point: str) -> None:
    edits = edit("b 20", "b 10"), edit("a 50", "a 48"), edit("b 10", "b 6")
    project = campaign(tmp_path, helper, *edits, more=", min_effect: 9%")
    assert project.statuses() == ["keep", "keep", "discard", "discard"]
    project.run("confirm", "--bundle", code=-9, fault=f"{point}:4")
    project.run("confirm", "--bundle")
    rows = lawful(project)
    together = [row["status"] for row in rows if row["description"] == "experiments 2 and 3 together"]
    assert [status for status in together if status != "interrupted"] == ["keep"]
    assert best(project) == PARTS.replace("a 50", "a 48").replace("b 20", "b 6")
    found = project.status()
    assert (found["kept"], found["confirmed_gain"]["gain"]) == (2, pytest.approx(16 / 70))
    assert left_running(project) == []


@pytest.mark.long
def test_a_record_that_is_lost_after_a_prune_is_made_again(tmp_path: Path, helper: Helper) -> None:
    project = campaign(tmp_path, helper, edit("a 50", "a 40"), edit("mode full", "mode quick"))
    project.run("confirm", "--prune")
    before = project.rows()
    (project.path / ".git/autoexp/demo/journal.jsonl").unlink()
    project.run("repair", "--yes", "--tag", "demo")
    assert project.rows() == before
    lawful(project)
