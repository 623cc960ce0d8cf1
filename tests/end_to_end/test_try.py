"""try: the verdict that a candidate would get, on the working tree as it is; nothing is recorded and nothing left."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

WIDE = CONTRACT.replace("[value.txt]", '["value.txt", "more/"]')
BENCH_OF_MORE = """\
read -r x < value.txt
y=0
for path in more/*; do
  [ -e "$path" ] && y=$((y + 1)); [ -x "$path" ] && y=$((y + 10)); [ -L "$path" ] && y=$((y + 100))
done
echo "METRIC x=$((x - y))"
echo "METRIC ok=1"
"""


def everything(project: Project) -> dict[str, Any]:
    """Give what a try may not change: files with their modes and contents, git's and the campaign's included, and all of the cache but what sandboxes share."""
    found = {}
    for top in (project.path, project.cache):
        for path in sorted(top.rglob("*")):
            state = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[str(path)] = (state.st_mode, content)
    return {path: what for path, what in found.items() if not path.startswith(str(project.cache / "kit"))}


def tried(project: Project, *arguments: str) -> dict[str, Any]:
    return json.loads(project.ran("try", "--json", *arguments)[0])


def change(project: Project, text: str) -> None:
    (project.path / "value.txt").write_text(text, encoding="utf-8")


def test_without_a_campaign_head_is_what_it_is_held_against(project: Project) -> None:
    change(project, "50\n")
    before = everything(project)
    out, err = project.ran("try")
    assert everything(project) == before
    assert "HEAD (no campaign yet)" in out
    assert "would be kept: +50.0% of the baseline" in out
    assert "50 against 100" in out
    assert "measuring the candidate" in err
    assert not (project.path / ".git/autoexp").exists()


def test_the_verdict_is_the_one_that_the_same_candidate_gets(project: Project) -> None:
    project.edits(write(40))
    project.run("run", code=0)
    for value in (30, 13):
        change(project, f"{value}\n")
        found = tried(project)
        change(project, "100\n")
        tag = f"beside-{found['status'].replace('_', '-')}-{value}".replace(".", "-")
        project.edits(write(40), write(value))
        project.run("run", "--tag", tag)
        row = project.rows("--tag", tag)[-1]
        assert (found["status"], found["effect"], found["reasons"]) == (row["status"], row["effect"], row["reasons"])
        assert found["would_be_kept"] == (row["status"] == "keep")
        assert found["detail"] == row["detail"]


def test_a_campaign_is_neither_moved_nor_written(project: Project) -> None:
    project.edits(write(40), write(60))
    project.run("run")
    change(project, "30\n")
    before = everything(project)
    out = project.run("try")
    assert everything(project) == before
    assert "experiment 1 of demo" in out
    assert "30 against 40" in out
    assert "would be kept" in out
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 6s"))
    assert "a new segment begins: the spec changed; the baseline is measured again" in project.run("try")


def test_new_deleted_executable_and_linked_files_in_scope_are_measured_and_others_named(project: Project) -> None:
    project.contract(WIDE)
    more = project.path / "more"
    more.mkdir()
    for name in ("deleted", "executable", "linked"):
        (more / name).write_text("\n", encoding="utf-8")
    (project.path / "bench.sh").write_text(BENCH_OF_MORE, encoding="utf-8")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "more")
    (more / "deleted").unlink()
    (more / "executable").chmod(0o755)
    (more / "linked").unlink()
    (more / "linked").symlink_to("executable")
    (more / "new").write_text("\n", encoding="utf-8")
    (more / "ignored.log").write_text("\n", encoding="utf-8")
    (project.path / "checks.sh").write_text("exit 1\n", encoding="utf-8")
    (project.path / "notes.txt").write_text("a\n", encoding="utf-8")
    found = tried(project)
    assert set(found["paths"]) == {"more/deleted", "more/executable", "more/linked", "more/new"}
    assert found["not_measured"] == ["checks.sh", "notes.txt"]
    primary = found["figures"][0]
    assert (primary["best"], primary["change"]) == (97, 100 - 1 - 11 - 111)
    assert found["needs_review"], "a proposer that makes a file executable is asked why, too"
    assert not any("autoexp accept" in reason for reason in found["reasons"])


def test_what_the_index_holds_is_not_asked(project: Project) -> None:
    change(project, "50\n")
    project.git("add", "value.txt")
    change(project, "45\n")
    assert tried(project)["figures"][0]["change"] == 45
    project.git("commit", "-q", "-m", "fifty")
    project.git("update-index", "--assume-unchanged", "value.txt")
    change(project, "40\n")
    assert tried(project)["figures"][0]["change"] == 40, "git was told not to look"


def test_line_ends_are_those_that_git_would_commit(project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    change(project, "100\r\n")
    assert "nothing to measure" in project.run("try")


def test_no_change_of_ones_own_is_said_and_what_the_checkout_lacks(project: Project) -> None:
    assert "nothing to measure" in project.run("try")
    project.edits(write(40))
    project.run("run")
    out = project.run("try")
    assert "nothing to measure" in out
    assert "git merge autoexp/demo" in out
    project.git("merge", "-q", "--ff-only", "autoexp/demo")
    assert "nothing to measure: no file" in project.run("try")
    change(project, "100\n")
    assert tried(project)["status"] == "discard", "what was kept is taken out by hand"


def test_an_experiment_is_measured_again(project: Project) -> None:
    project.edits(write(40), write(60), write(20))
    project.run("run", "--experiments", "2")
    found = tried(project, "--experiment", "2")
    assert (found["what"], found["status"], found["figures"][0]["change"]) == ("experiment 2", "discard", 60)
    project.run("run")
    told = project.run("try", "--experiment", "2", code=2)
    assert "does not fit on the best so far: later keeps changed the same whole files: value.txt" in told
    assert "`autoexp diff 2 | git apply --3way`" in told
    assert "edits.yaml" not in project.run("try")
    assert "no experiment 9" in project.run("try", "--experiment", "9", code=2)


def test_a_noisy_metric_is_judged_on_pairs_and_runs_may_be_bounded(project: Project) -> None:
    (project.path / "bench.sh").write_text(
        'read -r x < value.txt\necho "METRIC x=$((x * 1000 + AUTOEXP_SEED % 97))"\necho "METRIC ok=1"\n',
        encoding="utf-8",
    )
    project.git("commit", "-q", "-a", "-m", "noise")
    project.contract(CONTRACT.replace("measurement: {deterministic: true}\n", ""))
    change(project, "90\n")
    found = tried(project)
    assert found["status"] == "keep"
    assert found["runs"]["candidate"] >= 2
    assert found["figures"][0]["change"] < 91_000
    assert "unclear: the rule asks for more than 1 run" in project.run("try", "--runs", "1")
    out = project.run("try", "--runs", "2")
    assert re.search(r"unclear: the rule asks for .*; so far \+\d+\.\d% of the baseline; allow it --runs 4, or", out)


def test_it_does_not_disturb_a_campaign_that_is_running(project: Project) -> None:
    gate, started = project.path.parent / "gate", project.path.parent / "started"
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    project.edits({"description": "slow", "run": f"touch '{started}'; until [ -e '{gate}' ]; do sleep 0.02; done"})
    with project.start("run") as process:
        wait_until(started.exists, "the proposer")
        change(project, "50\n")
        assert "is running" in project.run("try", code=2)
        assert "would be kept" in project.run("try", "--anyway")
        gate.touch()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_signal_ends_it_and_leaves_nothing(project: Project, number: signal.Signals) -> None:
    started = project.path.parent / "started"
    bench = f"read -r x < value.txt\nif [ $x = 50 ]; then touch '{started}'; sleep 60; fi\necho METRIC x=$x\necho METRIC ok=1\n"
    (project.path / "bench.sh").write_text(bench, encoding="utf-8")
    project.git("commit", "-q", "-a", "-m", "slow")
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    change(project, "50\n")
    before = everything(project)
    with project.start("try") as process:
        wait_until(started.exists, "the measurement")
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert everything(project) == before


def test_what_cannot_be_tried_is_refused_in_words(project: Project, tmp_path: Path) -> None:
    change(project, "50\n")
    project.git("stash", "-q")
    change(project, "60\n")
    project.git("commit", "-q", "-a", "-m", "sixty")
    with pytest.raises(Exception, match="stash"):
        project.git("stash", "pop")
    assert "a merge is not at its end" in project.run("try", code=2)
    bare = tmp_path / "bare.git"
    project.git("clone", "-q", "--bare", str(project.path), str(bare))
    for name in ("autoexp.yaml", "value.txt"):
        (bare / name).write_bytes((project.path / name).read_bytes())
    assert "it has no working tree" in project.run("try", code=2, repo=bare)


@pytest.mark.parametrize("point", ["before-baseline", "before-capture:2"])
def test_what_a_killed_engine_left_open_is_in_nobodys_way(project: Project, point: str) -> None:
    project.edits(write(40), write(30))
    project.killed(point)
    change(project, "20\n")
    before = everything(project)
    found = tried(project)
    assert (found["status"], found["figures"][0]["change"]) == ("keep", 20)
    assert everything(project) == before
    change(project, "100\n")
    project.run("run")
    assert project.rows()[-1]["metric"] == 30
