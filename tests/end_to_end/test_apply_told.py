"""What `autoexp apply` says of what it brings: how sure its gain is, and what a person should know first."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.applied import EDITS, campaign, copy_of, ended
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import Project, write
from tests.end_to_end.test_checkpoints import lucky, one_shot, real
from tests.end_to_end.test_holdout import LITTLE, held


def look(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.ran("apply", "--dry-run", "--json")[0])
    return found


@pytest.fixture
def project(tmp_path: Path, helper: Helper) -> Project:
    return copy_of(ended(helper), tmp_path)


def test_confirmed_gain_is_told_first_and_stays_with_its_commit(project: Project) -> None:
    project.run("confirm", "--ablate")
    printed = project.run("apply", "--squash")
    assert "gain         +30.0% confirmed on 1 fresh pair; +30.0% in-loop (biased)\n" in printed
    message = project.git("show", "-s", "--format=%B", "main")
    assert "The campaign's gain is +30.0% (+30.0% to +30.0%), confirmed on fresh runs." in message
    assert "- 3: less of b (+10.0% by an ablation, supported)" in message
    project.edits(*EDITS, {"description": "less of c", "write": {"file": "dir/c.txt", "text": "1\n"}})
    project.run("run")
    assert "which is not the best so far any more" in project.run("apply", "--dry-run")


def test_keeps_that_wait_for_their_test_are_named(tmp_path: Path, helper: Helper) -> None:
    project = one_shot(tmp_path, helper)
    project.edits(*real(2))
    project.run("run", "--experiments", "1")
    found = look(project)
    assert [one["provisional"] for one in found["commits"]] == [True]
    assert any("provisional: experiment 1 waits for a checkpoint test" in text for text in found["warnings"])


@pytest.mark.long
def test_holdout_that_failed_at_the_end_is_told(tmp_path: Path, helper: Helper) -> None:
    project = held(tmp_path, helper)
    (project.path / "hidden/holdout.sh").write_text('read -r hidden < hidden/data.txt\necho "METRIC h=31337"\n')
    project.git("commit", "-qam", "nothing shows")
    project.edits(*LITTLE)
    project.run("run")
    assert "note         the holdout FAILED as the campaign ended" in project.run("apply")


def test_best_of_now_is_taken_while_the_campaign_runs(tmp_path: Path, helper: Helper) -> None:
    project = campaign(tmp_path, helper, run=False)
    gate = tmp_path / "gate"
    waiting = f"i=0; while [ ! -e '{gate}' ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done; echo 20 > b.txt"
    project.edits(EDITS[0], {"description": "less of b, later", "run": waiting})
    with project.start("run") as process:
        wait_until(lambda: "attempt/1" in project.refs() and project.status()["open"] == 2, "the second experiment")
        printed = project.run("apply")
        assert "the campaign is running: this is the best of now" in printed
        assert project.git("rev-parse", "main") == project.refs()["attempt/1"]
        gate.touch()
        process.communicate()
    assert process.returncode == 0
    found = look(project)
    assert ([one["n"] for one in found["commits"]], found["warnings"]) == ([2], [])


@pytest.mark.long
def test_branch_that_holds_what_was_taken_out_is_told_how_to_lose_it(tmp_path: Path, helper: Helper) -> None:
    project = one_shot(tmp_path, helper)
    project.edits(*lucky(1))
    project.run("run", "--experiments", "1")
    project.run("apply")
    held = project.git("rev-parse", "main")
    project.run("run")
    assert project.status()["taken_out"] == [1]
    assert f"`git revert {held[:12]}`" in project.run("apply", code=2)
    project.edits(*lucky(1), write(60))
    project.run("run")
    assert f"first `git revert {held[:12]}`, which main holds" in project.run("apply", code=2)
    project.git("revert", "--no-edit", held)
    project.run("apply")
    assert project.git("rev-parse", "main:value.txt") == project.git("rev-parse", f"{project.refs()['best']}:value.txt")
    assert (look(project)["commits"], look(project)["warnings"]) == ([], [])
