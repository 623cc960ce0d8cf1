"""Preset one-shot: keeps of one or two runs are provisional until a checkpoint test has confirmed them, or taken them out."""

import json
import signal
from pathlib import Path

import pytest

from autoexp.campaign.events import Decided
from autoexp.campaign.evidence import evidence_for
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState
from autoexp.decision import decide
from autoexp.engine.faults import PROTOCOL, points
from autoexp.spec.model import Spec
from autoexp.stores.reading import Torn, read_from
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import CONTRACT, Project, made, write

BENCH = """\
read -r x name < value.txt
n=$(cat "$NOTES/runs")
echo $(( n + 1 )) > "$NOTES/runs"
if [ -e "$NOTES/hang" ]; then sleep 60; fi
if [ -e "$NOTES/crash-$name" ]; then exit 7; fi
luck=1
if [ -n "$name" ] && [ ! -e "$NOTES/$name" ]; then : > "$NOTES/$name"; luck=0.9; fi
awk -v x="$x" -v n="$n" -v luck="$luck" 'BEGIN {
  srand(n); for (i = 0; i < 9; i++) rand()
  printf "METRIC x=%.6f\\n", x * luck * (1 + 0.02 * (rand() + rand() + rand() - 1.5))
}'
"""
"""Noise of 1 %, and one lucky run: the first of each tree that has a name is 10 % too good. A test may make it hang or crash."""

REFUTED = {"confirmed": 0, "not_confirmed": 1}
CONFIRMED = {"confirmed": 1, "not_confirmed": 0}


def one_shot(folder: Path, helper: Helper) -> Project:
    """Make a project whose runs are noisy, and so dear that at most two decide."""
    project = made(folder, helper)
    notes = folder / "notes"
    notes.mkdir()
    (notes / "runs").write_text("0\n")
    (project.path / "bench.sh").write_text(BENCH)
    (project.path / "checks.sh").write_text('echo checked >> "$NOTES/checks"\n')
    project.git("commit", "-qam", "a noisy harness")
    project.contract(
        CONTRACT.replace("  ok: {role: guard, equals: 1}\n", "")
        .replace("deterministic: true", "deterministic: auto")
        .replace("budget:", "decision: {preset: one-shot}\nbudget:")
        .replace("timeout: 5s", f"timeout: 30s\n  env: {{NOTES: '{notes}'}}")
    )
    return project


@pytest.fixture
def project(tmp_path: Path, helper: Helper) -> Project:
    return one_shot(tmp_path, helper)


def real(count: int) -> list[dict[str, object]]:
    """Give edits that each improve by 10 %."""
    return [write(round(100 * 0.9**i)) for i in range(1, count + 1)]


def lucky(count: int, *, at: object = 100) -> list[dict[str, object]]:
    """Give edits that do nothing and are lucky once."""
    return [write(f"{at} name{i}", description=f"luck {i}") for i in range(1, count + 1)]


def agrees(project: Project) -> None:
    """Hold what is true of refs and record after any end."""
    rows, refs, status = project.rows(), project.refs(), project.status()
    assert refs["best"] == status["incumbent"]["commit"] == project.git("rev-parse", "autoexp/demo")
    kept = [row["commit"] for row in rows if row["n"] and row["status"] == "keep" and "checkpoint" not in row["flags"]]
    assert project.git("rev-list", "--first-parent", "--reverse", "main..refs/autoexp/demo/best").splitlines() == kept
    for row in rows:
        if row["n"] == 0:
            continue
        record = json.loads(project.git("cat-file", "blob", refs[f"record/{row['n']}"]))
        assert record["n"] == row["n"]
        assert refs.get(f"attempt/{row['n']}") == row["commit"]
    events = project.journal()
    opened = [event["n"] for event in events if event["event"] == "intent"]
    assert opened == [event["n"] for event in events if event["event"] in {"done", "withdrawn"}]
    assert len(set(opened)) == len(opened)
    lines = (project.path / ".autoexp/demo/experiments.jsonl").read_text().splitlines()
    assert [json.loads(line)["flags"] for line in lines] == [row["flags"] for row in rows]
    project.git("fsck", "--no-dangling")


def notes(project: Project) -> Path:
    return project.path.parent / "notes"


def statuses(project: Project) -> list[tuple[int, str, list[str]]]:
    return [(row["n"], row["status"], row["flags"]) for row in project.rows()[1:]]


# --- confirmed


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """Give a campaign of five real gains, a sixth one that is luck, and its end; run once."""
    project = one_shot(tmp_path_factory.mktemp("grown"), helper)
    project.edits(*real(5), *lucky(1, at=59))
    project.run("run")
    return project


def test_five_real_gains_are_confirmed_together(grown: Project) -> None:
    rows = {row["n"]: row for row in grown.rows()}
    assert [(rows[n]["status"], rows[n]["flags"]) for n in range(1, 6)] == [("keep", [])] * 5
    assert (rows[6]["status"], rows[6]["flags"]) == ("keep", ["checkpoint"])
    assert rows[6]["description"] == "checkpoint test of experiments 1, 2, 3, 4, 5"
    assert rows[6]["reasons"][0].startswith("confirmed: x 4")
    assert (rows[6]["commit"], rows[6]["parent"]) == (rows[5]["commit"], rows[0]["commit"])
    assert "+59" in grown.run("diff", "6")


def test_luck_after_a_checkpoint_goes_back_to_it_and_no_further(grown: Project) -> None:
    rows = {row["n"]: row for row in grown.rows()}
    assert (rows[7]["status"], rows[7]["flags"]) == ("discard", ["taken_out"])
    assert (rows[9]["status"], rows[9]["description"]) == ("discard", "checkpoint test of experiment 7")
    status = grown.status()
    assert (status["incumbent"]["commit"], status["incumbent"]["n"]) == (rows[5]["commit"], 5)
    assert (status["kept"], status["taken_out"], status["provisional"]) == (5, [7], [])
    assert status["checkpoint_tests"] == {"confirmed": 1, "not_confirmed": 1}
    assert status["in_loop_gain"] == pytest.approx(0.41, abs=0.03)
    assert status["in_loop_gain"] == pytest.approx(rows[6]["effect"])
    agrees(grown)


def test_taken_out_patch_stays_reachable(grown: Project) -> None:
    row = next(row for row in grown.rows() if row["n"] == 7)
    assert grown.refs()["attempt/7"] == row["commit"]
    assert grown.git("show", "refs/autoexp/demo/attempt/7:value.txt") == "59 name1"


def test_faces_tell_of_checkpoints(grown: Project) -> None:
    status = grown.run("status")
    assert "checkpoint   experiment 5; tests: 1 confirmed, 1 not" in status
    assert "taken out    7" in status
    assert "discard, taken out" in grown.run("log")
    assert "taken out: checkpoint test 9 did not confirm it" in grown.run("show", "7")
    assert "“checkpoint test of experiment 7” (“not confirmed: x " in grown.run("brief")
    table = (grown.path / ".autoexp/demo/results.tsv").read_text().splitlines()
    assert table[-1].endswith("\tdiscard\tcheckpoint test of experiment 7")
    grown.run("report")
    page = (grown.path / ".autoexp/demo/report.html").read_text()
    assert "5 of 6" in page
    assert "experiments, 1 taken out" in page


def test_users_checkout_is_untouched_by_going_back(grown: Project) -> None:
    assert (grown.path / "value.txt").read_text() == "100\n"
    assert grown.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert grown.git("rev-list", "--count", "HEAD") == "2"
    assert grown.git("status", "--porcelain") == "?? autoexp.yaml\n?? edits.yaml"


def test_verdict_of_a_test_replays_from_the_journal_alone(grown: Project) -> None:
    state, replayed = CampaignState(), 0
    for item in read_from(grown.path / ".git/autoexp/demo/journal.jsonl"):
        assert not isinstance(item, Torn)
        event = item[0].event
        if isinstance(event, Decided) and event.decision is not None:
            assert decide(evidence_for(state, Spec.model_validate(state.segment.spec))) == event.decision
            replayed += 1
        state = fold(state, item[0])
    assert replayed == 8


def test_checks_are_not_run_again_for_a_test(grown: Project) -> None:
    measured = 1 + sum(row["samples"] > 0 for row in grown.rows()[1:] if "checkpoint" not in row["flags"])
    assert (notes(grown) / "checks").read_text().count("checked") == measured == 7


def test_going_on_later_tests_after_every_five_keeps_and_at_the_end(project: Project) -> None:
    project.edits(*real(6))
    project.run("run", "--experiments", "4")
    assert project.status()["provisional"] == [1, 2, 3, 4]
    printed = project.run("run", "--experiments", "1")
    assert "checkpoint test of experiments 1, 2, 3, 4, 5" in printed
    assert project.status()["provisional"] == []
    printed = project.run("run", "--experiments", "1")
    assert "   7  keep, provisional" in printed
    assert "6 kept (1 provisional)" in printed
    project.run("run", "--experiments", "1")
    status = project.status()
    assert (status["kept"], status["experiments"], status["provisional"]) == (6, 6, [])
    assert (status["stop_reason"], status["checkpoint_tests"]["confirmed"]) == ("exhausted", 2)
    agrees(project)


# --- taken out


def test_lucky_keeps_are_taken_out_at_the_end(project: Project) -> None:
    project.edits(*lucky(6))
    printed = project.run("run")
    status, out = project.status(), project.status()["taken_out"]
    assert len(out) >= 1
    assert (status["kept"], status["in_loop_gain"], status["incumbent"]["n"]) == (0, 0.0, 0)
    assert status["incumbent"]["commit"] == project.git("rev-parse", "main")
    assert (status["experiments"], status["checkpoint_tests"]) == (6, REFUTED)
    assert f"not confirmed: taken out {', '.join(map(str, out))}; the best so far is" in printed
    agrees(project)
    project.git("branch", "-D", "autoexp/demo")
    project.run("run")
    agrees(project)


def test_budget_that_is_used_up_does_not_leave_keeps_untested(project: Project) -> None:
    project.edits(*lucky(3))
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("{consecutive_crashes: null}", "{experiments: 1}"))
    project.run("run", code=3)
    assert statuses(project) == [(1, "discard", ["taken_out"]), (2, "discard", ["checkpoint"])]
    assert project.status()["stop_reason"] == "experiments"
    project.run("run", code=3)
    assert len(project.rows()) == 3


def test_target_that_was_reached_by_luck_does_not_end_the_campaign(project: Project) -> None:
    project.edits(*lucky(2))
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("{consecutive_crashes: null}", "{target: 95}"))
    project.run("run")
    assert [row[1:] for row in statuses(project)] == [("discard", ["taken_out"]), ("discard", ["checkpoint"])] * 2
    assert project.status()["stop_reason"] == "exhausted"


def test_best_that_crashes_in_its_test_is_taken_out(project: Project) -> None:
    project.edits(*lucky(1))
    project.run("run", "--experiments", "1")
    (notes(project) / "crash-name1").touch()
    project.run("run")
    assert [row[1:] for row in statuses(project)] == [("discard", ["taken_out"]), ("crash", ["checkpoint"])]
    assert project.status()["incumbent"]["n"] == 0
    agrees(project)


def test_preset_that_decides_for_good_tests_what_waits_before_anything_else(project: Project) -> None:
    project.edits(*lucky(1), *real(1))
    project.run("run", "--experiments", "1")
    project.contract((project.path / "autoexp.yaml").read_text().replace("preset: one-shot", "preset: standard"))
    project.run("run")
    rows = project.rows()
    assert [(row["n"], row["segment"]) for row in rows] == [(0, 0), (1, 0), (0, 1), (2, 1), (3, 1)]
    assert [row["status"] for row in rows] == ["keep", "discard", "keep", "discard", "keep"]
    assert rows[4]["parent"] == project.git("rev-parse", "main")
    agrees(project)


def test_metric_that_repeats_has_no_provisional_keeps(tmp_path: Path, helper: Helper) -> None:
    project = made(tmp_path, helper)
    project.contract(CONTRACT.replace("true}", "auto}").replace("budget:", "decision: {preset: one-shot}\nbudget:"))
    project.edits(*real(6))
    project.run("run")
    assert statuses(project) == [(n, "keep", []) for n in range(1, 7)]


# --- a person, a failing machine, and kill -9


def test_person_who_interrupts_does_not_wait_for_a_test(project: Project) -> None:
    project.edits(*lucky(1), {"description": "slow", "run": "sleep 60"})
    with project.start("run") as process:
        wait_until(lambda: any(event.get("n") == 2 for event in seen(project)), "the second experiment")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert project.status()["provisional"] == [1]
    assert not any(event["directive"]["operator"] == "confirm" for event in seen(project) if "directive" in event)


def test_interrupted_test_is_made_again(project: Project) -> None:
    project.edits(*lucky(1))
    project.run("run", "--experiments", "1")
    (notes(project) / "hang").touch()
    with project.start("run") as process:
        wait_until(lambda: any(event.get("n") == 3 for event in seen(project)), "the test")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert statuses(project) == [(1, "keep", ["provisional"]), (3, "interrupted", ["checkpoint"])]
    (notes(project) / "hang").unlink()
    project.run("run")
    ended(project, confirms=False)


def test_machine_that_cannot_measure_the_checkpoint_pauses_the_campaign(project: Project) -> None:
    project.edits(*lucky(1))
    project.run("run", "--experiments", "1")
    (notes(project) / "crash-").touch()
    printed = project.run("run", code=4)
    assert "the last confirmed commit no longer passes its measurement: crash" in printed
    assert [row[1] for row in statuses(project)] == ["keep", "infra_error", "infra_error", "infra_error"]
    (notes(project) / "crash-").unlink()
    project.run("run")
    ended(project, confirms=False)


def seen(project: Project) -> list[dict[str, object]]:
    """Give the events so far; the last line may be half written."""
    path = project.path / ".git/autoexp/demo/journal.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line)["data"] for line in lines]


def ended(project: Project, *, confirms: bool) -> None:
    """Hold what is true of a campaign of one keep whose test has ended."""
    status = project.status()
    assert status["checkpoint_tests"] == (CONFIRMED if confirms else REFUTED)
    assert (status["provisional"], status["taken_out"]) == ([], [] if confirms else [1])
    assert (status["experiments"], status["kept"]) == (1, int(confirms))
    assert project.git("show", "autoexp/demo:value.txt") == ("90" if confirms else "100")
    assert [row["status"] for row in project.rows() if row["status"] not in {"interrupted", "infra_error"}] == (
        ["keep"] * 3 if confirms else ["keep", "discard", "discard"]
    )
    agrees(project)


TEST = 3
"""The number of the test: 1 is the keep, and 2 was withdrawn by a proposer with nothing left."""
AT_TEST = [
    point if point.startswith("after") else pytest.param(point, marks=pytest.mark.long)
    for point in points(PROTOCOL)
    if not point.endswith(("start", "propose"))
]


@pytest.mark.parametrize("point", AT_TEST)
def test_killed_test_ends_as_if_never_killed(project: Project, point: str) -> None:
    project.edits(*lucky(1))
    project.killed(f"{point}:{TEST}")
    project.run("run")
    ended(project, confirms=False)


@pytest.mark.parametrize("point", ["after-attempt", "after-measure", "after-decision", "after-keep", "after-done"])
def test_killed_test_of_a_real_gain_confirms_it(project: Project, point: str) -> None:
    project.edits(*real(1))
    project.killed(f"{point}:{TEST}")
    project.run("run")
    ended(project, confirms=True)


def test_going_back_survives_one_kill_after_another(project: Project) -> None:
    project.edits(*lucky(1))
    for point, n in (("after-intent", 3), ("after-attempt", 5), ("before-keep", 7)):
        project.killed(f"{point}:{n}")
    project.run("run")
    ended(project, confirms=False)


def test_best_that_others_moved_is_not_taken_back(project: Project) -> None:
    project.edits(*lucky(1))
    project.killed(f"before-keep:{TEST}")
    foreign = project.git("commit-tree", "main^{tree}", "-m", "foreign")
    project.git("update-ref", "refs/autoexp/demo/best", foreign)
    assert "somebody else moved it" in project.run("run", code=2)
    assert project.refs()["best"] == foreign
