"""Does an audit see that the target can report its own number? And does it leave harnesses alone that keep it apart?"""

import pytest

from autoexp.harness.audits.process import same_process

CALLS = "import target\nprint('METRIC x=%d' % target.answer())\n"
ASKS = "import subprocess, sys\nsays = subprocess.run([sys.executable, 'target.py'], capture_output=True, text=True, check=True)\nprint('METRIC x=%d' % int(says.stdout))\n"
TARGET = "def answer():\n    return 40\n\n\nif __name__ == '__main__':\n    print(answer())\n"
PYTHON = {"scope": {"edit": ["target.py"]}, "harness": {"measure": "python bench.py"}}


def test_target_that_the_harness_imports_is_believed(ground):
    (found,) = same_process(ground({"target.py": TARGET, "bench.py": CALLS}, **PYTHON))
    assert found.audit == "same-process"
    assert "was measured as x = 10" in found.evidence
    assert "bench.py imports target.py" in found.evidence


def test_target_in_a_process_of_its_own_is_not(ground):
    assert not list(same_process(ground({"target.py": TARGET, "bench.py": ASKS}, **PYTHON)))


@pytest.mark.long
def test_script_that_a_shell_harness_reads_is_believed(ground):
    sections = {"scope": {"edit": ["target.sh"]}, "harness": {"measure": "sh bench.sh", "metrics": "keyvalue"}}
    (found,) = same_process(
        ground({"target.sh": "x=40\n", "bench.sh": ". ./target.sh\necho ---\necho x: $x\n"}, **sections)
    )
    assert "`x: 10.0`" in found.evidence


@pytest.mark.long
def test_harness_that_looks_for_a_pattern_believes_a_target_that_prints_it(ground):
    sections = {
        "scope": {"edit": ["target.sh"]},
        "harness": {"measure": "sh bench.sh", "metrics": {"regex": {"x": r"took (\d+(?:\.\d+)?) ms"}}},
    }
    files = {"target.sh": "x=40\n", "bench.sh": ". ./target.sh\necho it took $x ms\n"}
    (found,) = same_process(ground(files, **sections))
    assert "it took 10.0 ms" in found.evidence


@pytest.mark.long
def test_what_autoexp_measures_itself_cannot_be_reported(ground):
    sections = {
        "scope": {"edit": ["target.sh"]},
        "harness": {"measure": "sh target.sh"},
        "metrics": {"cpu_s": {"role": "primary", "direction": "lower"}},
    }
    assert not list(same_process(ground({"target.sh": "x=40\n"}, **sections)))


def test_many_files_are_counted_and_the_line_stays_one_line(ground):
    files = {f"part{i}.py": "x = 1\n" for i in range(5)} | {"target.py": TARGET, "bench.py": CALLS}
    (found,) = same_process(ground(files, scope={"edit": ["target.py", "part*.py"]}, harness=PYTHON["harness"]))
    assert found.evidence.startswith("code in all 6 files in scope that does nothing but print `METRIC x=10")
    assert "\n" not in found.evidence
