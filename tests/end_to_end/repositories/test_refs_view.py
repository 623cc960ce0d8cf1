"""The branch autoexp/<tag> is a view: it is moved where the campaign made it, and what is the user's stays."""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import Project, write
from tests.end_to_end.repositories.contents import changed, command, notes, of_user, untouched
from tests.end_to_end.repositories.standing import BEST

VIEW = "refs/heads/autoexp/demo"
KEPT = {b"value.txt": ("100644", b"80\n")}
EDITS = (write(90), write(95), write(80))
STATUSES = ["keep", "keep", "discard", "keep"]


def view(project: Project) -> str:
    return project.git("rev-parse", VIEW)


def best(project: Project) -> str:
    return project.git("rev-parse", BEST)


def test_branch_named_autoexp_is_in_the_way_and_told_once(project: Project) -> None:
    project.git("branch", "autoexp")
    project.edits(*EDITS)
    with untouched(project):
        said = project.run("run")
    told = f"branch autoexp/demo is not shown: a branch named autoexp is in the way; see {BEST}"
    assert (project.statuses(), notes(project)) == (STATUSES, [told])
    assert said.count(told) == 1
    assert changed(project) == KEPT
    project.git("branch", "-m", "autoexp", "mine")
    project.run("run")
    assert view(project) == best(project)


@pytest.mark.parametrize("where", ["at HEAD", "with a commit of its own"])
def test_branch_that_the_user_made_before_is_never_moved(project: Project, where: str) -> None:
    project.git("checkout", "-q", "-b", "autoexp/demo")
    if where != "at HEAD":
        project.git("commit", "-q", "--allow-empty", "-m", "mine")
    mine = view(project)
    project.git("checkout", "-q", "main")
    for name in ("refs/tags/autoexp/demo", "refs/remotes/origin/autoexp/demo"):
        project.git("update-ref", name, "HEAD")
    others = project.git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes")
    project.edits(*EDITS)
    with untouched(project):
        project.run("run")
    assert project.statuses() == STATUSES
    assert (view(project), changed(project)) == (mine, KEPT)
    assert project.git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes") == others
    (told,) = notes(project)
    assert told.startswith("branch autoexp/demo is not moved: it ")
    assert "branch autoexp/demo stays" in project.run("delete", "demo", "--yes")
    assert view(project) == mine


def test_branch_is_not_moved_while_it_is_checked_out_and_is_moved_later(project: Project, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    project.edits(
        write(90),
        command(80, of_user(project, "worktree", "add", "-q", str(linked), "autoexp/demo")),
        command(95),
        command(70, of_user(project, "worktree", "remove", str(linked))),
        command(60, of_user(project, "checkout", "-q", "autoexp/demo")),
        command(99, of_user(project, "checkout", "-q", "main")),
    )
    project.run("run", "--experiments", "2")
    assert (view(project), (linked / "value.txt").read_text()) == (project.refs()["attempt/1"], "90\n")
    project.run("run", "--experiments", "2")
    assert view(project) == best(project) == project.refs()["attempt/4"]
    project.run("run", "--experiments", "1")
    assert (view(project), (project.path / "value.txt").read_text()) == (project.refs()["attempt/4"], "70\n")
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""
    project.run("run")
    assert view(project) == best(project) == project.refs()["attempt/5"]
    assert project.statuses() == ["keep", "keep", "keep", "discard", "keep", "keep", "discard"]
    assert set(notes(project)) == {f"branch autoexp/demo is not moved: a worktree has it checked out; see {BEST}"}
    assert changed(project) == {b"value.txt": ("100644", b"60\n")}


def test_ref_in_place_of_a_folder_is_named_with_the_way_out(project: Project) -> None:
    project.edits(*EDITS)
    project.git("update-ref", "refs/autoexp/demo", "HEAD")
    with untouched(project):
        said = project.run("run", code=4)
    assert "refs/autoexp/demo is a ref itself" in said
    assert "fix: move it out of the way: git update-ref refs/kept-aside refs/autoexp/demo" in said
    project.git("update-ref", "-d", "refs/autoexp/demo")
    project.run("run")
    assert (project.statuses(), view(project)) == (STATUSES, best(project))
