"""From autoexp.yaml to a kept commit."""

import json

import pytest

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

EDITS = (
    write(90),
    write(95),
    write(90),
    {"description": "nothing", "run": "true"},
    {"description": "beyond the scope", "run": "echo 1 > value.txt; echo 'echo METRIC x=0' > bench.sh"},
    write("crash"),
    write("silent"),
    write(13),
    write(2),
    {"description": "fails itself", "run": "exit 9"},
    write(80, hypothesis="smaller is better", asi={"kind": "size"}),
)
EXPECTED = [
    "keep", "keep", "discard", "no_change", "no_change", "out_of_scope", "crash", "bad_metric", "guard_failed",
    "checks_failed", "proposer_error", "keep",
]  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """Give a campaign that has made all edits: run once for the tests that only look at it."""
    project = made(tmp_path_factory.mktemp("ended"), helper)
    project.edits(*EDITS)
    project.run("run")
    return project


def test_every_edit_gets_its_status(ended: Project) -> None:
    assert ended.statuses() == EXPECTED


def test_kept_line_is_the_branch_and_nothing_else(ended: Project) -> None:
    kept = [row["commit"] for row in ended.rows() if row["status"] == "keep"]
    assert ended.git("rev-list", "--reverse", "autoexp/demo").splitlines() == kept
    assert ended.git("rev-parse", "refs/autoexp/demo/best") == kept[-1]
    assert ended.git("show", "autoexp/demo:value.txt") == "80"


def test_discarded_candidates_stay_reachable_with_their_verdicts(ended: Project) -> None:
    refs = ended.refs()
    for row in ended.rows()[1:]:
        record = json.loads(ended.git("cat-file", "blob", refs[f"record/{row['n']}"]))
        assert record["status"] == row["status"]
        if row["commit"]:
            assert refs[f"attempt/{row['n']}"] == row["commit"]
    assert refs["segment/0"]


def test_exports_hold_a_line_for_each_experiment(ended: Project) -> None:
    folder = ended.path / ".autoexp/demo"
    table = [line.split("\t") for line in (folder / "results.tsv").read_text().splitlines()]
    assert table[0] == ["commit", "x", "ok", "status", "description"]
    assert [cells[3] for cells in table[1:]] == EXPECTED
    lines = [json.loads(line) for line in (folder / "experiments.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == EXPECTED
    assert lines[-1]["hypothesis"] == "smaller is better"
    assert lines[-1]["asi"] == {"kind": "size", "hypothesis": "smaller is better"}
    assert ended.git("status", "--porcelain", "--", ".autoexp") == ""


def test_gain_is_a_fraction_of_the_baseline(ended: Project) -> None:
    status = ended.status()
    assert status["baseline"]["x"] == 100
    assert status["incumbent"]["metrics"]["x"] == 80
    assert abs(status["in_loop_gain"] - 0.2) < 1e-9
    assert status["kept"] == 2
    assert status["stop_reason"] == "exhausted"


def test_n_more_experiments_are_decided_in_one_call(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "2")
    assert project.statuses() == EXPECTED[:3]
    assert project.status()["state"] == "idle"
    project.run("run", "--experiments", "1")
    assert project.statuses() == EXPECTED[:4]


def test_budget_ends_the_campaign_with_its_reason(project: Project) -> None:
    project.edits(*EDITS)
    project.contract(
        (project.path / "autoexp.yaml").read_text().replace("{consecutive_crashes: null}", "{experiments: 3}")
    )
    project.run("run", code=3)
    assert project.status()["stop_reason"] == "experiments"
    assert len(project.rows()) == 4


def test_crashes_in_a_row_end_the_campaign(project: Project) -> None:
    project.edits(*[write("crash", description=f"crash {i}") for i in range(9)])
    project.contract(
        (project.path / "autoexp.yaml").read_text().replace("consecutive_crashes: null", "consecutive_crashes: 2")
    )
    project.run("run", code=3)
    assert project.status()["stop_reason"] == "crashes"
    assert project.statuses() == ["keep", "crash", "crash"]


def test_timeout_is_a_status_and_nothing_keeps_running(project: Project) -> None:
    project.edits(write("hang"))
    project.contract((project.path / "autoexp.yaml").read_text().replace("timeout: 5s", "timeout: 0.3s"))
    project.run("run")
    assert project.statuses() == ["keep", "timeout"]


def test_command_proposer_reads_the_brief_and_stops_with_3(project: Project) -> None:
    (project.path / "propose.py").write_text(
        "import json, os, sys\n"
        "brief = json.load(open(os.environ['AUTOEXP_BRIEF']))\n"
        "if brief['position'] == 2: sys.exit(3)\n"
        "assert 'Make x small' in open(os.environ['AUTOEXP_BRIEF_MD']).read()\n"
        "value = brief['incumbent']['metrics']['x'] - 1\n"
        "open('value.txt', 'w').write(f'{value:.0f}\\n')\n"
        "print(json.dumps({'description': 'one less', 'tokens': {'input': 5, 'output': 2}, 'cost_usd': 0.25}))\n"
    )
    project.git("add", "propose.py")
    project.git("commit", "-qm", "proposer")
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("{kind: script, file: edits.yaml}", "{kind: command, command: python propose.py}"))
    project.run("run")
    status = project.status()
    assert project.statuses() == ["keep", "keep", "keep"]
    assert status["stop_reason"] == "exhausted"
    assert status["incumbent"]["metrics"]["x"] == 98
    assert (status["cost_usd"], status["tokens"]) == (0.5, 14)


def test_plain_command_without_metric_lines_is_optimised_by_what_autoexp_measures(project: Project) -> None:
    project.edits(write(50))
    project.contract(
        "scope: {edit: [value.txt]}\nname: demo\n"
        'harness: {measure: "sleep 0.$(head -c 1 value.txt)"}\n'
        "metrics: {wall_s: {role: primary, direction: lower}, cpu_s: {role: secondary}, peak_rss_mb: {role: secondary}}\n"
        "proposer: {kind: script, file: edits.yaml}\n"
    )
    project.run("run")
    baseline, changed = project.rows()
    assert set(baseline["metrics"]) >= {"wall_s", "cpu_s", "peak_rss_mb"}
    assert baseline["metrics"]["wall_s"] >= 0.1
    assert changed["status"] == "discard"
    assert changed["samples"] >= 2


def test_failing_baseline_is_an_error_and_a_mended_one_goes_on(project: Project) -> None:
    project.edits(write(50))
    (project.path / "value.txt").write_text("crash\n")
    project.git("commit", "-qam", "broken")
    assert "it broke" in project.run("run", code=2)
    (project.path / "value.txt").write_text("100\n")
    project.git("commit", "-qam", "mended")
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


def test_changed_spec_opens_a_segment_with_a_new_baseline(project: Project) -> None:
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    project.contract((project.path / "autoexp.yaml").read_text().replace("timeout: 5s", "timeout: 6s"))
    project.run("run")
    rows = project.rows()
    assert [(row["n"], row["segment"]) for row in rows] == [(0, 0), (1, 0), (0, 1), (2, 1)]
    assert rows[2]["metric"] == 90
    assert project.status()["segment"] == 1


def test_show_and_diff_tell_about_one_experiment(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "1")
    assert "-100\n+90" in project.run("diff", "1")
    assert "kept: x 10.00% better" in project.run("show", "1")
    assert "there is no experiment 7" in project.run("show", "7", code=2)


def test_report_is_one_file(ended: Project) -> None:
    ended.run("report")
    page = (ended.path / ".autoexp/demo/report.html").read_text()
    assert "<svg" in page
    assert "value 80" in page
