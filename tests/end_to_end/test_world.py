"""What others do to the campaign's refs and folders: nothing is lost, and whoever must act is told how."""

import os
import shutil

import pytest

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

BEST = "refs/autoexp/demo/best"


def slow_measurement(project: Project) -> None:
    """Let the candidate's measurement wait until the test lets it go on."""
    started, go = project.path.parent / "started", project.path.parent / "go"
    os.mkfifo(go)  # a wait without CPU: a run that works for a second and then for none is not believed
    bench = f'read -r x < value.txt\nif [ "$x" = 50 ]; then touch "{started}"; read -r go < "{go}"; fi\n'
    (project.path / "bench.sh").write_text(bench + 'echo "METRIC x=$x"; echo "METRIC ok=1"\n')
    project.git("commit", "-qam", "slow")
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 60s"))
    project.edits(write(50), write(40))


def let_go(project: Project) -> None:
    (project.path.parent / "go").write_text("go\n")


def test_second_engine_leaves_the_tree_that_is_measured_alone(project: Project) -> None:
    slow_measurement(project)
    with project.start("run") as first:
        wait_until((project.path.parent / "started").exists, "the measurement")
        assert "another autoexp" in project.run("run", code=2)
        let_go(project)
        first.communicate()
    assert first.returncode == 0
    assert project.statuses() == ["keep", "keep", "keep"]


def test_best_that_was_moved_during_an_experiment_stops_with_the_way_back(project: Project) -> None:
    slow_measurement(project)
    with project.start("run") as first:
        wait_until((project.path.parent / "started").exists, "the measurement")
        foreign = project.git("commit-tree", "HEAD^{tree}", "-m", "foreign")
        parent = project.git("rev-parse", BEST)
        project.git("update-ref", BEST, foreign)
        let_go(project)
        _, err = first.communicate()
    assert first.returncode == 2
    assert "`autoexp repair --yes --tag demo` puts it back" in err
    assert "`autoexp repair --yes --tag demo` puts it back" in project.run("run", code=2)
    assert project.git("rev-parse", BEST) == foreign
    project.run("repair", "--yes", "--tag", "demo")
    assert project.git("rev-parse", BEST) == parent
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]


def test_best_that_was_deleted_during_an_experiment_is_made_again(project: Project) -> None:
    slow_measurement(project)
    with project.start("run") as first:
        wait_until((project.path.parent / "started").exists, "the measurement")
        project.git("update-ref", "-d", BEST)
        let_go(project)
        first.communicate()
    assert first.returncode == 0
    assert project.rows()[-1]["commit"] == project.git("rev-parse", BEST)


def test_best_that_was_deleted_between_sessions_is_made_again_and_told(project: Project) -> None:
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    project.git("update-ref", "-d", BEST)
    assert "was missing and was made again" in project.run("run")
    assert project.rows()[-1]["commit"] == project.git("rev-parse", BEST)


def test_branch_that_was_deleted_is_shown_again(project: Project) -> None:
    project.edits(write(50))
    project.run("run", "--experiments", "1")
    project.git("branch", "-qD", "autoexp/demo")
    project.run("run")
    assert project.git("rev-parse", "autoexp/demo") == project.git("rev-parse", BEST)


def test_foreign_attempt_ref_is_named_and_put_aside_by_repair(project: Project) -> None:
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    foreign = project.git("rev-parse", "HEAD")
    project.git("update-ref", "refs/autoexp/demo/attempt/2", foreign)
    assert "git holds refs of experiment 2" in project.run("run", code=2)
    project.run("repair")
    assert foreign in {oid for name, oid in project.refs().items() if name.startswith("lost/")}
    project.run("run")
    assert [(row["n"], row["status"]) for row in project.rows()][2:] == [(2, "keep")]


def test_lost_journal_is_not_begun_again_over_what_is_left(project: Project) -> None:
    project.edits(write(50))
    project.run("run")
    before = project.refs()
    shutil.rmtree(project.path / ".git/autoexp/demo")
    said = project.run("run", code=2)
    assert "the journal of campaign demo is gone" in said
    assert project.refs() == before
    assert not (project.path / ".git/autoexp/demo").exists()


def test_killed_first_session_begins_again_at_a_new_head(project: Project) -> None:
    project.edits(write(50))
    (project.path / "value.txt").write_text("crash\n")
    project.git("commit", "-qam", "broken")
    project.run("run", code=2)
    (project.path / "value.txt").write_text("100\n")
    project.git("commit", "-qam", "mended")
    journal = project.path / ".git/autoexp/demo/journal.jsonl"
    recorded = journal.read_bytes()
    project.killed("after-start")
    # The process may also have died just before the new first record: the ref has moved, the record has not.
    journal.write_bytes(recorded)
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


def test_commits_after_the_start_are_told_not_to_count(project: Project) -> None:
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    (project.path / "bench.sh").write_text("echo METRIC x=0\n")
    project.git("commit", "-qam", "another harness")
    assert "later commits are not in it" in project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]


@pytest.mark.parametrize("what", [".autoexp", "cache"])
def test_folders_that_are_made_again_may_be_removed_between_sessions(project: Project, what: str) -> None:
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    shutil.rmtree(project.cache if what == "cache" else project.path / what)
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]
    assert len((project.path / ".autoexp/demo/results.tsv").read_text().splitlines()) == 4


def test_exports_that_are_removed_while_it_works_are_written_again(project: Project) -> None:
    project.edits({"description": "removes", "run": f"rm -rf '{project.path / '.autoexp'}'"}, write(50))
    project.run("run")
    assert project.statuses() == ["keep", "no_change", "keep"]
    assert len((project.path / ".autoexp/demo/results.tsv").read_text().splitlines()) == 4


def test_trees_that_are_removed_while_it_works_pause_the_campaign_until_the_next_run(project: Project) -> None:
    project.edits({"description": "removes", "run": f"rm -rf '{project.cache}'"}, write(50))
    assert "No such file" in project.run("run", code=4)
    assert project.statuses() == ["keep", *["infra_error"] * 3]
    project.edits(write(50))
    project.run("run")
    assert project.statuses()[-1] == "keep"


def test_contract_changed_after_the_budget_was_used_up_measures_nothing(project: Project) -> None:
    project.edits(write(50), write(40))
    project.contract(CONTRACT.replace("{consecutive_crashes: null}", "{experiments: 1}"))
    project.run("run", code=3)
    before = len([event for event in project.journal() if event["event"] == "sample"])
    project.contract(CONTRACT.replace("{consecutive_crashes: null}", "{experiments: 1}").replace("5s", "6s"))
    said = project.run("run", code=3)
    assert "change or remove that limit" in said
    assert len([event for event in project.journal() if event["event"] == "sample"]) == before


def test_exhausted_campaign_measures_no_second_baseline(project: Project) -> None:
    project.edits(write(50))
    project.run("run")
    before = len([event for event in project.journal() if event["event"] == "sample"])
    project.run("run")
    assert len([event for event in project.journal() if event["event"] == "sample"]) == before


def test_wall_clock_budget_counts_all_sessions(project: Project) -> None:
    project.edits(*[{"description": f"slow {i}", "run": f"sleep 0.6; echo {90 - i} > value.txt"} for i in range(9)])
    project.contract(CONTRACT.replace("{consecutive_crashes: null}", "{wall_clock: 1.2s}"))
    project.run("run", "--experiments", "1")
    assert project.status()["stop_reason"] is None
    project.run("run", code=3)
    status = project.status()
    assert status["stop_reason"] == "wall_clock"
    assert status["experiments"] < 9


def test_proposer_that_fails_again_and_again_pauses_and_may_be_tried_again(project: Project) -> None:
    project.edits(*[{"description": f"fails {i}", "run": "echo no luck >&2; exit 9"} for i in range(4)], write(50))
    said = project.run("run", code=4)
    assert "no luck" in said
    assert project.statuses() == ["keep", *["proposer_error"] * 3]
    project.run("run")
    assert project.statuses()[-1] == "keep"
