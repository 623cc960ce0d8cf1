"""`delete` takes away all of one campaign and nothing else, whenever it dies; what dies in the midst does not look like a campaign."""

import os
import pty
import signal
import sys
from pathlib import Path

import pytest

from autoexp.engine.faults import CHORES
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(80)]
STEPS = [point for point in CHORES if point.split("-")[1] in {"unlist", "unref", "empty"}]


def users_own(project: Project, ours: tuple[str, ...] = (".git/autoexp", ".autoexp")) -> dict[str, object]:
    """Give everything that belongs to the user: files, index, HEAD, refs, settings."""
    files = {
        str(path.relative_to(project.path)): path.read_bytes()
        for path in project.path.rglob("*")
        if path.is_file() and "/.git/" not in str(path) and not str(path.relative_to(project.path)).startswith(ours)
    }
    refs = [
        line
        for line in project.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        if not line.startswith(("refs/autoexp/demo/", "refs/heads/autoexp/demo "))
    ]
    git = {name: (project.path / ".git" / name).read_bytes() for name in ("index", "HEAD", "config")}
    return {"files": files, "refs": refs, "git": git, "worktrees": project.git("worktree", "list", "--porcelain")}


def gone(project: Project) -> None:
    assert project.refs() == {}
    assert not (project.path / ".git/autoexp/demo").exists()
    assert not (project.path / ".git/refs/autoexp/demo").exists()
    assert not (project.path / ".autoexp/demo").exists()
    assert "no campaign named demo" in project.run("delete", "demo", "--yes", code=2)
    project.git("fsck", "--no-dangling")


def test_deleted_campaign_is_gone_and_everything_else_is_as_it_was(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run")
    project.run("run", "--tag", "demo-2", "--experiments", "1")
    project.git("worktree", "add", "-q", "-b", "mine", str(project.path.parent / "tree of mine"), "autoexp/demo")
    (project.path / "value.txt").write_text("not committed\n")
    (project.path / "notes of mine.txt").write_text("untracked\n")
    (project.path / "bench.sh").write_text("staged\n")
    project.git("add", "bench.sh")
    other, before = looks(project, "demo-2"), users_own(project, (".git/autoexp", ".autoexp/demo/"))
    caches = len(list(project.cache.iterdir()))
    said = project.run("delete", "demo", "--yes")
    assert "3 experiments, 2 kept (+20.0% in-loop)" in said
    assert "export --bundle" in said
    assert users_own(project, (".git/autoexp", ".autoexp/demo/")) == before
    assert looks(project, "demo-2") == other
    assert len(list(project.cache.iterdir())) == caches - 1
    gone(project)
    assert "known: demo-2" in project.run("status", "--tag", "demo", code=2)
    project.git("checkout", "-q", "HEAD", "--", ".")
    project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep"]


def looks(project: Project, tag: str) -> list[object]:
    return [project.rows("--tag", tag), project.status("--tag", tag), project.refs(tag)]


@pytest.mark.parametrize("point", STEPS)
def test_deletion_that_died_looks_like_no_campaign_and_is_finished(project: Project, point: str) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "1")
    project.run("delete", "demo", "--yes", code=-signal.SIGKILL, fault=point)
    if point not in {"before-unlist", "after-empty"}:
        for look in (["status"], ["run"]):
            assert "autoexp delete demo" in project.run(*look, "--tag", "demo", code=2)
    if point != "after-empty":
        project.run("delete", "demo", "--yes")
    gone(project)


def test_campaign_that_somebody_works_on_is_not_deleted(project: Project) -> None:
    project.edits(write("hang"))
    with project.start("run") as engine:
        wait_until(lambda: project.refs().get("attempt/1"), "the first candidate")
        assert "is working on this campaign" in project.run("delete", "demo", "--yes", code=2)
        assert "attempt/1" in project.refs()
        engine.send_signal(signal.SIGINT)
    assert project.journal()[-1]["event"] == "session_end"


def test_branch_that_is_the_users_now_stays_and_is_named(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    kept = project.refs()["best"]
    project.git("checkout", "-q", "autoexp/demo")
    assert "branch autoexp/demo stays: a worktree has it checked out" in project.run("delete", "demo", "--yes")
    assert project.git("rev-parse", "HEAD") == kept
    project.git("checkout", "-q", "main")
    project.git("branch", "-D", "autoexp/demo")
    project.run("run")
    project.git("checkout", "-q", "autoexp/demo")
    project.git("commit", "-q", "--allow-empty", "-m", "mine")
    project.git("checkout", "-q", "main")
    assert "holds commits that are not of this campaign" in project.run("delete", "demo", "--yes")
    assert project.git("log", "-1", "--format=%s", "autoexp/demo") == "mine"


def test_unknown_tag_is_told_with_the_known_ones(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    assert "demo" in project.run("delete", "other", "--yes", code=2)
    assert "autoexp delete TAG" in project.run("delete", "--yes", code=2)
    assert "autoexp delete demo --yes" in project.run("delete", "demo", code=2)
    assert project.statuses() == ["keep", "keep"]


def test_refs_without_a_record_are_deleted_as_well(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    (project.path / ".git/autoexp/demo/journal.jsonl").unlink()
    project.run("delete", "demo", "--yes")
    gone(project)


def test_export_folder_that_is_a_link_or_holds_committed_files_stays(project: Project, tmp_path: Path) -> None:
    project.edits(write(90))
    project.run("run")
    elsewhere = tmp_path / "elsewhere"
    (project.path / ".autoexp/demo").rename(elsewhere)
    (project.path / ".autoexp/demo").symlink_to(elsewhere)
    assert "stays: it is a link" in project.run("delete", "demo", "--yes")
    assert (elsewhere / "results.tsv").exists()
    (project.path / ".autoexp/demo").unlink()
    project.run("run")
    project.git("add", "-f", ".autoexp/demo/results.tsv")
    project.git("commit", "-q", "-m", "results")
    assert "files in it are committed" in project.run("delete", "demo", "--yes")
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""


def test_on_a_terminal_it_asks(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    assert "nothing was deleted" in answered(project, b"n\n")
    assert project.statuses() == ["keep", "keep"]
    assert "deleted campaign demo" in answered(project, b"y\n")
    gone(project)


def answered(project: Project, answer: bytes) -> str:
    """Give what `delete` shows on a terminal where somebody answers."""
    pid, terminal = pty.fork()
    if not pid:
        environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
        command = ["-m", "autoexp", "delete", "demo", "--repo", str(project.path)]
        os.execve(sys.executable, [sys.executable, *command], environ)  # noqa: S606
    said = b""
    while b"[y/N]" not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, answer)
    try:
        while more := os.read(terminal, 1024):
            said += more
    except OSError:  # the end of what stands behind a terminal
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
    return said.decode()
