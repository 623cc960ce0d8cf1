"""init --from takes over a session of pi-autoresearch, and a contract of another folder, up to a contract that passes check."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.spec import load
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project
from tests.end_to_end.init.repositories import article, made
from tests.machines import without_anything

SESSION = {
    "src/a.txt": "5\n",
    "autoresearch.sh": "echo METRIC total=$(cat src/a.txt)\necho METRIC rows=3\n",
    "autoresearch.checks.sh": "test -s src/a.txt\n",
    "autoresearch.md": "# Autoresearch: small\n\n## Files in Scope\n\n- `src/a.txt`\n",
    "autoresearch.jsonl": '{"type": "config", "name": "Make it small", "metricName": "total", "metricUnit": "", "bestDirection": "lower"}\n',
}


def test_session_becomes_a_contract_that_passes_check_and_another_one_takes_that_over(
    tmp_path: Path, helper: Helper
) -> None:
    project = Project(made(tmp_path / "old", SESSION), tmp_path / "cache", helper)
    project.run("init", "--from", str(project.path), "--yes", "--allow-unsandboxed")
    spec = load((project.path / "autoexp.yaml").read_text())
    assert (spec.goal, spec.scope.edit, spec.primary) == ("Make it small", ("src/a.txt",), "total")
    assert (spec.harness.measure, spec.harness.checks) == ("sh autoresearch.sh", "sh autoresearch.checks.sh")
    assert spec.metrics["rows"].role == "secondary"
    found = json.loads(project.ran("check", "--no-audits", "--json", "--allow-unsandboxed")[0])
    assert found["baseline"]["total"]["mean"] == 5
    other = Project(made(tmp_path / "new", SESSION), tmp_path / "cache", helper)
    other.run("init", "Make it smaller", "--from", str(project.path), "--tag", "second")
    taken = load((other.path / "autoexp.yaml").read_text())
    assert (taken.name, taken.goal, taken.scope, taken.harness) == (
        "second",
        "Make it smaller",
        spec.scope,
        spec.harness,
    )


@pytest.mark.long
def test_without_a_sandbox_nothing_is_run_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "machine").mkdir()
    prefix = without_anything(tmp_path / "machine")
    path = article(tmp_path / "sorting")
    command = [*prefix, sys.executable, "-m", "autoexp", "init", "--yes", "--repo", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "the measure command was not run: " in done.stdout
    assert "--allow-unsandboxed" in done.stdout
    assert load((path / "autoexp.yaml").read_text()).harness.measure == "scripts/bench.sh"
