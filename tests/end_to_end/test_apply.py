"""`autoexp apply`: what was kept comes into the user's branch, and nothing of the user's is lost on the way."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.applied import EDITS, contents, copy_of, ended, everything, read
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project

KEPT = [1, 3, 4, 5]


@pytest.fixture
def project(helper: Helper, tmp_path: Path) -> Project:
    return copy_of(ended(helper), tmp_path)


def applied(project: Project, *arguments: str, code: int = 0, repo: Path | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.ran("apply", "--json", *arguments, code=code, repo=repo)[0])
    return found


def commit(project: Project, name: str, text: str) -> str:
    (project.path / name).write_text(text)
    project.git("add", name)
    project.git("commit", "-q", "-m", f"my {name}", "--", name)
    return project.git("rev-parse", "HEAD")


def test_branch_comes_to_the_best_with_its_files_and_back(project: Project) -> None:
    (project.path / "mine.txt").write_text("not committed\n")
    (project.path / "loose.txt").write_text("not in git\n")
    (project.path / "staged.txt").write_text("staged\n")
    project.git("add", "staged.txt")
    before, head = contents(project), project.git("rev-parse", "HEAD")
    printed = project.run("apply")
    best = project.refs()["best"]
    assert "4 kept changes to main, as kept" in printed
    assert "+30.0% in-loop, not confirmed: `autoexp confirm`" in printed
    assert (project.git("rev-parse", "main"), project.git("symbolic-ref", "HEAD")) == (best, "refs/heads/main")
    assert read(project, "a.txt", "b.txt", "new.txt") == ["35", "20", "new"]
    assert read(project, "mine.txt", "loose.txt", "staged.txt") == ["not", "not", "staged"]
    assert project.git("diff", "--name-only", "HEAD").split() == ["mine.txt", "staged.txt"]
    assert "main holds experiments 1, 3, 4, 5 already" in project.run("apply")
    assert project.git("reflog", "-1", "--format=%gs") == "autoexp apply: Fast-forward"
    (undo,) = [line.split(maxsplit=1)[1] for line in printed.splitlines() if line.startswith("undo")]
    project.git(*shlex.split(undo)[1:])
    assert project.git("rev-parse", "HEAD") == head
    assert contents(project) == before


def test_own_later_commits_stay_below_what_was_kept(project: Project) -> None:
    mine = commit(project, "mine.txt", "my later work\n")
    found = applied(project)
    made = [one["commit"] for one in found["commits"]]
    assert [one["n"] for one in found["commits"]] == KEPT
    assert project.git("rev-list", "--reverse", f"{mine}..main").split() == made
    assert found["measured_as"] is None
    assert any("was not measured" in text for text in found["warnings"])
    assert read(project, "a.txt", "b.txt", "new.txt", "mine.txt") == ["35", "20", "new", "my"]
    message = project.git("show", "-s", "--format=%an%n%B", made[0])
    assert message.startswith(
        "autoexp\nexperiment 1: less of a\n\nKept by autoexp in the campaign demo: +10.0% in-loop."
    )
    assert f"Autoexp-Commit: {project.refs()['attempt/1']}" in message
    again = applied(project)
    assert (again["commits"], again["already_there"], again["after"]) == ([], KEPT, made[-1])


def test_what_was_taken_by_hand_is_not_put_on_once_more(project: Project) -> None:
    commit(project, "mine.txt", "my later work\n")
    project.git("cherry-pick", "-x", project.refs()["attempt/1"])
    found = applied(project)
    assert ([one["n"] for one in found["commits"]], found["already_there"]) == ([3, 4, 5], [1])


def test_what_was_rebased_is_not_put_on_once_more(project: Project) -> None:
    head = project.git("rev-parse", "main")
    applied(project, "--only", "1", "3", "4")
    project.git("switch", "-q", "-c", "upstream", head)
    commit(project, "mine.txt", "of others\n")
    project.git("switch", "-q", "main")
    project.git("rebase", "-q", "upstream")
    found = applied(project)
    assert ([one["n"] for one in found["commits"]], found["already_there"]) == ([5], [1, 3, 4])
    assert read(project, "a.txt", "b.txt", "new.txt", "mine.txt") == ["35", "20", "new", "of"]


def test_some_keeps_go_without_the_others(project: Project) -> None:
    found = applied(project, "--only", "3", "5")
    assert [one["n"] for one in found["commits"]] == [3, 5]
    assert read(project, "a.txt", "b.txt", "new.txt") == ["50", "20", "new"]
    assert (found["measured_as"], found["is_best"]) == (None, False)
    rest = applied(project)
    assert ([one["n"] for one in rest["commits"]], rest["is_best"]) == ([1, 4], True)
    assert project.git("rev-parse", "main^{tree}") == project.git("rev-parse", "refs/autoexp/demo/best^{tree}")


def test_first_keep_alone_is_the_commit_that_was_measured(project: Project) -> None:
    found = applied(project, "--only", "1")
    assert (found["after"], found["measured_as"]) == (project.refs()["attempt/1"], 1)
    assert any("the tree of experiment 1, and not the best so far" in text for text in found["warnings"])
    assert applied(project)["after"] == project.refs()["best"]


def test_squash_makes_one_commit_that_lists_what_is_in_it(project: Project) -> None:
    head = project.git("rev-parse", "HEAD")
    found = applied(project, "--squash")
    assert project.git("rev-parse", "main^") == head
    assert (project.git("rev-parse", "main"), found["is_best"]) == (found["after"], True)
    message = project.git("show", "-s", "--format=%B", "main")
    assert message.startswith(
        "autoexp demo: 4 kept changes\n\nThe campaign's gain is +30.0% in-loop, which is too high"
    )
    assert all(f"- {n}: " in message for n in KEPT)
    assert applied(project)["commits"] == []


def test_squash_of_some_keeps_claims_no_gain_for_itself(project: Project) -> None:
    found = applied(project, "--squash", "--only", "1")
    assert found["measured_as"] == 1
    assert "the tree of experiment 1, and not the best: that gain is not its own" in project.git("show", "-s", "main")
    applied(project, "--squash", "--only", "5")
    assert "not measured: whether it gains that is not known" in project.git("show", "-s", "main")


def test_look_says_the_same_and_writes_nothing(project: Project) -> None:
    commit(project, "mine.txt", "my later work\n")
    before, objects = everything(project), project.git("count-objects", "-v")
    told = applied(project, "--dry-run")
    assert (everything(project), project.git("count-objects", "-v")) == (before, objects)
    assert told["files"] == [
        {"path": "a.txt", "added": 1, "removed": 1},
        {"path": "b.txt", "added": 1, "removed": 1},
        {"path": "new.txt", "added": 1, "removed": 0},
    ]
    done = applied(project)
    assert {**told, "dry_run": False} == done


def test_look_tells_what_would_be_refused(project: Project) -> None:
    (project.path / "b.txt").write_text("mine\n")
    before = everything(project)
    told = applied(project, "--dry-run", code=2)
    assert "files that would change differ from HEAD: b.txt" in told["refused"]
    assert len(told["commits"]) == 4
    assert everything(project) == before


def test_branch_that_nobody_has_checked_out_moves_alone(project: Project) -> None:
    project.git("branch", "release")
    before = contents(project)
    printed = project.run("apply", "--branch", "release")
    assert project.git("rev-parse", "release") == project.refs()["best"]
    assert contents(project) == before
    (undo,) = [line.split(maxsplit=1)[1] for line in printed.splitlines() if line.startswith("undo")]
    project.git(*shlex.split(undo)[1:])
    assert project.git("rev-parse", "release") == project.git("rev-parse", "main")


def test_branch_that_stands_for_another_one_moves_that_one(project: Project) -> None:
    project.git("branch", "release")
    project.git("symbolic-ref", "refs/heads/alias", "refs/heads/release")
    project.git("symbolic-ref", "refs/heads/now", "refs/heads/main")
    assert applied(project, "--branch", "alias")["branch"] == "release"
    assert applied(project, "--branch", "now")["checkout"] == str(project.path)
    assert [project.git("symbolic-ref", f"refs/heads/{name}") for name in ("alias", "now")] == [
        "refs/heads/release",
        "refs/heads/main",
    ]
    assert {project.git("rev-parse", name) for name in ("release", "main")} == {project.refs()["best"]}
    assert read(project, "a.txt", "b.txt") == ["35", "20"]


def test_way_back_is_for_a_shell_that_stands_elsewhere(project: Project, tmp_path: Path) -> None:
    before = project.git("rev-parse", "main")
    project.git("branch", "it's&mine")
    project.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "linked one"))
    moved = applied(project, "--branch", "it's&mine"), applied(project, repo=tmp_path / "linked one")
    for found in moved:
        subprocess.run(["sh", "-c", found["undo"]], cwd=project.path, check=True)
    assert {project.git("rev-parse", name) for name in ("main", "it's&mine", "side")} == {before}
    assert (tmp_path / "linked one/a.txt").read_text() == "50\nkept\n"


def test_bare_repository_has_its_branch_moved(project: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--mirror", str(project.path), str(bare)], check=True)
    (bare / "autoexp").mkdir()
    subprocess.run(["cp", "-R", str(project.path / ".git/autoexp/demo"), str(bare / "autoexp/demo")], check=True)
    found = applied(project, "--tag", "demo", repo=bare)
    assert found["checkout"] is None
    assert project.git("-C", str(bare), "rev-parse", "main") == project.refs()["best"]


def test_linked_worktree_moves_its_own_branch(project: Project, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    project.git("worktree", "add", "-q", "-b", "side", str(linked))
    before = everything(project)
    found = applied(project, repo=linked)
    assert found["branch"] == "side"
    assert (linked / "a.txt").read_text() == "35\nkept\n"
    assert project.git("-C", str(linked), "status", "--porcelain", "--untracked-files=no") == ""
    assert {name: value for name, value in everything(project).items() if name != "refs"} == {
        name: value for name, value in before.items() if name != "refs"
    }
    assert "is checked out in another place" in project.run("apply", "--branch", "side", code=2)


def test_checkout_whose_git_directory_lies_apart_is_moved(project: Project, tmp_path: Path) -> None:
    project.git("init", "-q", "--separate-git-dir", str(tmp_path / "apart"))
    assert applied(project)["checkout"] == str(project.path)
    assert read(project, "a.txt", "b.txt") == ["35", "20"]


def sparse(project: Project) -> None:
    project.git("sparse-checkout", "set", "--no-cone", "/*", "!/b.txt")


def crlf(project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    project.git("rm", "-q", "--cached", "-r", ".")
    project.git("reset", "-q", "--hard")


def filtered(project: Project) -> None:
    project.git("config", "filter.upper.smudge", "tr a-z A-Z")
    project.git("config", "filter.upper.clean", "tr A-Z a-z")
    project.git("config", "filter.upper.required", "true")
    (project.path / ".git/info/attributes").write_text("*.txt filter=upper\n")
    project.git("rm", "-q", "--cached", "-r", ".")
    project.git("reset", "-q", "--hard")


def settled(project: Project) -> None:
    """Set what a user may have set for merges of their own."""
    for name, value in (("merge.ff", "false"), ("merge.autoStash", "true"), ("branch.main.mergeOptions", "--squash")):
        project.git("config", name, value)
    hook = project.path / ".git/hooks/post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho ran > hooked.txt\n")
    hook.chmod(0o755)


def with_submodule(project: Project) -> None:
    project.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", "./", "part")
    project.git("commit", "-q", "-m", "a part")
    (project.path / "part/mine.txt").write_text("dirty inside\n")
    project.git("config", "submodule.recurse", "true")


@pytest.mark.parametrize(
    ("setting", "a_txt"),
    [
        (sparse, b"35\nkept\n"),
        (crlf, b"35\r\nkept\r\n"),
        (filtered, b"35\nKEPT\n"),
        (settled, b"35\nkept\n"),
        (with_submodule, b"35\nkept\n"),
    ],
)
def test_checkout_is_as_its_user_has_set_it(project: Project, setting: Callable[[Project], None], a_txt: bytes) -> None:
    setting(project)
    applied(project)
    assert (project.path / "a.txt").read_bytes() == a_txt
    assert (project.path / "b.txt").exists() == (setting is not sparse)
    assert project.git("status", "--porcelain", "--", "a.txt", "b.txt", "new.txt") == ""
    assert project.git("show", "HEAD:a.txt") == "35\nkept"
    assert not (project.path / "hooked.txt").exists()
    if setting is with_submodule:
        assert (project.path / "part/mine.txt").read_text() == "dirty inside\n"


def test_campaign_goes_on_after_its_best_was_applied(project: Project) -> None:
    project.run("apply")
    project.edits(*EDITS, {"description": "less of c", "write": {"file": "dir/c.txt", "text": "1\n"}})
    project.run("run")
    assert project.statuses()[-1] == "keep"
    found = applied(project)
    assert ([one["n"] for one in found["commits"]], found["after"]) == ([7], project.refs()["best"])
