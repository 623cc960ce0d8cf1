import pytest

from autoexp.harness.audits.unarmed import unarmed_checks

TARGET = '''"""The sum of what is large enough."""
STEP = 100

def total(values, low):
    kept = []
    for start in range(0, len(values), STEP):
        kept += [value for value in values[start : start + STEP] if value >= low]
    if not kept:
        return unused(low)
    return sum(kept) - low

def unused(low):
    return low + 1
'''
BENCH = """
import os, sys, target
answer = target.total(list(range(9)), 4)
if "strict" in sys.argv:
    assert answer == 26, answer
print(f"METRIC x={100 + int(os.environ['AUTOEXP_SEED']) % 7 / 10}")
"""
"""A number with some noise that no change of the target moves."""
FILES = {"target.py": TARGET, "bench.py": BENCH}


def project(*arguments: str, **harness: str):
    measure = " ".join(["python -S -B bench.py", *arguments])
    return {"scope": {"edit": ["target.py"]}, "harness": {"measure": measure, **harness}}


def score(made) -> dict[str, float]:
    (figure,) = made.figures
    return dict(figure.values)


def test_contract_that_no_wrong_answer_disturbs_is_found_with_the_mistakes_that_passed(ground):
    made = ground(FILES, **project())
    (found,) = unarmed_checks(made)
    assert "nothing objected: target.py:" in found.evidence
    assert score(made)["score"] < 0.5
    assert "passed: target.py:" in made.figures[0].words


def test_harness_that_compares_answers_notices_every_mistake(ground):
    made = ground(FILES, **project("strict"))
    assert not list(unarmed_checks(made))
    assert score(made)["score"] == 1.0


@pytest.mark.long
def test_checks_that_compare_other_answers_notice_most_mistakes(ground):
    check = "import target; assert target.total([1, 5, 5, 7], 5) == 12; assert target.total([], 5) == 6"
    made = ground(FILES, **project(checks=f'python -S -B -c "{check}"'))
    assert not list(unarmed_checks(made))
    assert score(made)["counted"] >= 4


@pytest.mark.long
def test_changes_that_alter_no_answer_count_for_nothing(ground):
    target = "STEP = 100\nFAST = True\n\ndef total(values, low):\n    return max(values) if FAST and values else max(values)\n"
    made = ground(FILES | {"target.py": target}, **project())
    assert not list(unarmed_checks(made))
    assert score(made)["tried"] == 4
    assert [name for name in ("STEP", "FAST", "else") if f"-> {name}" in made.figures[0].words] == []


@pytest.mark.long
def test_guard_on_a_printed_answer_is_a_check(ground):
    files = FILES | {"bench.py": BENCH + "print(f'METRIC answer={answer}')\n"}
    metrics = {"x": {"role": "primary", "direction": "lower"}, "answer": {"role": "guard", "equals": "baseline"}}
    made = ground(files, metrics=metrics, **project())
    assert not list(unarmed_checks(made))
    assert score(made)["score"] == 1.0


@pytest.mark.long
def test_program_of_which_its_children_keep_stderr_to_themselves_is_watched_all_the_same(ground):
    script = "import sys\nn = int(sys.argv[1])\nm = 0\nfor i in range(n):\n    m += i * 2\nprint(m)\n"
    bench = BENCH.replace(
        "target.total(list(range(9)), 4)", "subprocess.run(['python', '-S', 'target.py', '5'], capture_output=True)"
    )
    made = ground(
        {"target.py": script, "bench.py": bench.replace("import os", "import subprocess, os").replace(", target", "")},
        **project(),
    )
    (found,) = unarmed_checks(made)
    assert "changed what the target answers" in found.evidence


SHELL = {
    "run.sh": "n=0\nfor i in 1 2 3 4; do\n  if [ $i -ge 2 ]; then\n    n=$((n + 2))\n  fi\ndone\necho $n\n",
    "bench.sh": 'answer=$(sh run.sh)\nif [ "$1" = strict ]; then [ "$answer" = 6 ] || exit 1; fi\necho METRIC x=10$((AUTOEXP_SEED % 7))\n',
}


@pytest.mark.long
def test_shell_target_without_checks_is_found_and_with_checks_not(ground):
    contract = {"scope": {"edit": ["run.sh"]}, "harness": {"measure": "sh bench.sh"}}
    (found,) = unarmed_checks(ground(SHELL, **contract))
    assert "run.sh:" in found.evidence
    contract["harness"] = {"measure": "sh bench.sh strict"}
    assert not list(unarmed_checks(ground(SHELL, **contract)))


def test_prose_is_no_program_and_is_not_changed(ground):
    made = ground({"prompt.md": "Be kind.\n"}, scope={"edit": ["prompt.md"]}, harness={"measure": "echo METRIC x=1"})
    assert not list(unarmed_checks(made))
    assert made._runs == 0
