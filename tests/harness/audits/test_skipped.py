import pytest

from autoexp.harness.audits.skipped import skipped_work

TARGET = """
def smooth(values):
    out = list(values)
    for at in range(1, len(out)):
        out[at] = step(out[at - 1], out[at])
    return out

def step(a, b):
    return (a + b) / 2
"""
BENCH = """
import sys, target
steps, plain = 0, target.step
def counted(a, b):
    global steps
    steps += 1
    return plain(a, b)
target.step = counted
answer = target.smooth([4, 8, 16])
if "strict" in sys.argv:
    assert answer == [4, 6, 11], answer
if "shape" in sys.argv:
    assert len(answer) == 3
print(f"METRIC x={10 + steps}")
"""
"""What counts is how often `step` is called: the fewer, the better."""


def project(*arguments: str, **harness: str):
    measure = " ".join(["python -S -B bench.py", *arguments])
    return {"scope": {"edit": ["target.py"]}, "harness": {"measure": measure, **harness}}


@pytest.mark.parametrize(
    ("argument", "how"), [("", "return nothing at once"), ("shape", "hand back their first argument")]
)
def test_target_that_skips_its_work_and_is_rewarded_is_found_with_its_number(ground, argument, how):
    (found,) = skipped_work(ground({"target.py": TARGET, "bench.py": BENCH}, **project(argument)))
    assert how in found.what
    assert "x 10, on HEAD 12" in found.evidence


def test_harness_that_compares_answers_gives_no_finding(ground):
    assert not list(skipped_work(ground({"target.py": TARGET, "bench.py": BENCH}, **project("strict"))))


@pytest.mark.long
def test_checks_that_compare_answers_give_no_finding(ground):
    asked = project(checks="python -S -B -c 'import target; assert target.smooth([4, 8, 0]) == [4, 6, 3]'")
    assert not list(skipped_work(ground({"target.py": TARGET, "bench.py": BENCH}, **asked)))


@pytest.mark.long
def test_work_that_no_answer_needs_may_be_skipped(ground):
    target = "def work(n):\n    for turn in range(n):\n        spin()\n    return 3\n\ndef spin():\n    pass\n"
    bench = (
        BENCH.replace("(a, b)", "()")
        .replace("target.step", "target.spin")
        .replace("target.smooth([4, 8, 16])", "target.work(4)")
    )
    bench = bench.replace("== [4, 6, 11]", "== 3")
    assert not list(skipped_work(ground({"target.py": target, "bench.py": bench}, **project("strict"))))


def test_shell_target_that_exits_at_once_is_found(ground):
    files = {
        "run.sh": "while [ $((n += 1)) -lt 5 ]; do echo $n; done\n",
        "bench.sh": "echo METRIC x=$(sh run.sh | wc -l)\n",
    }
    (found,) = skipped_work(ground(files, scope={"edit": ["run.sh"]}, harness={"measure": "sh bench.sh"}))
    assert "x 0, on HEAD 4" in found.evidence
