"""`autoexp apply` where something is in the way: branch, index and files stay byte for byte, and the way out is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.applied import campaign, contents, copy_of, ended, everything, read
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project


@pytest.fixture
def project(helper: Helper, tmp_path: Path) -> Project:
    return copy_of(ended(helper), tmp_path)


def dirty(project: Project) -> None:
    (project.path / "a.txt").write_text("mine\n")


def staged(project: Project) -> None:
    dirty(project)
    project.git("add", "a.txt")
    (project.path / "a.txt").write_text("50\nkept\n")


def untracked(project: Project) -> None:
    (project.path / "new.txt").write_text("mine\n")


def ignored(project: Project) -> None:
    (project.path / ".git/info/exclude").write_text("new.txt\n")
    untracked(project)


def folder(project: Project) -> None:
    (project.path / "new.txt").mkdir()
    (project.path / "new.txt/mine").write_text("mine\n")


def hidden(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "b.txt")
    (project.path / "b.txt").write_text("mine\n")


def detached(project: Project) -> None:
    project.git("switch", "-q", "--detach")


def locked(project: Project) -> None:
    (project.path / ".git/index.lock").touch()


def unwritable(project: Project) -> None:
    project.git("config", "filter.broken.smudge", "false")
    project.git("config", "filter.broken.clean", "cat")
    project.git("config", "filter.broken.required", "true")
    (project.path / ".git/info/attributes").write_text("new.txt filter=broken\n")


@pytest.mark.parametrize(
    ("obstacle", "said", "fix"),
    [
        (dirty, "files that would change differ from HEAD: a.txt", "commit or stash what you changed"),
        (staged, "files that would change differ from HEAD: a.txt", "commit or stash what you changed"),
        (untracked, "files that are not in git stand where new ones would be: new.txt", "move away"),
        (ignored, "files that are not in git stand where new ones would be: new.txt", "move away"),
        (folder, "files that are not in git stand where new ones would be: new.txt/mine", "move away"),
        (hidden, "files that would change differ from HEAD: b.txt", "commit or stash what you changed"),
        (detached, "HEAD is detached", "git merge --ff-only autoexp/demo"),
        (locked, "index.lock': File exists", "all is as it was"),
        (unwritable, "git refuses: ", "all is as it was"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_changes(
    project: Project, obstacle: Callable[[Project], None], said: str, fix: str
) -> None:
    obstacle(project)
    before = everything(project)
    printed = project.run("apply", code=2)
    assert said in " ".join(printed.split())
    assert fix in printed
    assert everything(project) == before
    assert not (project.path / ".git/autoexp-apply.json").exists()


@pytest.mark.parametrize("lock", ["HEAD.lock", "refs/heads/main.lock"])
def test_branch_that_cannot_be_locked_leaves_files_and_index_as_they_were(project: Project, lock: str) -> None:
    (project.path / "mine.txt").write_text("staged\n")
    project.git("add", "mine.txt")
    (project.path / ".git" / lock).touch()
    index, before = project.git("ls-files", "--stage"), everything(project)
    assert f"{lock}': File exists" in project.run("apply", code=2)
    assert project.git("ls-files", "--stage") == index
    assert {**everything(project), "index": before["index"]} == before
    assert project.git("status", "--porcelain", "--untracked-files=no") == "M  mine.txt"
    (project.path / ".git" / lock).unlink()
    project.run("apply")
    assert project.git("rev-parse", "main") == project.refs()["best"]
    assert project.git("status", "--porcelain", "--untracked-files=no") == "M  mine.txt"


def test_branch_that_was_moved_while_git_wrote_leaves_files_and_index_as_they_were(project: Project) -> None:
    other = project.git("commit-tree", "-p", "HEAD", "-m", "other", "HEAD^{tree}")
    project.git("config", "filter.move.smudge", f"git update-ref refs/heads/main {other} && cat")
    project.git("config", "filter.move.clean", "cat")
    (project.path / ".git/info/attributes").write_text("b.txt filter=move\n")
    index, before = project.git("ls-files", "--stage"), contents(project)
    assert "branch main was moved by somebody else just now" in project.run("apply", code=2)
    assert (project.git("rev-parse", "main"), project.git("ls-files", "--stage")) == (other, index)
    assert contents(project) == before


def conflicting(project: Project) -> None:
    (project.path / "a.txt").write_text("45\nkept\n")
    project.git("commit", "-q", "-m", "my a", "--", "a.txt")


def test_conflict_names_experiments_places_and_ways_out(project: Project) -> None:
    conflicting(project)
    before = everything(project)
    printed = project.run("apply", code=2)
    assert "experiment 1 does not go on top of main: a.txt:1, both sides changed these lines" in printed
    assert "experiment 4 does not go on top of main" in printed
    pick = project.refs()["attempt/1"][:12]
    assert "take those that go: `autoexp apply --only 3 5`" in printed
    assert f"`git cherry-pick {pick} " in printed
    assert "`git merge autoexp/demo`" in printed
    assert everything(project) == before
    project.run("apply", "--only", "3", "5")
    assert read(project, "a.txt", "b.txt", "new.txt") == ["45", "20", "new"]


def test_keep_that_another_one_is_built_on_is_named(project: Project) -> None:
    before = everything(project)
    printed = project.run("apply", "--only", "4", code=2)
    assert "it is built on experiment 1 (a.txt:1, in the hunk of experiment 4)" in printed
    assert "take what it is built on as well: `autoexp apply --only 1 4`" in printed
    assert everything(project) == before
    project.run("apply", "--only", "1,4")
    assert read(project, "a.txt", "b.txt") == ["35", "30"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "2"], "experiment 2 was not kept: it ended as discard"),
        (["--only", "9"], "there is no experiment 9"),
        (["--only", ""], "--only names no experiment"),
        (["--only", "x"], "--only x is no number of an experiment"),
        (["3"], "it is not said what 3 is for"),
        (["--branch", "none"], "there is no branch named none"),
    ],
)
def test_what_cannot_be_meant_is_refused(project: Project, arguments: list[str], said: str) -> None:
    before = everything(project)
    assert said in project.run("apply", *arguments, code=2)
    assert everything(project) == before


def test_campaign_that_kept_nothing_has_nothing_to_apply(tmp_path: Path, helper: Helper) -> None:
    project = campaign(tmp_path, helper, run=False)
    project.edits({"description": "more of b", "write": {"file": "b.txt", "text": "70\n"}})
    project.run("run")
    assert "nothing was kept yet" in project.run("apply", code=2)


def test_half_a_merge_of_the_users_is_left_as_it_is(project: Project) -> None:
    for name in ("main", "other"):
        project.git("switch", "-q", *(["-c", name, "HEAD~1"] if name == "other" else [name]))
        (project.path / "mine.txt").write_text(f"of {name}\n")
        project.git("commit", "-q", "-m", f"mine of {name}", "--", "mine.txt")
    with pytest.raises(Exception, match="returned non-zero"):
        project.git("merge", "-q", "main")
    before = everything(project)
    assert "git refuses: " in project.run("apply", code=2)
    assert everything(project) == before


def test_branch_in_the_midst_of_a_rebase_stays(project: Project) -> None:
    conflicting(project)
    project.git("branch", "side", "HEAD~1")
    with pytest.raises(Exception, match="returned non-zero"):
        project.git("rebase", "-q", "refs/autoexp/demo/attempt/1")
    before = everything(project)
    assert "HEAD is detached" in project.run("apply", code=2)
    for look in ([], ["--dry-run"]):
        assert "in the midst of a rebase" in project.run("apply", "--branch", "main", "--only", "3", *look, code=2)
    assert everything(project) == before


@pytest.fixture
def pruned(tmp_path: Path, helper: Helper) -> Project:
    """A campaign whose second keep brought nothing and was taken out."""
    project = campaign(tmp_path, helper, run=False)
    contract = (project.path / "autoexp.yaml").read_text()
    project.contract(f"{contract}decision: {{on_equal: keep}}\n")
    project.edits(
        {"description": "less of a", "write": {"file": "a.txt", "text": "40\nkept\n"}},
        {"description": "of no use", "write": {"file": "dir/idle.txt", "text": "nothing\n"}},
    )
    project.run("run")
    return project


def test_keep_that_comes_in_and_goes_out_is_told_with_the_ways_around_it(pruned: Project) -> None:
    pruned.run("confirm", "--ablate")
    before = pruned.run("apply", "--dry-run")
    (words,) = [line for line in before.splitlines() if "experiment 2:" in line]
    pruned.run("confirm", "--prune")
    for look in (["--dry-run"], []):
        printed = pruned.run("apply", *look)
        assert words in printed
        assert "experiment 2 came in and was taken out again" in printed
        assert "`--only 1` brings what remains alone, `--squash` makes one commit of all" in printed


def test_keep_that_was_taken_out_again_leaves_the_branch_with_the_next_apply(pruned: Project) -> None:
    pruned.run("apply")
    (pruned.path / "mine.txt").write_text("my later work\n")
    pruned.git("commit", "-q", "-m", "mine", "--", "mine.txt")
    pruned.run("confirm", "--prune")
    printed = pruned.run("apply")
    assert "experiment 4: take out experiment 2" in printed
    assert "confirmed on 1 fresh pair" in printed
    assert not (pruned.path / "dir/idle.txt").exists()
    assert "experiment 2 was kept, and taken out again by experiment 4" in pruned.run("apply", "--only", "2", code=2)
    assert json.loads(pruned.ran("apply", "--json")[0])["commits"] == []
