"""What a user does with git while a campaign runs disturbs neither: commits, rebases, stashes, cleaning, packing, pruning."""

import subprocess

import pytest

from tests.end_to_end.conftest import BENCH, Project, write
from tests.end_to_end.repositories.contents import changed, command, of_user, untouched
from tests.end_to_end.repositories.standing import BEST


def test_user_commits_amends_switches_rebases_stashes_and_cleans_during_a_run(project: Project) -> None:
    notes = project.path / "notes.txt"
    notes.write_text("mine\n")
    project.git("add", "notes.txt")
    project.git("commit", "-qm", "notes")
    base = project.git("rev-parse", "HEAD")
    user, commit = of_user(project), ("commit", "-q", "--allow-empty", "-m")
    project.edits(
        write(90),
        command(
            80,
            of_user(project, *commit, "one"),
            of_user(project, "commit", "-q", "--allow-empty", "--amend", "-m", "two"),
        ),
        command(95, of_user(project, "checkout", "-q", "-b", "other", "HEAD~"), of_user(project, *commit, "three")),
        command(70, of_user(project, "rebase", "-q", "main"), f"echo more >> '{notes}'", f"{user} stash -q"),
        command(
            60, f"{user} stash pop -q", of_user(project, "commit", "-qam", "four"), f"{user} reset -q --hard HEAD~"
        ),
        command(99, of_user(project, "tag", "-a", "v1", "-m", "v1"), of_user(project, "branch", "-q", "-D", "main")),
        command(50, of_user(project, "clean", "-q", "-f", "-d", "-x", "-e", "autoexp.yaml", "-e", "edits.yaml")),
    )
    project.run("run")
    keep = ["keep"]
    assert project.statuses() == [*keep * 3, "discard", *keep * 2, "discard", *keep]
    assert changed(project, base=base) == {b"value.txt": ("100644", b"50\n")}
    assert project.git("rev-parse", "autoexp/demo") == project.git("rev-parse", BEST)
    assert project.git("rev-list", "--first-parent", "--count", f"{base}..{BEST}") == "5"
    assert project.git("log", "--format=%s", "other").splitlines() == ["three", "two", "notes", "start"]
    assert project.git("status", "--porcelain") == "?? autoexp.yaml\n?? edits.yaml"
    assert len((project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8").splitlines()) == 9
    assert "agree" in project.run("repair", "--check")
    assert "HEAD has moved" in project.run("run")


TIDYING = (
    ("reflog", "expire", "--expire=now", "--all"),
    ("gc", "-q", "--prune=now"),
    ("repack", "-q", "-a", "-d", "-l"),
    ("pack-refs", "--all", "--prune"),
    ("prune", "--expire=now"),
    ("maintenance", "run", "-q", "--task=loose-objects", "--task=incremental-repack", "--task=pack-refs"),
)


def test_user_tidies_up_at_every_step_of_a_run(project: Project) -> None:
    tidy = [of_user(project, *words) for words in TIDYING]
    if subprocess.run(["git", "-C", project.path, *TIDYING[-1]], capture_output=True, check=False).returncode:
        del tidy[-1]  # a git without one of these tasks
    (project.path / "bench.sh").write_text("\n".join(tidy) + "\n" + BENCH)
    project.git("commit", "-qam", "a harness that is slow enough for all that")
    text = (project.path / "autoexp.yaml").read_text().replace("timeout: 5s", "timeout: 60s")
    project.contract(text)
    project.edits(command(90, *tidy), command(95, *tidy), command(80, *tidy))
    index = (project.path / ".git/index").read_bytes()
    project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep"]
    assert (project.path / ".git/index").read_bytes() == index
    assert changed(project) == {b"value.txt": ("100644", b"80\n")}
    assert [project.git("show", f"refs/autoexp/demo/attempt/{n}:value.txt") for n in (1, 2, 3)] == ["90", "95", "80"]
    project.git("fsck", "--full", "--strict", "--no-dangling")
    assert "agree" in project.run("repair", "--check")


def test_refs_in_a_reftable_serve_as_files_do(project: Project) -> None:
    done = subprocess.run(
        ["git", "-C", project.path, "refs", "migrate", "--ref-format=reftable"], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this git cannot keep refs in a reftable")
    project.edits(write(90), write(95), write(80))
    with untouched(project):
        project.run("run", "--experiments", "1")
        project.git("pack-refs", "--all")
        project.git("update-ref", "-d", BEST)
        assert "was missing and was made again" in project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep"]
    assert changed(project) == {b"value.txt": ("100644", b"80\n")}
    assert project.git("rev-parse", "autoexp/demo") == project.git("rev-parse", BEST)
