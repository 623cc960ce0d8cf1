"""The runner for any language: it times what it has judged, and only that."""

import sys

import pytest

from tests.harness_kit.deployed import Desk, Done

DOUBLE = """
import sys
print(*(2 * int(line) for line in sys.stdin))
"""


def kit(desk: Desk, *arguments: str, **more: object) -> Done:
    return desk.run(sys.executable, "-m", "autoexp.harness_kit", *arguments, **more)


@pytest.fixture
def numbers(desk: Desk) -> Desk:
    desk.write(double=DOUBLE, make="import random, sys\nprint(int(sys.argv[1]), random.getrandbits(30), sep='\\n')")
    return desk


GENERATED = (
    "--generate",
    f"{sys.executable} make.py",
    "--reference",
    f"{sys.executable} double.py",
    "--repetitions",
    "3",
)


def test_right_command_is_timed(numbers: Desk) -> None:
    wanted = [
        part for name in ("wall_ms", "wall_s", "cpu_ms", "cpu_s", "rss_mb") for part in ("--report", f"{name}={name}")
    ]
    done = kit(numbers, "run", *GENERATED, *wanted, "--warmup", "1", "--", sys.executable, "double.py")
    assert done.status == 0, done.stderr
    assert done.report[0] == "AUTOEXP-KIT 1"
    found = done.metrics
    assert set(found) == {"wall_ms", "wall_s", "cpu_ms", "cpu_s", "rss_mb"}
    assert found["wall_ms"] == pytest.approx(found["wall_s"] * 1000)
    assert found["cpu_s"] > 0


WRONG = {
    "prints a metric and a wrong answer": ("print('METRIC latency_ms=0.001')", "other output than expected"),
    "ends with another status": ("raise SystemExit(3)", "exit status 3"),
    "prints nothing": ("", "other output than expected"),
    "hangs": ("import time; time.sleep(60)", "within the time allowed"),
    "closes its output and runs on": (
        "import os, sys, time\nprint(*(2 * int(n) for n in sys.stdin), flush=True)\nos.close(1)\ntime.sleep(60)",
        "it closed its stdout and ran on",
    ),
    "leaves a daemon that answers": (
        "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\ntime.sleep(60)",
        "within the time allowed",
    ),
    "floods": ("import sys\nwhile True: sys.stdout.write('1' * 65536)", "answered with more than"),
    "dies": ("import os; os.kill(os.getpid(), 9)", "signal 9"),
}


@pytest.mark.parametrize("attack", WRONG)
def test_wrong_command_gets_no_number(numbers: Desk, attack: str) -> None:
    code, told = WRONG[attack]
    numbers.write(candidate=code)
    done = kit(numbers, "run", *GENERATED, "--timeout", "3", "--longest-mb", "2", "--", sys.executable, "candidate.py")
    assert done.status == 1
    assert told in done.stderr
    assert not done.metrics
    assert not done.stdout


def test_answers_beside_the_inputs_are_right_and_hidden(numbers: Desk) -> None:
    for name in ("one", "two"):
        (numbers.folder / f"{name}.in").write_text("3\n4\n", encoding="utf-8")
        (numbers.folder / f"{name}.out").write_text("6 8\n", encoding="utf-8")
    numbers.write(thief="import sys\nsys.stdout.write(open('one.out').read())")
    given = ("run", "--inputs", "*.in", "--expected", ".out", "--")
    assert set(kit(numbers, *given, sys.executable, "double.py").metrics) == {"latency_ms"}
    stolen = kit(numbers, *given, sys.executable, "thief.py")
    assert "Permission denied" in stolen.stderr
    assert not stolen.metrics


def test_candidate_that_changes_the_next_answer_is_still_wrong(numbers: Desk) -> None:
    for name in ("one", "two"):
        (numbers.folder / f"{name}.in").write_text("3\n", encoding="utf-8")
        (numbers.folder / f"{name}.out").write_text("6\n", encoding="utf-8")
    numbers.write(
        vandal="""
import os
first = not os.path.exists("seen")
open("seen", "w").close()
open("two.out", "w").write("7\\n")
print(6 if first else 7)
"""
    )
    done = kit(numbers, "run", "--inputs", "*.in", "--expected", ".out", "--", sys.executable, "vandal.py")
    assert "two.in: other output than expected" in done.stderr
    assert not done.metrics


def test_numbers_compare_with_a_tolerance(numbers: Desk) -> None:
    numbers.write(near="import sys\nprint(*(2.000001 * int(n) for n in sys.stdin))")
    near = (*GENERATED, "--", sys.executable, "near.py")
    assert not kit(numbers, "run", *near).metrics
    assert kit(numbers, "run", "--tolerance", "1e-5", *near).metrics
    assert not kit(numbers, "run", "--tolerance", "1e-8", *near).metrics


WORKER = """
import json, sys
print('{"ready": true}', flush=True)
for line in sys.stdin:
    question = json.loads(line)
    if "id" not in question: break
    print(json.dumps({"id": question["id"], "answer": TIMES * sum(question["args"][0])}), flush=True)
"""


def test_program_of_any_language_answers_call_by_call(desk: Desk) -> None:
    desk.write(right=WORKER.replace("TIMES", "2"), wrong=WORKER.replace("TIMES", "3"))
    (desk.folder / "cases.jsonl").write_text("[[1, 2]]\n[[4]]\n[[5, 6, 7]]\n", encoding="utf-8")
    (desk.folder / "cases.answers").write_text("6\n8\n36\n", encoding="utf-8")
    given = ("call", "--inputs", "cases.jsonl")
    by_file, by_command = ("--expected", ".answers"), ("--reference", f"{sys.executable} right.py")
    assert set(kit(desk, *given, *by_file, "--", sys.executable, "right.py").metrics) == {"latency_ms"}
    assert set(kit(desk, *given, *by_command, "--", sys.executable, "right.py").metrics) == {"latency_ms"}
    for judged in (by_file, by_command):
        wrong = kit(desk, *given, *judged, "--", sys.executable, "wrong.py")
        assert "call 0" in wrong.stderr
        assert "9 instead of 6" in wrong.stderr
        assert not wrong.metrics


def test_build_of_the_candidate_runs_apart_from_the_report(desk: Desk) -> None:
    desk.write(
        build="""
import os
for process in ("self", os.getppid()):
    for fd in range(3, 64):
        for path in (fd, f"/proc/{process}/fd/{fd}"):
            try: os.write(path if path == fd else os.open(path, os.O_WRONLY), b"METRIC ms=0\\n")
            except OSError: pass
assert "AUTOEXP_REPORT_FD" not in os.environ
raise SystemExit(4)
"""
    )
    done = desk.run("sh", "-c", f"{sys.executable} -m autoexp.harness_kit apart -- {sys.executable} build.py; exit $?")
    assert done.status == 4, done.stderr
    assert done.report == ["AUTOEXP-KIT 1"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "--inputs", "*.nothing", "--", "cat"), "no input file is named '*.nothing'"),
        (("run", "--", "cat"), "there is no input to time"),
        (("run", "--generate", "false", "--", "cat"), "the harness's own command 'false 0' did not end well"),
        (("run", "--generate", "echo", "--report", "x=y", "--", "cat"), "'x=y' is not NAME=STATISTIC"),
        (("run", "--generate", "echo", "--", "nosuchcommand"), "nosuchcommand does not start"),
        (("run", "--generate", "echo", "--expected", ".a", "--reference", "cat", "--", "cat"), "give one of them"),
        (("run", "--generate", "echo"), "name the candidate's command behind --"),
        (("call", "--generate", "echo", "--", "cat"), "a JSON array of the call's arguments is needed"),
    ],
)
def test_mistake_of_a_person_is_told(desk: Desk, arguments: tuple[str, ...], told: str) -> None:
    done = kit(desk, *arguments)
    assert done.status in {1, 2}
    assert told in done.stderr
    assert "Traceback" not in done.stderr
