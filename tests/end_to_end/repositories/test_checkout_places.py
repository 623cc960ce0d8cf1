"""Where git directory and checkout lie: linked worktrees, a git directory elsewhere, one repository in another, whose they are."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.end_to_end.repositories.standing import campaign


def worktree(project: Project, path: Path, *flags: str) -> Project:
    """Add a linked worktree with a contract."""
    project.git("worktree", "add", "-q", *flags, str(path))
    linked = replace(project, path=path)
    linked.contract(CONTRACT)
    return linked


def test_detached_head(project: Project) -> None:
    project.git("checkout", "-q", "--detach")
    campaign(project)
    assert project.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


@pytest.mark.long
def test_linked_worktree_that_is_locked(project: Project, tmp_path: Path) -> None:
    linked = worktree(project, tmp_path / "linked", "-b", "side", "--lock")
    campaign(linked)
    assert (linked.path / ".autoexp/demo/results.tsv").is_file()
    assert not (project.path / ".autoexp").exists()


@pytest.mark.long
def test_linked_worktree_goes_on_when_the_main_checkout_is_emptied(project: Project, tmp_path: Path) -> None:
    linked = worktree(project, tmp_path / "linked", "--detach")
    for path in project.path.iterdir():
        if path.name != ".git":
            path.unlink()
    campaign(linked)


def test_linked_worktree_whose_repository_is_gone_is_told(project: Project, tmp_path: Path) -> None:
    linked = worktree(project, tmp_path / "linked", "--detach")
    linked.edits(write(50))
    shutil.rmtree(project.path)
    said = linked.run("run", code=2)
    assert "its git directory is not there" in said
    assert "git worktree repair" in said
    assert not (linked.path / ".autoexp").exists()


def test_two_worktrees_run_two_campaigns_at_the_same_time(project: Project, tmp_path: Path) -> None:
    other = worktree(project, tmp_path / "linked", "-b", "side")
    gate = tmp_path / "gate"
    waiting = f"; touch '{gate}'.$1; while test ! -e '{gate}'; do sleep 0.01; done"
    for one, tag in ((project, "one"), (other, "two")):
        one.edits({"description": "waits", "run": "echo 50 > value.txt" + waiting.replace("$1", tag)}, write(60))
    with project.start("run", "--tag", "one") as first, other.start("run", "--tag", "two") as second:
        wait_until(lambda: Path(f"{gate}.one").exists() and Path(f"{gate}.two").exists(), "both campaigns at work")
        gate.touch()
        assert [first.communicate() and first.returncode, second.communicate() and second.returncode] == [0, 0]
    for tag in ("one", "two"):
        assert [row["status"] for row in project.rows("--tag", tag)] == ["keep", "keep", "discard"]
        assert project.git("show", f"autoexp/{tag}:value.txt") == "50"


def test_git_directory_elsewhere(project: Project, tmp_path: Path) -> None:
    project.git("init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere.git"))
    assert (project.path / ".git").is_file()
    campaign(project)
    assert (tmp_path / "elsewhere.git/autoexp/demo/journal.jsonl").is_file()


def test_variables_of_git_in_the_environment_point_elsewhere_in_vain(project: Project, tmp_path: Path) -> None:
    project.git("init", "-q", str(tmp_path / "other"))
    elsewhere = {
        "GIT_DIR": str(tmp_path / "other/.git"),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(tmp_path / "other/index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "other/objects"),
        "GIT_AUTHOR_NAME": "Somebody",
    }
    project.environ.update(elsewhere)
    campaign(project)
    assert not (tmp_path / "other/index").exists()
    assert not (tmp_path / "other/.git/autoexp").exists()


def test_repository_inside_another_one(project: Project) -> None:
    inner = replace(project, path=project.path / "inner")
    shutil.copytree(project.path, inner.path, ignore=shutil.ignore_patterns(".autoexp"))
    campaign(inner)
    assert not (project.path / ".git/autoexp").exists()


def test_neither_identity_nor_home(project: Project) -> None:
    project.git("config", "--unset", "user.name")
    project.git("config", "--unset", "user.email")
    project.environ.update({"HOME": "", "XDG_CONFIG_HOME": "", "GIT_CONFIG_GLOBAL": os.devnull, "EMAIL": ""})
    campaign(project)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a repository to somebody else")
def test_repository_of_somebody_else_is_refused_until_it_is_trusted(project: Project, tmp_path: Path) -> None:
    project.edits(write(50), write(60))
    subprocess.run(["chown", "-R", "65534", str(project.path)], check=True)
    settings = tmp_path / "home"
    settings.mkdir()
    project.environ["HOME"] = str(settings)
    (project.path / "deep").mkdir()
    said = project.run("run", repo=project.path / "deep", code=2)
    assert "git does not trust the owner of this repository" in said
    assert f"safe.directory '{project.path}'\n" in said
    assert "Traceback" not in said
    (settings / ".gitconfig").write_text(f"[safe]\n\tdirectory = {project.path}\n")
    project.run("run")
    assert project.statuses() == ["keep", "keep", "discard"]
