import ast
import subprocess
import sys

import pytest

from autoexp.harness.audits.mutants.chosen import spread
from autoexp.harness.audits.mutants.lines import of_lines
from autoexp.harness.audits.mutants.mutant import Mutant
from autoexp.harness.audits.mutants.python import of_python
from autoexp.harness.audits.mutants.spy import MARK, digest
from autoexp.harness.audits.mutants.watching import instrumented

PROGRAM = '''"""Adds up what is asked for."""
import sys
SHARP = False

def total(items, low: int = 3):
    """Not a line to change: 1 + 1."""
    if SHARP:
        return 0
    kept = [item for item in items if item >= low]
    result = 0
    for item in kept:
        if item == 7:
            continue
        result += item * 2
    print("done")
    return result

if __name__ == "__main__":
    print(total([1, 2, 3]) + 1)
'''


def of(text: str, **more) -> list[tuple[Mutant, str]]:
    return [(mutant, ast.unparse(make())) for mutant, make in of_python("p.py", ast.parse(text), **more)]


def test_each_mutant_is_a_program_with_one_change_at_the_line_that_it_names():
    plain = ast.unparse(ast.parse(PROGRAM))
    made = of(PROGRAM)
    assert len({text for _, text in made}) == len(made) > 10
    for mutant, text in made:
        assert text != plain
        assert mutant.before != mutant.after
        assert mutant.before.replace("'", '"') in PROGRAM.splitlines()[mutant.line - 1]
        changed = [pair for pair in zip(plain.splitlines(), text.splitlines(), strict=False) if pair[0] != pair[1]]
        assert len(changed) == 1 or "pass" in text, mutant.words


def test_mutants_are_what_a_reader_would_call_small_mistakes():
    words = {mutant.words for mutant, _ in of(PROGRAM)}
    assert {
        "p.py:3 SHARP = False -> SHARP = True",
        "p.py:9 kept = [item for item in items if item >= low] -> kept = [item for item in items if item < low]",
        "p.py:9 kept = [item for item in items if item >= low] -> kept = [item for item in items if item > low]",
        "p.py:9 kept = [item for item in items if item >= low] -> kept = [item for item in items]",
        "p.py:12 item == 7 -> item != 7",
        "p.py:13 continue -> pass",
        "p.py:14 result += item * 2 -> pass",
        "p.py:14 result += item * 2 -> result += item + 2",
        "p.py:10 result = 0 -> result = 1",
    } <= words


def test_documentation_parameters_and_the_start_as_a_program_are_no_mistakes_to_make():
    assert {mutant.line for mutant, _ in of(PROGRAM)} & {1, 2, 5, 6, 18, 19} == set()


def test_what_is_not_reached_is_not_changed():
    lines = {mutant.line for mutant, _ in of(PROGRAM, reached={6, 12})}
    assert {7, 9, 12, 14} <= lines
    assert lines & {8, 13} == set()


def test_likely_mistakes_in_every_function_come_first_and_in_the_same_order_each_time():
    known = [(Mutant("p.py", n, "a", "b", place=f"f{n % 3}", rank=n % 2), dict) for n in range(12)]
    order = [made.line for made, _ in spread(known, seed=5)]
    assert sorted(order) == list(range(12))
    assert {n % 3 for n in order[:3] if n % 2 == 0} >= {n % 3 for n in order[:2]}
    assert order == [made.line for made, _ in spread(known, seed=5)]
    assert order != [made.line for made, _ in spread(known, seed=6)]


def test_mutant_of_another_language_changes_one_line_and_no_remark():
    text = "#include <a.h>\n// 1 + 1\nint f(int a) {\n  total += a * 2;\n  if (a <= 3) return 0;\n  return total;\n}\n"
    made = list(of_lines("f.c", text))
    assert {mutant.line for mutant, _ in made} == {4, 5}
    assert "f.c:4 total += a * 2; -> (nothing)" in {mutant.words for mutant, _ in made}
    assert "f.c:5 if (a <= 3) return 0; -> if (a > 3) return 0;" in {mutant.words for mutant, _ in made}
    for _, changed in made:
        pairs = zip(text.splitlines(), changed.splitlines(), strict=True)
        assert sum(a != b for a, b in pairs) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        ([1, 2.0], (1, 2.0), True),
        ({1, 2}, {2, 1}, True),
        ([1, 2], [2, 1], False),
        (0.3, 0.3001, False),
        ({"a": 1}, {"a": 2}, False),
        (object(), object(), True),
    ],
)
def test_answers_are_equal_by_their_content(one, other, same):
    assert (digest(one) == digest(other)) is same


WATCHED = '''"""A module."""
from __future__ import annotations

def add(a, b):
    return inner(a) + b

def inner(a):
    return a

def numbers(n):
    yield from range(n)

class Counter:
    def __init__(self):
        self.n = 0

    def up(self):
        self.n += 1

    @property
    def twice(self):
        return 2 * self.n
'''
CALLER = """
import target
counter = target.Counter()
counter.up()
print(target.add(1, 2), list(target.numbers(3)), counter.twice, target.__doc__)
"""


def ran(folder, source: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "target.py").write_bytes(source)
    (folder / "caller.py").write_text(CALLER)
    return subprocess.run(
        [sys.executable, "-S", "-B", "caller.py"], cwd=folder, capture_output=True, text=True, check=True, env={}
    )


def test_watched_program_does_what_it_did_and_tells_what_it_answers_to_others(tmp_path):
    plain = ran(tmp_path, WATCHED.encode())
    watched = ran(tmp_path, instrumented(ast.parse(WATCHED), "target.py", cover=True))
    assert watched.stdout == plain.stdout == "3 [0, 1, 2] 2 A module.\n"
    told = [line.split("\t")[1:4] for line in watched.stderr.splitlines() if line.startswith(MARK)]
    assert {tuple(line) for line in told if line[1]} == {
        ("target.py", "add", "1"),
        ("target.py", "numbers (items)", "1"),
        ("target.py", "numbers (items)", "2"),
        ("target.py", "numbers (items)", "3"),
        ("target.py", "Counter.up", "1"),
    }
