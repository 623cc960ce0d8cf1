"""Reports on the private descriptor, and on stdout for a person."""

import pytest

from tests.harness_kit.deployed import Desk

ALL = """
from autoexp.harness_kit import cost, item, report
report(latency_ms=41.5, rows=3)
report({"p99_µs": 1e-9, "share%": True}, done=2)
item("case/1=a", 0.25)
item("case/2", 1)
cost(0.01)
"""
LINES = [
    *("METRIC latency_ms=41.5", "METRIC rows=3.0", "METRIC p99_µs=1e-09", "METRIC share%=1.0", "METRIC done=2.0"),
    *("ITEM case/1=a=0.25", "ITEM case/2=1.0", "COST usd=0.01"),
]


def test_report_goes_to_the_private_descriptor_below_a_header(desk: Desk) -> None:
    done = desk.python(ALL)
    assert done.report == ["AUTOEXP-KIT 1", *LINES]
    assert done.stdout == ""


def test_person_sees_the_same_lines(desk: Desk) -> None:
    done = desk.python(ALL, private=False, PYTHONIOENCODING="utf-8")
    assert done.stdout.splitlines() == LINES
    assert done.report == []


def test_report_is_what_the_engine_reads(desk: Desk) -> None:
    from autoexp.harness.metrics import read_lines
    from autoexp.spec.sections import MetricSection

    names = ["latency_ms", "rows", "p99_µs", "share%", "done"]
    metrics = {name: MetricSection(role="secondary") for name in names}
    found = read_lines(desk.python(ALL).report[1:], "lines", metrics)
    assert found.problem == ""
    assert set(found.values) == set(names)
    assert found.items == {"case/1=a": 0.25, "case/2": 1.0}
    assert found.cost_usd == 0.01


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("report(a=float('nan'))", "'a' needs a finite number, and not nan"),
        ("report(a=10 ** 400)", "'a' needs a finite number"),
        ("report(a='1')", "'a' needs a finite number"),
        ("report(a=None)", "'a' needs a finite number"),
        ("report({'a b': 1})", "a metric is named with letters"),
        ("report({'a\\n': 1})", "a metric is named with letters"),
        ("report(a=1); report(a=1)", "the metric 'a' is reported twice"),
        ("report({'a': 1}, a=1)", "the metric 'a' is reported twice"),
        ("report(b=1, a=float('inf'))", "'a' needs a finite number"),
        ("item('x', 1); item('x', 1)", "the item 'x' is reported twice"),
        ("item('x y', 1)", "the id of an item"),
        ("item('x' * 201, 1)", "the id of an item"),
        ("[item(str(n), 1) for n in range(20001)]", "more than 20,000 items"),
        ("cost(-1)", "a cost is 0 or more"),
    ],
)
def test_wrong_report_is_refused_and_says_why(desk: Desk, code: str, told: str) -> None:
    done = desk.python(f"from autoexp.harness_kit import cost, item, report\n{code}")
    assert done.status == 1
    assert told in done.stderr
    assert "METRIC b" not in done.report


def test_second_program_of_a_run_writes_no_second_header(desk: Desk) -> None:
    desk.write(
        one="from autoexp.harness_kit import report; report(a=1)",
        two="from autoexp.harness_kit import report; report(b=1)",
    )
    done = desk.run("sh", "-c", "python3 one.py && python3 two.py")
    assert done.report == ["AUTOEXP-KIT 1", "METRIC a=1.0", "METRIC b=1.0"]


def test_descriptor_that_is_not_autoexps_is_refused(desk: Desk) -> None:
    done = desk.python("import autoexp.harness_kit", AUTOEXP_REPORT_FD="1")
    assert done.status == 1
    assert "AUTOEXP_REPORT_FD is '1', which is no descriptor that autoexp opened" in done.stderr


CHILD = """
import os, subprocess, sys
import autoexp.harness_kit
code = '''
import os
judge, found = os.getppid(), []
for name in ['mem', 'environ', *('fd/%d' % n for n in range(64))]:
    try: found.append((name, len(open(f"/proc/{judge}/{name}", "rb").read(0))))
    except OSError: pass
import ctypes
if ctypes.CDLL(None).ptrace(0x4206, judge, None, None) == 0: found.append("ptrace")
for n in range(3, 64):
    try: os.fstat(n); found.append(n)
    except OSError: pass
print(found, "AUTOEXP_REPORT_FD" in os.environ)
'''
print(subprocess.run([sys.executable, "-c", code], close_fds=False, capture_output=True, text=True).stdout)
"""


def test_child_of_a_harness_cannot_look_into_it(desk: Desk, bwrap: str) -> None:
    done = desk.python(CHILD, boxed=True)
    assert done.stdout.split() == ["[]", "False"], done.stderr


def test_child_could_look_into_a_harness_without_the_kit(desk: Desk, bwrap: str) -> None:
    done = desk.python(CHILD.replace("import autoexp.harness_kit", ""), boxed=True)
    assert "mem" in done.stdout
    assert "ptrace" in done.stdout
