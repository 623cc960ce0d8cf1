"""Each kind of objective from autoexp.yaml to its statuses, on a harness that prints what stands in a file."""

import pytest

from tests.end_to_end.conftest import Project, write

BENCH = """\
read -r latency throughput < value.txt
echo "METRIC latency_ms=$latency"
echo "METRIC throughput=$throughput"
"""

CONTRACT = """\
name: demo
goal: Make it better.
scope: {{edit: [value.txt]}}
harness: {{measure: "sh bench.sh"}}
metrics:
  latency_ms: {{role: secondary, direction: lower, unit: ms}}
  throughput: {{role: secondary, direction: higher}}
objective: {{{objective}}}
measurement: {{deterministic: true}}
proposer: {{kind: script, file: edits.yaml}}
sandbox: {{proposer: {{level: none}}, harness: {{level: none}}}}
"""


def campaign(project: Project, objective: str, *values: str) -> list[str]:
    """Make a campaign of an objective, begun at a latency of 300 and a throughput of 50, and give its statuses."""
    (project.path / "bench.sh").write_text(BENCH, encoding="utf-8")
    (project.path / "value.txt").write_text("300 50\n", encoding="utf-8")
    project.git("commit", "-qam", "print two metrics")
    project.contract(CONTRACT.format(objective=objective))
    project.edits(*(write(value) for value in values))
    project.run("run")
    return project.statuses()[1:]


def table(project: Project) -> list[list[str]]:
    text = (project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8")
    return [line.split("\t")[1:5] for line in text.splitlines()]


def test_weighted_decides_on_the_value_of_the_expression(project: Project) -> None:
    found = campaign(
        project, 'kind: weighted, expression: "3000/latency_ms + throughput", min_effect: 1%',
        "200 46",  # 61 instead of 60
        "200 47",  # 62: better by 1.6 %
        "150 40",  # 60
        "0 99",  # no value
        "100 31",  # 61
        "100 33",  # 63
    )  # fmt: skip
    assert found == ["keep", "keep", "discard", "bad_metric", "discard", "keep"]
    assert table(project)[0] == ["objective", "latency_ms", "throughput", "status"]
    assert [row[0] for row in table(project)[1:]] == ["60", "61", "62", "60", "", "61", "63"]
    (bad,) = [row for row in project.rows() if row["status"] == "bad_metric"]
    assert bad["detail"].startswith("3000/latency_ms + throughput has no value")
    assert "(latency_ms = 0, throughput = 99)" in bad["detail"]
    assert project.status()["primary"] == "objective"
    assert project.status()["in_loop_gain"] == pytest.approx(3 / 60)


def test_geomean_weighs_a_percent_the_same_in_each(project: Project) -> None:
    found = campaign(
        project, "kind: geomean, metrics: [latency_ms, throughput]",
        "150 26",  # half the latency for 52 % of the throughput
        "300 53",
        "150 25",  # the same ratio as at the start
        "-5 50",
        "140 26",
    )  # fmt: skip
    assert found == ["keep", "keep", "discard", "bad_metric", "keep"]
    assert [float(row[0]) for row in table(project)[1:3]] == pytest.approx([6**0.5, (150 / 26) ** 0.5])


def test_pareto_keeps_better_on_one_and_not_worse_on_the_others(project: Project) -> None:
    found = campaign(project, "kind: pareto, metrics: [latency_ms, throughput]",
                     "290 50", "290 55", "100 54", "291 99", " 290 55", "280 60")  # fmt: skip
    assert found == ["keep", "keep", "discard", "discard", "discard", "keep"]
    rows = project.rows()
    assert rows[2]["reasons"] == ["kept: throughput 10.00% better, 1 run; latency_ms not worse"]
    assert rows[3]["reasons"][0].startswith("discarded, throughput 1.82% worse: latency_ms 65.52% better")
    assert [row[0] for row in table(project)[1:4]] == ["300", "290", "290"]
    assert project.status()["in_loop_gain"] == pytest.approx(20 / 300)  # of latency_ms, which is shown as the metric


def test_lexicographic_asks_the_second_metric_where_the_first_is_not_worse(project: Project) -> None:
    found = campaign(project, "kind: lexicographic, metrics: [latency_ms, throughput]",
                     "290 10", "290 11", "291 99", "290 10", "289 1")  # fmt: skip
    assert found == ["keep", "keep", "discard", "discard", "keep"]


def test_gated_goes_over_to_the_second_metric_and_keeps_the_first_in_bounds(project: Project) -> None:
    found = campaign(
        project, 'kind: gated, metric: latency_ms, until: "latency_ms < 200", then: throughput',
        "250 20",  # towards the gate, whatever the throughput
        "260 99",  # throughput does not count yet
        "199 10",  # through the gate
        "100 10",  # latency counts no more
        "180 40",
        "200 90",  # out of bounds again
    )  # fmt: skip
    assert found == ["keep", "discard", "keep", "discard", "keep", "guard_failed"]
    assert project.rows()[-1]["reasons"] == ["latency_ms < 200 held and holds no more: latency_ms is 200"]
    assert project.rows()[-2]["reasons"] == ["kept: throughput 300.00% better, 1 run"]


def test_proposer_and_reader_are_told_what_counts(project: Project) -> None:
    campaign(project, 'kind: weighted, expression: "3000/latency_ms + throughput"', "200 50")
    brief = project.run("brief")
    assert "Improve `objective` (higher is better). Best so far: 65" in brief
    assert "What counts: objective = 3000/latency_ms + throughput, higher is better." in brief
    assert "objective   objective = 3000/latency_ms + throughput" in project.run("check")
    assert "objective = 3000/latency_ms + throughput" in (
        project.run("report") and (project.path / ".autoexp/demo/report.html").read_text(encoding="utf-8")
    )
    assert "objective 65" in project.run("status")


def test_baseline_without_a_value_is_refused_with_the_expression(project: Project) -> None:
    (project.path / "bench.sh").write_text(BENCH, encoding="utf-8")
    (project.path / "value.txt").write_text("0 50\n", encoding="utf-8")
    project.git("commit", "-qam", "print two metrics")
    project.contract(CONTRACT.format(objective='kind: weighted, expression: "1/latency_ms + throughput"'))
    project.edits(write("1 1"))
    for command in ("check", "run"):
        assert "1/latency_ms + throughput has no value: 1 / 0" in project.run(command, code=2)


def test_metric_that_decides_must_be_printed_though_it_is_secondary(project: Project) -> None:
    found = campaign(project, "kind: pareto, metrics: [latency_ms, throughput]", "290 50")
    assert found == ["keep"]
    (project.path / "bench.sh").write_text('echo "METRIC latency_ms=3"\n', encoding="utf-8")
    project.git("commit", "-qam", "forget one")
    assert "throughput was not measured" in project.run("run", "--tag", "other", code=2)
