"""kill -9 before and after each step of the protocol, then `autoexp run`: nothing is lost or counted twice."""

import signal

import pytest

from autoexp.engine.faults import PROTOCOL, points
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]


def settled(project: Project) -> None:
    """Hold everything that must be true of a finished campaign."""
    rows = project.rows()
    numbers = [row["n"] for row in rows]
    assert len(set(numbers)) == len(numbers)
    decided = [row for row in rows if row["status"] != "interrupted"]
    assert [row["description"] for row in decided[1:]] == [edit["description"] for edit in EDITS]
    assert [row["status"] for row in decided] == ["keep", "keep", "discard", "keep", "crash", "keep"]
    events = project.journal()
    opened = [event["n"] for event in events if event["event"] == "intent"]
    closed = [event["n"] for event in events if event["event"] in {"done", "withdrawn"}]
    assert opened == closed
    assert len(set(opened)) == len(opened)
    kept = [row["commit"] for row in rows if row["status"] == "keep"]
    assert project.git("rev-list", "--first-parent", "--reverse", "refs/autoexp/demo/best").splitlines() == kept
    assert project.git("rev-parse", "autoexp/demo") == kept[-1]
    refs = project.refs()
    for row in rows[1:]:
        assert f"record/{row['n']}" in refs
        if row["commit"]:
            assert refs[f"attempt/{row['n']}"] == row["commit"]
    project.git("fsck", "--no-dangling")


KEPT, DISCARDED = 3, 2
KILLS = [
    *((point, KEPT) for point in points(PROTOCOL[1:])),
    *(pytest.param(point, DISCARDED, marks=pytest.mark.long) for point in points(PROTOCOL[1:])),
]


@pytest.mark.parametrize(("point", "n"), KILLS)
def test_campaign_goes_on_as_if_never_killed(project: Project, point: str, n: int) -> None:
    project.edits(*EDITS)
    project.killed(f"{point}:{n}")
    project.run("run")
    settled(project)


@pytest.mark.parametrize("experiments", [0, 2])
@pytest.mark.parametrize("point", ["before-start", "after-start"])
def test_campaign_goes_on_as_if_never_killed_at_its_start(project: Project, point: str, experiments: int) -> None:
    project.edits(*EDITS)
    if experiments:
        project.run("run", "--experiments", str(experiments))
    project.killed(point)
    project.run("run")
    settled(project)


def test_candidate_whose_ref_was_the_last_thing_made_is_on_record(project: Project) -> None:
    project.edits(*EDITS)
    project.killed("after-attempt:1")
    project.run("run")
    settled(project)
    first = project.rows()[1]
    assert (first["status"], first["commit"]) == ("keep", project.refs()["attempt/1"])
    assert [event["n"] for event in project.journal() if event["event"] == "continued"] == [1]
    assert "-100\n+90" in project.run("diff", "1")


def test_many_kills_in_one_campaign(project: Project) -> None:
    project.edits(*EDITS)
    for fault in (
        "after-intent:1",
        "after-attempt:2",
        "before-keep:3",
        "after-decision:4",
        "after-keep:5",
        "before-done:6",
    ):
        project.killed(fault)
    project.run("run")
    settled(project)


def test_torn_last_line_is_cut_and_told(project: Project) -> None:
    project.edits(*EDITS)
    project.killed("after-attempt:2")
    journal = project.path / ".git/autoexp/demo/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    project.run("run")
    settled(project)
    assert any(event["event"] == "note" and "last line" in event["text"] for event in project.journal())


def test_second_engine_gets_a_clear_error(project: Project) -> None:
    project.edits({"description": "slow", "run": "echo 1 > started; sleep 30"})
    with project.start("run") as first:
        try:
            while not (project.path / ".git/autoexp/demo/journal.jsonl").exists():
                assert first.poll() is None
            assert "another autoexp" in project.run("run", code=2)
        finally:
            first.send_signal(signal.SIGTERM)
            first.communicate(timeout=30)
    assert first.returncode == 130


def test_moved_best_is_noticed(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "1")
    project.git("update-ref", "refs/autoexp/demo/best", project.git("rev-parse", "main"))
    assert "somebody else moved it" in project.run("run", code=2)
