"""A checkout that differs from HEAD: a start is refused for scope and harness, the rest is told, and a campaign that has begun goes on."""

from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.end_to_end.repositories.standing import campaign, facts


def put(project: Project, name: str, text: str) -> None:
    path = project.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def renamed(project: Project) -> None:
    project.git("mv", "value.txt", "other.txt")


def deleted(project: Project) -> None:
    (project.path / "value.txt").unlink()


def staged(project: Project) -> None:
    put(project, "value.txt", "7\n")
    project.git("add", "value.txt")
    put(project, "value.txt", "100\n")


def meant_to_add(project: Project) -> None:
    project.contract(CONTRACT.replace("[value.txt]", "[value.txt, 'src/']"))
    put(project, "src/new.txt", "7\n")
    project.git("add", "--intent-to-add", "src/new.txt")


def assumed_unchanged(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "value.txt")
    put(project, "value.txt", "7\n")


def skipped(project: Project) -> None:
    project.git("update-index", "--skip-worktree", "value.txt")
    put(project, "value.txt", "7\n")


def harness_in_a_folder(project: Project) -> None:
    put(project, "bench/cases.txt", "1\n")
    project.git("add", "bench")
    project.git("commit", "-qm", "cases")
    put(project, "bench/cases.txt", "2\n")
    project.contract(CONTRACT.replace('"sh bench.sh"', '"sh bench.sh bench"'))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (renamed, "in scope differs from HEAD: value.txt"),
        (deleted, "in scope differs from HEAD: value.txt"),
        (staged, "in scope differs from HEAD: value.txt"),
        (meant_to_add, "in scope differs from HEAD: src/new.txt"),
        (assumed_unchanged, "in scope differs from HEAD: value.txt"),
        (skipped, "in scope differs from HEAD: value.txt"),
        (harness_in_a_folder, "of the harness differs from HEAD: bench/cases.txt"),
    ],
)
def test_start_is_refused(project: Project, spoil: Callable[[Project], None], words: str) -> None:
    project.edits(write(50))
    spoil(project)
    before = facts(project)
    assert words in project.run("run", code=2)
    assert not (project.path / ".git/autoexp").exists()
    assert facts(project) == before


def test_what_differs_elsewhere_and_what_is_new_in_scope_is_told(project: Project) -> None:
    project.contract(CONTRACT.replace("[value.txt]", "[value.txt, 'src/']"))
    for name in ("notes.txt", "staged.txt", "old.txt"):
        put(project, name, "one\n")
        project.git("add", name)
    project.git("commit", "-qm", "notes")
    put(project, "notes.txt", "two\n")
    put(project, "staged.txt", "two\n")
    project.git("add", "staged.txt")
    project.git("mv", "old.txt", "new.txt")
    put(project, "src/mine.txt", "untracked\n")
    put(project, "loose.txt", "untracked\n")
    said = campaign(project)
    assert "measured as committed: new.txt, notes.txt, old.txt, staged.txt" in said
    assert "1 file in scope is not committed and not in what is measured: src/mine.txt" in said
    assert "loose.txt" not in said


def test_campaign_that_has_begun_goes_on_and_tells_what_differs(project: Project) -> None:
    project.edits(write(50), write(60))
    project.run("run", "--experiments", "1")
    put(project, "value.txt", "7\n")
    put(project, "bench.sh", "echo METRIC x=1\n")
    before = facts(project)
    said = project.run("run")
    assert "2 files differ from HEAD, and the campaign goes on with its own commits: bench.sh, value.txt" in said
    assert facts(project) == before
    assert [(row["status"], row["metric"]) for row in project.rows()] == [("keep", 100), ("keep", 50), ("discard", 60)]
    project.run("run", "--tag", "other", code=2)


def test_campaign_goes_on_from_another_branch(project: Project) -> None:
    project.edits(write(50), write(60))
    project.run("run", "--experiments", "1")
    project.git("switch", "-q", "--orphan", "empty")
    project.git("commit", "-q", "--allow-empty", "-m", "nothing")
    assert "HEAD has moved" in project.run("run")
    assert project.statuses() == ["keep", "keep", "discard"]


def test_flags_of_the_index_stay_as_they_are(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "checks.sh")
    project.git("update-index", "--skip-worktree", ".gitignore")
    campaign(project)
    assert {"h checks.sh", "S .gitignore"} <= set(project.git("ls-files", "-v").splitlines())
