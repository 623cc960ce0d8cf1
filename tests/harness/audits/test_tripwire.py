import pytest

from autoexp.harness.audits.tripwire import tripwire

PYTHON = "python -S -B bench.py"
TARGET = "def total(items):\n    return sum(items)\n"
HONEST = "import target\nassert target.total([1, 2]) == 3\nprint('METRIC x=5')\n"
HIDING = "try:\n    import target\n    target.total([1, 2])\nexcept Exception:\n    pass\nprint('METRIC x=5')\n"
PROJECT = {"scope": {"edit": ["target.py"]}, "harness": {"measure": PYTHON}}


def test_harness_that_hides_a_failing_target_is_found_by_both_tripwires(ground):
    (found,) = tripwire(ground({"target.py": TARGET, "bench.py": HIDING}, **PROJECT))
    assert found.audit == "tripwire"
    assert "target.py" in found.what
    assert "is emptied" in found.evidence
    assert "fails at once" in found.evidence
    assert "x 5, on HEAD 5" in found.evidence


def test_harness_that_needs_its_target_gives_no_finding(ground):
    assert not list(tripwire(ground({"target.py": TARGET, "bench.py": HONEST}, **PROJECT)))


@pytest.mark.long
def test_checks_that_need_the_target_are_enough(ground):
    harness = {"measure": PYTHON, "checks": "grep -q 'def total' target.py"}
    assert not list(tripwire(ground({"target.py": TARGET, "bench.py": HIDING}, **{**PROJECT, "harness": harness})))


def test_text_whose_loss_the_number_shows_gives_no_finding(ground):
    project = {"scope": {"edit": ["prompt.md"]}, "harness": {"measure": "echo METRIC x=$(wc -w < prompt.md)"}}
    metrics = {"x": {"role": "primary", "direction": "higher"}}
    assert not list(tripwire(ground({"prompt.md": "be kind\n"}, metrics=metrics, **project)))
    (found,) = tripwire(ground({"prompt.md": "be kind\n"}, **project))
    assert "fails at once" not in found.evidence


def test_shell_program_that_may_fail_is_found(ground):
    files = {"run.sh": "echo 3\n", "bench.sh": "sh run.sh > answer; echo METRIC x=5\n"}
    project = {"scope": {"edit": ["run.sh"]}, "harness": {"measure": "sh bench.sh"}}
    (found,) = tripwire(ground(files, **project))
    assert "fails at once" in found.evidence
