"""Campaigns with everything in them lose their journal in the middle: it is made again, and they go on as if nothing had been lost."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoexp.engine.faults import PROTOCOL, points
from autoexp.testing.fake_model import FakeModel
from tests.durability.laws import decided, lawful
from tests.durability.repaired import EDITS, journal, repaired
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, write
from tests.end_to_end.modelled import by_model
from tests.end_to_end.test_holdout import held
from tests.end_to_end.test_kill_mended import mending


def lost_and_found(project: Project) -> int:
    """Lose the journal, repair it, and hold that it is the old one up to a place; give the records that are lost."""
    before = journal(project).read_bytes().splitlines(keepends=True)
    journal(project).unlink()
    shutil.rmtree(journal(project).parent / "state", ignore_errors=True)
    assert repaired(project)["agrees"]
    after = journal(project).read_bytes().splitlines(keepends=True)[:-1]
    assert after == before[: len(after)]
    assert repaired(project)["findings"] == []
    return len(before) - len(after)


def copied(project: Project, folder: Path) -> Project:
    path = folder / project.path.name
    shutil.copytree(project.path, path, symlinks=True)
    return replace(project, path=path, cache=folder / "cache", environ=dict(project.environ))


def test_killed_campaign_that_loses_its_journal_goes_on_to_the_same_decisions(project: Project) -> None:
    loses_and_goes_on(project, "after-attempt:3")


@pytest.mark.long
@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("point", [point for point in points(PROTOCOL) if not point.endswith("start")])
def test_campaign_may_lose_its_journal_at_any_step(project: Project, point: str, n: int) -> None:
    loses_and_goes_on(project, f"{point}:{n}")


def loses_and_goes_on(project: Project, fault: str) -> None:
    project.edits(*EDITS)
    project.killed(fault)
    lost_and_found(project)
    project.run("run")
    statuses = [(f"value {value}", status) for value, status in zip((90, 95, 80, "crash", 70), STATUSES, strict=True)]
    assert [row[:2] for row in decided(lawful(project))[1:]] == statuses


STATUSES = ("keep", "discard", "keep", "crash", "keep")


def told(project: Project) -> None:
    """Say what persons say, and let the next run begin a second segment."""
    project.run("hint", "mind the memory")
    project.run("idea", "try threads")
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("timeout: 5s", "timeout: 6s"))


@pytest.mark.long
def test_mends_hints_and_a_second_segment_come_back(project: Project, tmp_path: Path) -> None:
    with FakeModel(handler=mending, cost=0.5) as model:
        by_model(project, model, budget=", experiments: 3")
        project.run("run", "--experiments", "1")
        told(project)
        calm = copied(project, tmp_path / "calm")
        calm.run("run", code=3)
        project.killed("after-attempt:3:2")
        lost_and_found(project)
        project.run("run", code=3)
    assert decided(lawful(project)) == decided(lawful(calm))
    assert [row["repairs"] for row in calm.rows()] == [0, 1, 0, 0, 1]
    assert [row["repairs"] for row in project.rows() if row["status"] != "interrupted"] == [0, 1, 0, 0, 1]
    assert project.status()["hints"] == calm.status()["hints"] == ["mind the memory"]
    assert [event["k"] for event in project.journal() if event["event"] == "segment"] == [0, 1]


@pytest.mark.long
def test_what_the_holdout_and_persons_said_comes_back(tmp_path: Path, helper: Helper) -> None:
    project = held(tmp_path, helper)
    project.edits(write(95), write(40), write("crash"), write(80))
    project.run("run")
    rows, shown = project.rows(), project.shown(4)["holdout"]
    assert lost_and_found(project) == 0
    assert (project.rows(), project.shown(4)["holdout"]) == (rows, shown)
    lawful(project)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_lost_of_both_is_restored_or_named(project: Project, tmp_path: Path, seed: int) -> None:
    """Damage the journal and take some refs away, at random: a repair restores all, or names what is lost, and --cut leaves a lawful campaign."""
    dice = random.Random(seed)
    project.edits(*EDITS)
    project.run("run", "--experiments", "3")
    project.run("run")
    whole, refs = journal(project).read_bytes(), project.refs()
    text = bytearray(whole)
    for _ in range(dice.randrange(3)):
        at = dice.randrange(len(text))
        text[at : at + dice.choice([1, 300, 3000])] = dice.randbytes(dice.choice([0, 1, 200]))
    journal(project).write_bytes(text)
    for name in dice.sample(sorted(refs), dice.randrange(len(refs))):
        project.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    found: dict[str, Any] = mended(project, "--check")
    left = project.refs()
    again = mended(project)
    if not again["agrees"]:
        assert [one["kind"] for one in again["findings"]] in (["gap"], ["journal"]), again
        assert found["findings"][-1]["text"] == again["findings"][-1]["text"]
        assert (project.refs(), journal(project).read_bytes()) == (left, bytes(text))
        again = mended(project, "--cut")
    if again["agrees"]:
        assert set(left.values()) <= set(project.refs().values()) | {left.get("tail")}
        assert repaired(project)["findings"] == []
        project.run("run")
        assert decided(lawful(project))[-1][:2] == ("value 70", "keep")


def mended(project: Project, *arguments: str) -> dict[str, Any]:
    """Repair, whatever comes of it."""
    with project.start("repair", "--json", *arguments) as process:
        out, err = process.communicate(project.patience_s)
    assert process.returncode in {0, 2}, err
    return json.loads(out)
