"""`autoexp check`: what it foretells, what its audits find, and how they are switched off."""

import json

import pytest

from tests.end_to_end.conftest import CONTRACT, write

FINDINGS = "finding     "
BRIEF = ("--audit-time", "1ms")
"""No audit that runs the harness is reached."""


@pytest.fixture
def project(project):
    """Have something to propose."""
    project.edits(write(90))
    return project


def test_check_foretells_and_lists_findings_with_evidence_and_mend(project):
    said, _ = project.ran("check", *BRIEF)
    assert "resolution  any gain is found; about 1 run an experiment, both sides together" in said
    assert (
        f"{FINDINGS}no-holdout: nothing is measured on inputs that the proposer cannot read\n  evidence  harness.holdout"
        in said
    )
    assert "\n  do        put inputs" in said
    assert "audit       tripwire: not made, the time for audits was over" in said
    assert project.git("status", "--porcelain").split() == ["??", "autoexp.yaml", "??", "edits.yaml"]


def test_strict_makes_a_finding_an_error_and_data_name_it(project):
    found = json.loads(project.ran("check", "--strict", "--json", *BRIEF, code=2)[0])
    assert {"no-holdout"} <= {finding["audit"] for finding in found["findings"]}
    assert all(set(finding) == {"audit", "what", "evidence", "fix"} for finding in found["findings"])
    assert found["resolution"]["samples"] == 1.0
    assert "mutation" in found


@pytest.mark.parametrize("how", ["key", *(pytest.param(how, marks=pytest.mark.long) for how in ("flag", "all"))])
def test_audits_are_switched_off_by_name(project, how):
    names = [finding["audit"] for finding in json.loads(project.ran("check", "--json", *BRIEF)[0])["findings"]]
    if how == "key":
        project.contract(f"{CONTRACT}check: {{skip: [{', '.join(names)}]}}\n")
    flags = {"flag": [word for name in names for word in ("--skip", name)], "key": [], "all": ["--no-audits"]}[how]
    said, told = project.ran("check", "--strict", *flags, *BRIEF)
    assert FINDINGS not in said
    assert not any(f"audit {name}:" in told for name in names)


def test_unknown_audit_is_refused_with_the_nearest_name(project):
    assert "there is no audit 'no-holdouts'\n  fix: did you mean no-holdout?" in project.run(
        "check", "--skip", "no-holdouts", code=2
    )
    project.contract(f"{CONTRACT}check:\n  skip: [tripwires]\n")
    said = project.run("check", code=2)
    assert "autoexp.yaml:17: check.skip: there is no audit 'tripwires'\n  fix: did you mean tripwire?" in said


def test_time_of_audits_must_be_a_time(project):
    assert "is not a duration" in project.run("check", "--audit-time", "soon", code=2)


NOISY = CONTRACT.replace("deterministic: true", "deterministic: false").replace('"sh bench.sh"', '"sh noisy.sh"')
ROUGH = """\
echo run >> "$RUNS"
count=$(wc -l < "$RUNS")
echo "METRIC x=$((1000 + 100 * (count % 2)))"
echo "METRIC ok=1"
"""


def test_a_noisy_metric_has_its_smallest_effect_and_the_preset_that_finds_smaller_gains(project):
    runs = project.path.parent / "runs"
    (project.path / "noisy.sh").write_text(ROUGH, encoding="utf-8")
    project.git("add", "noisy.sh")
    project.git("commit", "-q", "-m", "noisy")
    project.contract(NOISY.replace("  timeout: 5s", f"  timeout: 5s\n  env: {{RUNS: '{runs}'}}"))
    said, told = project.ran("check", "--no-audits")
    assert "smallest effect 0.50%\n" in said
    assert "`decision: {preset: thorough}` finds " in said
    assert " a sample, checks " in said
    steps = [line.strip() for line in told.splitlines() if "HEAD" in line]
    assert steps[:3] == ["measuring HEAD, sample 1", "running the checks on HEAD", "measuring HEAD, sample 2"]
    project.contract(project.path.joinpath("autoexp.yaml").read_text().replace("sh checks.sh", "exit 3"))
    runs.unlink()
    project.run("check", code=2)
    assert runs.read_text().count("run") == 1


def test_an_exact_metric_has_no_smallest_effect(project):
    assert "smallest effect 0, as the metric repeats exactly\n" in project.ran("check", *BRIEF)[0]


def test_an_edit_that_does_not_apply_is_a_note(project):
    project.edits({"description": "odd", "replace": {"file": "value.txt", "old": "99", "new": "98"}}, write(90))
    said, _ = project.ran("check", "--no-audits")
    told = "edits.yaml: edit 1 (odd) does not apply to HEAD: replace: the old text stands 0 times in value.txt"
    assert f"note        {told}" in said
    assert "edit 2" not in said


def test_checks_that_fail_name_the_test_before_the_rest_of_their_output(project):
    loud = "seq 20; echo FAILED test_a; seq 5; exit 1"
    project.contract(CONTRACT.replace("sh checks.sh", loud))
    said = project.run("check", code=2)
    assert "exit code 1\nFAILED test_a\nits last lines:\n1\n2\n" in said
