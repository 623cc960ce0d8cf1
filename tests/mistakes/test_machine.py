"""What a machine refuses: a full disk, a git folder that cannot be written, a journal that cannot be read."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.machines import ready
from tests.mistakes.test_mistakes import everything


def test_disk_that_is_full_at_the_start_pauses_with_what_to_do(project: Project) -> None:
    project.edits(write(50))
    project.environ["AUTOEXP_MIN_FREE"] = "1000000T"
    told = project.run("run", code=4)
    assert "free, and" in told
    assert "fix: make room there, or set AUTOEXP_MIN_FREE" in told
    assert "Traceback" not in told
    del project.environ["AUTOEXP_MIN_FREE"]
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


@pytest.mark.parametrize("begun", [False, True], ids=["new", "begun"])
def test_git_folder_that_is_read_only_is_told_with_what_to_do(
    project: Project,
    begun: bool,  # noqa: FBT001
) -> None:
    project.edits(write(50))
    if begun:
        project.run("run", "--experiments", "1")
    git = str(project.path / ".git")
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    machine = ready(["unshare", "-Urm", "/bin/sh", "-c", script, git])
    before = everything(project)
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    command = [*machine, sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "the campaign's folder cannot be written: Read-only file system" in done.stderr
    assert "fix: make it writable for the user who runs autoexp" in done.stderr
    assert "Traceback" not in done.stderr
    assert everything(project) == before


def test_journal_that_may_not_be_read_is_told_with_what_to_do(project: Project) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    project.edits(write(50))
    project.run("run")
    journal = project.path / ".git/autoexp/demo/journal.jsonl"
    journal.chmod(0)
    told = project.run("run", code=2)
    journal.chmod(0o644)
    assert "the journal cannot be opened: Permission denied" in told
    assert "fix: make it readable and writable" in told


def test_confirm_tells_mistakes_of_the_contract_as_well(project: Project) -> None:
    project.edits(write(50))
    project.run("run")
    before = everything(project)
    wrong = CONTRACT.replace("goal:", "gaol:").replace("sh checks.sh", "no-such-program")
    project.contract(wrong)
    told = project.run("confirm", code=2)
    assert "2 mistakes in the contract" in told
    assert "autoexp.yaml:3: gaol: unknown key" in told
    assert "autoexp.yaml:7: harness.checks: command not found" in told
    project.contract(CONTRACT)
    assert {**everything(project), "autoexp.yaml": ""} == {**before, "autoexp.yaml": ""}


def test_tag_that_a_person_chose_goes_on_with_the_contract_of_another_folder(project: Project) -> None:
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    (project.path / "sub").mkdir()
    for name in ("autoexp.yaml", "edits.yaml"):
        shutil.move(project.path / name, project.path / "sub" / name)
    assert "is in use by another campaign" in project.run("run", repo=project.path / "sub", code=2)
    project.run("run", "--tag", "demo", repo=project.path / "sub")
    assert project.statuses() == ["keep", "keep", "keep"]
    project.run("run", repo=project.path / "sub")


def test_pattern_that_matches_nothing_beside_others_is_a_note(project: Project) -> None:
    project.edits(write(50))
    project.contract(CONTRACT.replace("[value.txt]", "[value.txt, 'src/**']"))
    for command in (("check", "--no-audits"), ("run",)):
        assert "scope.edit: src/** matches no file of HEAD" in project.run(*command)
    assert project.statuses() == ["keep", "keep"]
