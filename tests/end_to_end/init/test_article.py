"""The sentences of the article are enough: what is not said is found out, `check` passes, and a campaign keeps a gain."""

import json
from typing import Any

import pytest

from autoexp.spec import load
from tests.end_to_end.conftest import Project
from tests.end_to_end.test_untouched import snapshot

SAID = (
    *("Optimize the benchmark suite", "--measure", "scripts/bench.sh", "--unit", "us", "--direction", "lower"),
    *("--checks", "scripts/test.sh", "--yes", "--allow-unsandboxed"),
)


def contract(project: Project) -> Any:
    return load((project.path / "autoexp.yaml").read_text())


def test_what_is_not_said_is_found_out_and_check_passes(sorting: Project) -> None:
    before = snapshot(sorting.path)
    out, err = sorting.ran("init", *SAID)
    spec = contract(sorting)
    assert (spec.harness.measure, spec.harness.checks) == ("scripts/bench.sh", "sh scripts/test.sh")
    assert (spec.harness.metrics, spec.primary, spec.metrics["time_us"].unit) == ("number", "time_us", "us")
    assert spec.scope.edit == ("src/sorting.py",)
    assert spec.lower_is_better
    assert "running `scripts/bench.sh` once on HEAD" in err
    assert "printed one number, which is taken as time_us" in out
    assert "inferred edit: src/sorting.py, because" in out
    assert "it is written `sh scripts/test.sh`" in out
    assert out.splitlines()[-1].startswith("next: autoexp check")
    assert {path: facts for path, facts in snapshot(sorting.path).items() if path in before} == before
    found = json.loads(sorting.ran("check", "--no-audits", "--json", "--allow-unsandboxed")[0])
    assert found["baseline"]["time_us"]["mean"] > 0


def test_the_whole_sentence_as_goal_is_enough(sorting: Project) -> None:
    goal = (
        "Optimize the benchmark suite. You can run it with scripts/bench.sh. The result is in microseconds - lower is "
        "better. Verify the changes by running scripts/test.sh"
    )
    sorting.run("init", goal, "--yes", "--allow-unsandboxed")
    spec = contract(sorting)
    assert (spec.harness.measure, spec.harness.checks) == ("scripts/bench.sh", "sh scripts/test.sh")
    assert (spec.primary, spec.metrics["time_us"].unit, spec.lower_is_better) == ("time_us", "us", True)


@pytest.mark.long
def test_campaign_that_init_began_keeps_a_gain(sorting: Project) -> None:
    sorting.run("init", *SAID, "--propose", "sh propose.sh", "--experiments", "1", "--hidden", "propose.sh")
    sorting.run("check", "--no-audits", "--allow-unsandboxed")
    sorting.run("run", "--allow-unsandboxed", code=3)
    assert sorting.statuses() == ["keep", "keep"]


def test_json_tells_answers_sources_and_the_next_command(sorting: Project) -> None:
    found = json.loads(sorting.ran("init", *SAID, "--json", "--guard", "cpu_s<=9", "--cost", "5")[0])
    assert [path.rpartition("/")[2] for path in found["written"]] == ["autoexp.yaml", "program.md"]
    assert (found["answers"]["metric"], found["answers"]["edit"]) == ("time_us", ["src/sorting.py"])
    assert found["run"]["outcome"] == "measured"
    assert any("src/sorting.py" in line for line in found["inferred"])
    assert found["next"].startswith("autoexp check")
    spec = contract(sorting)
    assert (spec.metrics["cpu_s"].at_most, spec.budget.cost_usd) == (9, 5)


def test_no_try_runs_nothing(sorting: Project) -> None:
    out, err = sorting.ran("init", *SAID, "--no-try")
    assert "running" not in err
    assert "METRIC time_us=NUMBER" in out
    assert contract(sorting).primary == "time_us"


def test_several_metrics_decide_together_where_that_is_asked_for(sorting: Project) -> None:
    (sorting.path / "scripts/bench.sh").write_text("#!/bin/sh\necho METRIC a_ms=3\necho METRIC b_ms=5\n")
    sorting.git("commit", "-qam", "two numbers")
    sorting.run("init", *SAID[1:3], "--objective", "geomean", "--yes", "--allow-unsandboxed")
    spec = contract(sorting)
    assert (spec.objective.kind, tuple(spec.metrics)) == ("geomean", ("a_ms", "b_ms"))
    assert "metric      objective = " in sorting.run("check", "--no-audits", "--allow-unsandboxed")
