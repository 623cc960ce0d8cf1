"""`delete` takes away all of one campaign and nothing else, whenever it dies; what dies in the midst does not look like a campaign."""

import os
import pty
import signal
import sys
from pathlib import Path

import pytest

from autoexp.engine.cache import campaign_identity
from autoexp.engine.faults import CHORES
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project, write

STEPS = [point for point in CHORES if point.split("-")[1] in {"unlist", "unref", "empty"}]
SHORT = {"after-unlist", "before-empty"}
POINTS = [pytest.param(point, marks=[] if point in SHORT else pytest.mark.long) for point in STEPS]


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


def test_deleted_campaign_is_gone_and_everything_else_is_as_it_was(campaign: Project) -> None:
    campaign.run("run", "--tag", "demo-2", "--experiments", "1")
    own = campaign.cache / campaign_identity(campaign.path / ".git", "demo")
    (own / "desk").mkdir(parents=True)
    campaign.git("worktree", "add", "-q", "-b", "mine", str(campaign.path.parent / "tree of mine"), "autoexp/demo")
    (campaign.path / "value.txt").write_text("not committed\n")
    (campaign.path / "notes of mine.txt").write_text("untracked\n")
    (campaign.path / "bench.sh").write_text("staged\n")
    campaign.git("add", "bench.sh")
    apart = (".git/autoexp", ".autoexp/demo/")
    other, before, caches = looks(campaign, "demo-2"), users_own(campaign, apart), set(campaign.cache.iterdir())
    said = campaign.run("delete", "demo", "--yes")
    assert "4 experiments, 2 kept (+20.0% in-loop)" in said
    assert "export --bundle" in said
    assert users_own(campaign, apart) == before
    assert looks(campaign, "demo-2") == other
    assert set(campaign.cache.iterdir()) == caches - {own}
    gone(campaign)
    assert "campaigns here: demo-2" in campaign.run("delete", code=2)
    assert "known: demo-2" in campaign.run("status", "--tag", "demo", code=2)


def test_branch_is_left_where_that_is_asked_for_and_exports_of_all_checkouts_go(campaign: Project) -> None:
    tree = campaign.path.parent / "tree"
    campaign.git("worktree", "add", "-q", "-b", "mine", str(tree))
    campaign.run("export", repo=tree)
    assert (tree / ".autoexp/demo/results.tsv").exists()
    best = campaign.refs()["best"]
    campaign.run("delete", "demo", "--yes", "--keep-branch")
    assert campaign.git("rev-parse", "autoexp/demo") == best
    assert not (tree / ".autoexp").exists()
    gone(campaign)


@pytest.mark.long
def test_tag_of_a_deleted_campaign_is_free_again(campaign: Project) -> None:
    campaign.run("delete", "demo", "--yes")
    campaign.run("run")
    assert campaign.statuses() == ["keep", "keep", "discard", "keep", "crash", "keep"]


def looks(project: Project, tag: str) -> list[object]:
    return [project.rows("--tag", tag), project.status("--tag", tag), project.refs(tag)]


@pytest.mark.parametrize("point", POINTS)
def test_deletion_that_died_looks_like_no_campaign_and_is_finished(campaign: Project, point: str) -> None:
    campaign.run("delete", "demo", "--yes", code=-signal.SIGKILL, fault=point)
    if point not in {"before-unlist", "after-empty"}:
        for look in (["status"], ["run"]):
            assert "autoexp delete demo" in campaign.run(*look, "--tag", "demo", code=2)
    if point != "after-empty":
        campaign.run("delete", "demo", "--yes")
    gone(campaign)


def test_campaign_that_somebody_works_on_is_not_deleted(project: Project) -> None:
    project.edits(write("hang"))
    with project.start("run") as engine:
        wait_until(lambda: project.refs().get("attempt/1"), "the first candidate")
        assert "is working on this campaign" in project.run("delete", "demo", "--yes", code=2)
        assert "attempt/1" in project.refs()
        engine.send_signal(signal.SIGINT)
    assert project.journal()[-1]["event"] == "session_end"


@pytest.mark.long
def test_branch_that_is_the_users_now_stays_and_is_named(campaign: Project) -> None:
    kept = campaign.refs()["best"]
    campaign.git("checkout", "-q", "autoexp/demo")
    assert "branch autoexp/demo stays: a worktree has it checked out" in campaign.run("delete", "demo", "--yes")
    assert campaign.git("rev-parse", "HEAD") == kept
    campaign.git("checkout", "-q", "main")
    campaign.git("branch", "-D", "autoexp/demo")
    campaign.run("run", "--experiments", "1")
    campaign.git("checkout", "-q", "autoexp/demo")
    campaign.git("commit", "-q", "--allow-empty", "-m", "mine")
    campaign.git("checkout", "-q", "main")
    assert "holds commits that are not of this campaign" in campaign.run("delete", "demo", "--yes")
    assert campaign.git("log", "-1", "--format=%s", "autoexp/demo") == "mine"


def test_unknown_tag_is_told_with_the_known_ones(campaign: Project) -> None:
    assert "demo" in campaign.run("delete", "other", "--yes", code=2)
    assert "autoexp delete TAG" in campaign.run("delete", "--yes", code=2)
    assert "autoexp delete demo --yes" in campaign.run("delete", "demo", code=2)
    assert campaign.statuses() == ["keep", "keep", "discard", "keep", "crash"]


def test_refs_without_a_record_are_deleted_as_well(campaign: Project) -> None:
    (campaign.path / ".git/autoexp/demo/journal.jsonl").unlink()
    campaign.run("delete", "demo", "--yes")
    gone(campaign)


@pytest.mark.long
def test_export_folder_that_is_a_link_or_holds_committed_files_stays(campaign: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (campaign.path / ".autoexp/demo").rename(elsewhere)
    (campaign.path / ".autoexp/demo").symlink_to(elsewhere)
    assert "stays: it is a link" in campaign.run("delete", "demo", "--yes")
    assert (elsewhere / "results.tsv").exists()
    (campaign.path / ".autoexp/demo").unlink()
    campaign.run("run", "--experiments", "1")
    campaign.git("add", "-f", ".autoexp/demo/results.tsv")
    campaign.git("commit", "-q", "-m", "results")
    assert "files in it are committed" in campaign.run("delete", "demo", "--yes")
    assert campaign.git("status", "--porcelain", "--untracked-files=no") == ""


def test_on_a_terminal_it_asks(campaign: Project) -> None:
    assert "deleted campaign demo" in answered(campaign, b"y\n")
    gone(campaign)


@pytest.mark.long
def test_on_a_terminal_it_takes_no_for_an_answer(campaign: Project) -> None:
    assert "nothing was deleted" in answered(campaign, b"n\n")
    assert campaign.statuses() == ["keep", "keep", "discard", "keep", "crash"]


def answered(campaign: Project, answer: bytes) -> str:
    """Give what `delete` shows on a terminal where somebody answers."""
    pid, terminal = pty.fork()
    if not pid:
        environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(campaign.cache)}
        command = ["-m", "autoexp", "delete", "demo", "--repo", str(campaign.path)]
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


@pytest.mark.parametrize("point", [pytest.param("after-unlist", marks=pytest.mark.long), "after-unref"])
def test_deletion_that_died_can_be_taken_back(campaign: Project, point: str) -> None:
    record, refs = campaign.journal(), campaign.refs()
    campaign.run("delete", "demo", "--yes", code=-signal.SIGKILL, fault=point)
    assert "repair" in campaign.run("run", code=2)
    assert "was being deleted" in campaign.run("repair", "--check", "--tag", "demo", code=2)
    assert "it is taken back" in campaign.run("repair", "--tag", "demo")
    assert campaign.journal() == record
    assert campaign.refs() == refs
    campaign.run("repair", "--check")
