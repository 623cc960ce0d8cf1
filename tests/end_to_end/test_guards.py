"""A noisy guard, and scores of items, through the whole loop."""

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import BENCH, CONTRACT, made, write

NOISY = """\
read -r n < "$COUNTER"
echo $(( n + 1 )) > "$COUNTER"
echo "METRIC x=$(( 500 - x ))"
echo "METRIC g=$(( x + n * 5 % 7 ))"
echo "ITEM even=$(( n % 2 ))"
"""


def test_noisy_guard_is_broken_by_evidence_and_not_by_chance(tmp_path, helper: Helper) -> None:
    """The baseline's g is 100, 105 and 103; a candidate with 102 and 107 lies beyond it by less than the noise."""
    project = made(tmp_path, helper)
    (tmp_path / "counter").write_text("0\n")
    (project.path / "bench.sh").write_text(BENCH.replace('echo "METRIC x=$x"\n', NOISY))
    project.git("commit", "-qam", "a noisy guard")
    project.contract(
        CONTRACT.replace("equals: 1}", "equals: 1}\n  g: {role: guard, at_most: baseline}")
        .replace("deterministic: true", "deterministic: auto")
        .replace("budget:", "decision: {method: batch}\nbudget:")
        .replace("timeout: 5s", f"timeout: 5s\n  env: {{COUNTER: '{tmp_path}/counter'}}")
    )
    project.edits(write(101), write(400))
    project.run("run")
    baseline, near, far = project.rows()
    assert (near["status"], near["metrics"]["g"]) == ("keep", 104.5)
    assert baseline["metrics"]["g"] < near["metrics"]["g"]
    assert far["status"] == "guard_failed"
    assert far["reasons"][0].startswith("g broke its guard: at_most 102.667, measured 404 (evidence ")
    items = [event["sample"]["items"] for event in project.journal() if event["event"] == "sample"]
    assert items == [{"even": n % 2} for n in range(6)]
