"""A would-be keep that looks odd waits for a person, who accepts it or rejects it; an accepted one is measured again."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoexp.engine.faults import PROTOCOL, points
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import CONTRACT, Project, made, write

BENCH = """\
read -r a < value.txt
read -r b < bonus.txt
echo "METRIC x=$(( a - b ))"
echo "METRIC ok=1"
"""
CHECKS = """\
read -r a < value.txt
read -r b < bonus.txt
test $(( a - b )) -ge 50
"""
ASK = "`autoexp accept 1 --why ...` measures it again and keeps it, `autoexp reject 1 --why ...` settles it"


def odd(value: int, file: str = "bonus.txt") -> dict[str, Any]:
    """Give an edit that a person should look at."""
    return {"description": f"odd {value}", "write": {"file": file, "text": f"{value}\nimport ctypes as c{value}\n"}}


@pytest.fixture
def project(tmp_path: Path, helper: Helper) -> Project:
    project = made(tmp_path, helper)
    (project.path / "bench.sh").write_text(BENCH)
    (project.path / "checks.sh").write_text(CHECKS)
    (project.path / "bonus.txt").write_text("0\n")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "two files")
    text = CONTRACT.replace("[value.txt]", "[value.txt, bonus.txt, more.txt]")
    project.contract(text)
    return project


def asked(project: Project, *more: dict[str, Any]) -> None:
    """Run a campaign whose first experiment waits for a person."""
    project.edits(odd(10), *more)
    project.run("run")


def best(project: Project) -> str:
    return project.git("rev-parse", "refs/autoexp/demo/best")


def test_odd_would_be_keep_waits_for_a_person(project: Project) -> None:
    project.edits(odd(10))
    said = project.run("run")
    row = project.rows()[1]
    assert (row["status"], row["flags"]) == ("inconclusive", ["needs_review", "suspicious"])
    assert row["reasons"][0].startswith("inconclusive, it waits for a person: x 10.00% better")
    assert row["reasons"][1].startswith("suspicious: ")
    assert "bonus.txt:2" in row["reasons"][1]
    assert row["reasons"][-1] == ASK
    assert best(project) == project.git("rev-parse", "main")
    assert "for you to review: 1" in said
    assert "1  inconclusive, for review" in said
    assert project.status()["needs_review"] == [1]
    assert "for review   1" in project.run("status")
    assert "inconclusive, needs review, suspicious" in project.run("log")
    project.run("report")
    assert "needs_review" in (project.path / ".autoexp/demo/report.html").read_text()


@pytest.mark.parametrize(("slow", "status"), [("once", "keep"), ("always", "inconclusive")])
def test_run_that_looks_cut_short_beside_an_old_one_is_held_against_a_fresh_one(
    project: Project, slow: str, status: str
) -> None:
    seen, work = project.path.parent / "seen", "i=0; while [ $i -lt 300000 ]; do i=$(( i + 1 )); done"
    at_90 = f'if [ "$a" = 90 ] && {{ [ {slow} = always ] || [ ! -e "{seen}" ]; }}; then touch "{seen}"; {work}; fi\n'
    (project.path / "bench.sh").write_text(BENCH.replace("echo", f"{at_90}echo", 1))
    project.git("commit", "-qam", "one that works for long")
    project.edits(write(90), write(80))
    project.run("run")
    assert project.statuses() == ["keep", "keep", status]
    taken = [event["sample"]["side"] for event in project.journal() if event["event"] == "sample" and event["n"] == 2]
    assert taken == ["candidate", "incumbent"]
    assert any("ended early" in reason for reason in project.rows()[2]["reasons"]) == (slow == "always")


def test_accepted_experiment_is_measured_again_and_kept(project: Project) -> None:
    asked(project)
    assert "the next `autoexp run` measures experiment 1 again" in project.run("accept", "1", "--why", "I read it")
    assert project.status()["needs_review"] == [1]
    project.run("run")
    first, again = project.rows()[1:]
    assert (again["status"], again["flags"]) == ("keep", ["suspicious"])
    assert again["reasons"][-1] == "accepted by a person: I read it"
    assert again["description"] == "experiment 1, accepted: odd 10"
    assert again["commit"] == first["commit"] == best(project)
    assert (first["status"], first["flags"]) == ("inconclusive", ["suspicious"])
    assert first["reasons"][0] == "accepted by a person: I read it"
    assert again["samples"] == 1
    status = project.status()
    assert (status["needs_review"], status["accepted"], status["kept"]) == ([], [], 1)
    assert project.git("rev-parse", "autoexp/demo") == best(project)


def test_accepted_change_goes_on_top_of_a_best_that_has_moved(project: Project) -> None:
    asked(project, write(90), write(80))
    project.run("accept", "1", "--why", "fine")
    project.run("run")
    assert project.statuses() == ["keep", "inconclusive", "keep", "keep", "keep"]
    last = project.rows()[-1]
    assert last["metric"] == 70
    assert project.git("rev-list", "--count", "main..refs/autoexp/demo/best") == "3"
    assert project.git("show", f"{last['commit']}:value.txt", f"{last['commit']}:bonus.txt").split("\n")[:2] == [
        "80",
        "10",
    ]
    assert project.refs()["attempt/5"] == last["commit"] != project.refs()["attempt/1"]


@pytest.mark.parametrize(
    ("waiting", "kept"),
    [
        (odd(10), {"file": "bonus.txt", "text": "5\n"}),
        (odd(90, "value.txt"), {"file": "value.txt", "text": "95\n"}),
        (
            {"run": "echo 'import ctypes' > more.txt; echo 10 > bonus.txt"},
            {"run": "mkdir more.txt; echo 1 > more.txt/a; echo 90 > value.txt"},
        ),
    ],
)
def test_accepted_change_that_does_not_fit_any_more_says_so(project: Project, waiting: dict, kept: dict) -> None:
    project.edits(waiting, {"write": kept} if "file" in kept else kept)
    project.run("run")
    assert project.statuses() == ["keep", "inconclusive", "keep"]
    before = best(project)
    project.run("accept", "1", "--why", "fine")
    project.run("run")
    row = project.rows()[-1]
    assert (row["status"], row["samples"]) == ("no_change", 0)
    assert "experiment 1 was accepted, but does not fit on the best so far" in row["detail"]
    assert best(project) == before
    assert project.status()["accepted"] == []


def test_accepted_change_is_judged_by_the_ordinary_rule(project: Project) -> None:
    asked(project, write(55))
    project.run("accept", "1", "--why", "fine")
    project.run("run")
    assert project.statuses() == ["keep", "inconclusive", "keep", "checks_failed"]
    assert project.git("show", "refs/autoexp/demo/best:value.txt") == "55"


def test_accepted_experiment_takes_no_turn_of_the_proposer(project: Project) -> None:
    project.edits(odd(10), write(90), write(80))
    project.run("run", "--experiments", "1")
    project.run("accept", "1", "--why", "fine")
    project.run("run")
    assert [row["metric"] for row in project.rows()] == [100, 90, 90, 80, 70]
    assert project.statuses()[2:] == ["keep", "keep", "keep"]


def test_rejected_experiment_is_settled(project: Project) -> None:
    asked(project)
    assert "rejected" in project.run("reject", "1", "--why", "it cheats")
    project.run("run")
    row = project.rows()[-1]
    assert (row["n"], row["status"], row["flags"]) == (1, "inconclusive", ["suspicious"])
    assert row["reasons"][0] == "rejected by a person: it cheats"
    assert project.status()["needs_review"] == []
    assert "it cheats" in project.run("brief")
    assert "for you to review" not in project.run("run")


@pytest.mark.parametrize("why", ["caf\udce9", "two\nlines", "\x1b[2J cleared", "'; rm -rf"])
def test_reason_of_any_kind_is_on_record(project: Project, why: str) -> None:
    asked(project)
    project.run("accept", "1", "--why", why)
    project.run("run")
    assert project.statuses() == ["keep", "inconclusive", "keep"]
    assert "accepted by a person" in project.run("show", "3") + project.run("brief")
    assert "\x1b" not in project.run("show", "1") + project.run("log")


def test_export_of_a_running_campaign_tells_of_a_review(project: Project, tmp_path: Path) -> None:
    asked(project)
    project.run("reject", "1", "--why", "no")
    mark = tmp_path / "mark"
    project.edits(odd(10), {"run": f": > {mark}; while [ -e {mark} ]; do sleep 0.05; done; echo 77 > value.txt"})
    with project.start("run"):
        wait_until(mark.exists, "experiment 2")
        lines = (project.path / ".autoexp/demo/experiments.jsonl").read_text().splitlines()
        mark.unlink()
    assert json.loads(lines[1])["reasons"][0] == "rejected by a person: no"


def test_review_while_the_engine_runs_is_heard(project: Project, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    slow = {"run": f": > {mark}; while [ -e {mark} ]; do sleep 0.05; done; echo 77 > value.txt"}
    project.edits(odd(10), {"description": "slow", **slow}, write(70))
    with project.start("run") as process:
        wait_until(mark.exists, "experiment 2")
        assert "after the current experiment" in project.run("accept", "1", "--why", "fine")
        mark.unlink()
        process.communicate()
    assert process.returncode == 0
    assert [row["description"] for row in project.rows()][2:] == [
        "slow",
        "experiment 1, accepted: odd 10",
        "value 70",
    ]
    assert project.statuses() == ["keep", "inconclusive", "keep", "keep", "keep"]


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_review_that_makes_no_sense_is_refused_in_one_sentence(project: Project, verdict: str) -> None:
    asked(project, write(95), odd(20))
    for n, words in (
        ("9", "there is no experiment 9"),
        ("2", "experiment 2 does not wait for a review: it ended as keep"),
    ):
        said = project.run(verdict, n, "--why", "x", code=2)
        assert words in said
        assert "now: 1, 3" in said
    assert "a review needs a reason" in project.run(verdict, "1", "--why", " ", code=2)
    assert "--why" in project.run(verdict, "1", code=2)
    project.run(verdict, "1", "--why", "seen")
    assert f"experiment 1 was already {verdict}ed: seen" in project.run("accept", "1", "--why", "again", code=2)
    project.run("run")
    assert f"experiment 1 was already {verdict}ed: seen" in project.run("reject", "1", "--why", "again", code=2)
    assert project.status()["needs_review"] == [3]


def test_review_of_a_campaign_that_is_not_there_is_refused(project: Project) -> None:
    assert "there is no campaign" in project.run("accept", "1", "--why", "x", code=2)


POINTS_REACHED = [point for point in points(PROTOCOL) if not point.endswith(("start", "propose"))]
KILLS = [*((point, 1) for point in POINTS_REACHED), ("after-attempt", 0), ("before-keep", 0), ("after-keep", 0)]


@pytest.mark.parametrize(("point", "moved"), KILLS)
def test_accepted_experiment_survives_a_kill_at_every_step(project: Project, point: str, moved: int) -> None:
    asked(project, *[write(90)] * moved)
    project.run("accept", "1", "--why", "fine")
    project.killed(f"{point}:{3 + moved}")
    project.run("run")
    decided = [row for row in project.rows() if row["status"] != "interrupted"]
    assert [row["status"] for row in decided] == ["keep", "inconclusive", *["keep"] * (1 + moved)]
    assert decided[-1]["commit"] == best(project)
    assert project.git("show", "refs/autoexp/demo/best:bonus.txt").startswith("10\n")
    assert project.status()["accepted"] == []
    assert len([event for event in project.journal() if event["event"] == "reviewed"]) == 1


def test_kill_before_the_review_is_read_keeps_it(project: Project) -> None:
    asked(project)
    project.run("accept", "1", "--why", "fine")
    project.killed("before-start")
    project.run("run")
    assert project.statuses()[-1] == "keep"


HOLDOUT = "read -r a < value.txt; read -r b < bonus.txt; {}echo METRIC y=$(( a - b % 20 )){}\n"


def held(project: Project, before: str = "", after: str = "") -> None:
    """Give the project a holdout, which autoexp believes to keep the candidate out when it reports as the kit does."""
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("  timeout:", "  holdout: bash bench2.sh\n  timeout:"))
    (project.path / "bench2.sh").write_text(HOLDOUT.format(before, after))
    project.git("add", ".")
    project.git("commit", "-qm", "holdout")


def test_odd_change_is_kept_where_a_holdout_apart_from_it_passes(project: Project) -> None:
    held(project, 'echo "AUTOEXP-KIT 1" >&"$AUTOEXP_REPORT_FD"; ', ' >&"$AUTOEXP_REPORT_FD"')
    project.edits(odd(10), odd(40))
    project.run("run")
    kept, overfit = project.rows()[1:]
    assert (kept["status"], kept["flags"]) == ("keep", ["suspicious"])
    assert "the holdout passed" in kept["reasons"]
    assert (overfit["status"], overfit["flags"]) == ("discard", ["overfit", "suspicious"])
    assert project.status()["needs_review"] == []


def test_odd_change_waits_where_it_could_write_the_number_of_the_holdout(project: Project) -> None:
    held(project)
    project.edits(odd(10), odd(40), write(95))
    project.run("run")
    assert [row["flags"] for row in project.rows()[1:]] == [
        ["needs_review", "suspicious"],
        ["overfit", "suspicious"],
        [],
    ]
    assert project.statuses()[-1] == "keep"


def test_odd_figure_is_answered_by_any_holdout(project: Project) -> None:
    (project.path / "checks.sh").write_text("true\n")
    held(project)
    project.edits(write(10))
    project.run("run")
    row = project.rows()[1]
    assert (row["status"], row["flags"]) == ("keep", ["suspicious"])


def test_gain_too_good_to_be_true_waits_for_a_person(project: Project) -> None:
    (project.path / "checks.sh").write_text("true\n")
    project.git("commit", "-qam", "no checks")
    project.edits(write(10))
    project.run("run")
    row = project.rows()[1]
    assert row["flags"] == ["needs_review", "suspicious"]
    assert "10 times better" in row["reasons"][1]


def test_worse_or_failing_change_is_not_looked_at(project: Project) -> None:
    project.edits({"write": {"file": "value.txt", "text": "110\nimport ctypes\n"}}, odd(90))
    project.run("run")
    assert [(row["status"], row["flags"]) for row in project.rows()[1:]] == [("discard", []), ("checks_failed", [])]


def test_secret_in_a_change_ends_the_experiment_and_is_stored_nowhere(project: Project) -> None:
    value = "correct-horse-battery"
    project.environ["KEY"] = value
    project.contract((project.path / "autoexp.yaml").read_text().replace("  timeout:", "  env_from: [KEY]\n  timeout:"))
    project.edits({"write": {"file": "value.txt", "text": f"90\n# {value}\n"}}, write(90))
    project.run("run")
    row = project.rows()[1]
    assert (row["status"], row["flags"], row["commit"]) == ("out_of_scope", ["secret"], None)
    assert "value.txt, line 2" in row["detail"]
    assert value not in json.dumps(project.rows()) + project.run("show", "1") + project.run("brief")
    assert "out_of_scope, secret" in project.run("log")
    objects = project.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)").splitlines()
    blobs = [line.split()[0] for line in objects if line.endswith("blob")]
    assert value not in "".join(project.git("cat-file", "blob", blob) for blob in blobs)
    assert project.statuses() == ["keep", "out_of_scope", "keep"]


def test_secret_that_was_there_before_is_no_offence(project: Project) -> None:
    project.environ["KEY"] = "correct-horse-battery"
    (project.path / "value.txt").write_text("100\n# correct-horse-battery\n")
    project.git("commit", "-qam", "long known")
    project.contract((project.path / "autoexp.yaml").read_text().replace("  timeout:", "  env_from: [KEY]\n  timeout:"))
    project.edits({"write": {"file": "value.txt", "text": "90\n# correct-horse-battery\n"}})
    project.run("run")
    assert project.statuses() == ["keep", "keep"]
