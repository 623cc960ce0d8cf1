"""Candidates that attack their judge: none of them gets a number that is not measured, or a pass."""

import sys

import pytest

from tests.harness_kit.deployed import Desk

HARNESS = """
from autoexp.harness_kit import isolated, report
import os, time

def double(values):
    return [2 * value for value in values]

def fresh(n):
    time.sleep(0.01)
    return [n, int.from_bytes(os.urandom(4), "big")]

run = isolated("candidate.py:solve", fresh, expect=double, repetitions=3, timeout_s=TIMEOUT)
report(ms=run.median_ms, cpu=run.cpu_s or 0.0, start=run.start_s)
"""

REFUSED = {
    "ends the process in the middle": "import os\ndef solve(v): os._exit(0)",
    "leaves by SystemExit": "def solve(v): raise SystemExit(0)",
    "kills the judge": """
import os, signal
def solve(v):
    os.kill(os.getppid(), signal.SIGKILL)
    return [2 * x for x in v]
""",
    "returns an object that equals everything": """
class Equal:
    def __eq__(self, other): return True
    __hash__ = object.__hash__
def solve(v): return Equal()
""",
    "returns a list that equals everything": """
class Equal(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def solve(v): return Equal()
""",
    "returns NaN": "def solve(v): return [float('nan')] * 2",
    "returns floats where integers are right": "def solve(v): return [2.0 * x for x in v]",
    "returns nothing": "def solve(v): return None",
    "writes to every descriptor": """
import os
def solve(v):
    for fd in range(3, 256):
        try: os.write(fd, b'METRIC ms=0.000001\\n')
        except OSError: pass
    return [2 * x for x in v]
""",
    "writes the right answer for a guessed call": """
import json, os
def solve(v):
    for fd in range(3, 256):
        try: os.write(fd, json.dumps({"id": "0" * 16, "answer": [2 * x for x in v]}).encode() + b'\\n')
        except OSError: pass
    os._exit(0)
""",
    "answers the next call in advance": """
import os, threading
def solve(v):
    def later():
        for fd in range(3, 256):
            try: os.write(fd, b'{"id":"0","answer":[0,0]}\\n')
            except OSError: pass
    threading.Timer(0.001, later).start()
    return [2 * x for x in v]
""",
    "returns far too much": "def solve(v): return bytes(100 << 20)",
    "writes a gigabyte": """
import os
def solve(v):
    for fd in range(3, 256):
        try:
            for _ in range(1024): os.write(fd, bytes(1 << 20))
        except OSError: pass
""",
    "nests without end": """
def solve(v):
    deep = []
    for _ in range(100_000): deep = [deep]
    return deep
""",
    "sends what no decoder survives": """
import os
def solve(v):
    for fd in range(3, 256):
        try: os.write(fd, b'[' * 1_000_000 + b'\\n')
        except OSError: pass
""",
    "hangs": "import time\ndef solve(v): time.sleep(3600)",
    "stops itself": "import os, signal\ndef solve(v): os.kill(os.getpid(), signal.SIGSTOP)",
    "leaves a daemon that answers": """
import os, sys, threading
def solve(v):
    if os.fork():
        os._exit(0)
    os.setsid()
    import time; time.sleep(0.2)
    return [2 * x for x in v]
""",
    "looks for the answer in its memory": """
import gc, sys
def solve(v):
    frame, found = sys._getframe(), []
    while frame: found += list(frame.f_locals.values()); frame = frame.f_back
    found += gc.get_objects()
    for thing in found:
        try:
            if type(thing) is list and len(thing) == 2 and thing[0] == 2 * v[0] and thing != v: return thing
        except Exception: pass
    return v
""",
    "replaces the codec of the worker": """
import sys
def solve(v):
    for name, module in list(sys.modules.items()):
        if hasattr(module, 'encode') and hasattr(module, 'NotPlain'): module.encode = lambda value: {'~any': 1}
    return v
""",
}
ENDLESS = {"hangs", "stops itself"}


@pytest.mark.parametrize("attack", REFUSED)
def test_attack_gets_no_number(desk: Desk, attack: str) -> None:
    desk.write(candidate=REFUSED[attack])
    done = desk.python(HARNESS.replace("TIMEOUT", "2" if attack in ENDLESS else "60"))
    assert done.status != 0
    assert done.report == ["AUTOEXP-KIT 1"]
    assert "METRIC" not in done.stdout


PROBE = """
import os, sys
def solve(v):
    group = os.getsid(0)
    for pid in WHERE:
        try:
            if os.getsid(int(pid)) == group: continue
        except OSError: pass
        for fd in range(256):
            try:
                if os.readlink(f'/proc/{pid}/fd/{fd}').endswith('report.txt'):
                    open(f'/proc/{pid}/fd/{fd}', 'a').write('METRIC ms=0.000001\\n')
            except OSError: pass
            try:
                open(f'/proc/{pid}/fd/{fd}', 'r').close()
                print('OPENED a descriptor', file=sys.stderr)
            except OSError: pass
    try:
        open(f'/proc/{os.getppid()}/mem', 'rb').close()
        print('OPENED the memory', file=sys.stderr)
    except OSError: pass
    return [2 * x for x in v]
"""


@pytest.mark.parametrize("boxed", [False, True])
def test_candidate_reaches_no_descriptor_and_no_memory_outside(desk: Desk, request, *, boxed: bool) -> None:
    if boxed:
        request.getfixturevalue("bwrap")
    everywhere = "filter(str.isdigit, os.listdir('/proc'))"
    desk.write(candidate=PROBE.replace("WHERE", everywhere), harness=HARNESS.replace("TIMEOUT", "20"))
    # the shell stays, and holds the descriptor as well
    done = desk.run("sh", "-c", f"{sys.executable} harness.py; exit $?", boxed=boxed)
    assert done.status == 0, done.stderr
    assert "OPENED" not in done.stderr
    assert done.metrics["ms"] > 0.000001


def test_judge_is_closed_where_there_are_no_domains(desk: Desk, bwrap: str) -> None:
    without = "from autoexp.harness_kit import confine\nconfine._CREATE_RULESET = 100_000\n"
    desk.write(candidate=PROBE.replace("WHERE", "[os.getppid()]"))
    done = desk.python(without + HARNESS.replace("TIMEOUT", "20"), boxed=True)
    assert done.status == 0, done.stderr
    assert "OPENED" not in done.stderr
    assert done.metrics["ms"] > 0.000001


def test_printed_metrics_do_not_count(desk: Desk) -> None:
    desk.write(
        candidate="""
import os, sys
def solve(v):
    print('METRIC ms=0.000001', flush=True)
    os.write(1, b'METRIC ms=0.000001\\n')
    return [2 * x for x in v]
"""
    )
    done = desk.python(HARNESS.replace("TIMEOUT", "20"))
    assert done.status == 0
    assert done.metrics["ms"] > 0.000001
    assert "METRIC" not in done.stdout


def test_patched_clock_changes_no_number(desk: Desk) -> None:
    desk.write(
        candidate="""
import time
sleep = time.sleep
for name in ('perf_counter', 'perf_counter_ns', 'monotonic', 'monotonic_ns', 'time', 'time_ns'):
    setattr(time, name, lambda: 0)
def solve(v):
    sleep(0.05)
    return [2 * x for x in v]
"""
    )
    assert desk.python(HARNESS.replace("TIMEOUT", "20")).metrics["ms"] >= 50


def test_work_in_children_and_daemons_counts_as_cpu(desk: Desk) -> None:
    desk.write(
        candidate="""
import os, time
def burn():
    end = time.process_time() + 0.1
    while time.process_time() < end: pass
def solve(v):
    for daemon in (False, True):
        child = os.fork()
        if not child:
            if daemon and os.fork(): os._exit(0)
            if daemon: os.setsid()
            burn()
            os._exit(0)
        os.waitpid(child, 0)
    time.sleep(0.3)
    return [2 * x for x in v]
"""
    )
    done = desk.python(HARNESS.replace("TIMEOUT", "60"))
    assert done.status == 0, done.stderr
    assert done.metrics["cpu"] >= 0.55


def test_input_that_the_worker_saw_before_is_refused(desk: Desk) -> None:
    code = """
from autoexp.harness_kit import isolated, report
run = isolated("candidate.py:solve", [3, 4, 3], expect=lambda n: 2 * n{more})
report(calls=len(run.times_ns))
"""
    desk.write(
        candidate="""
memo = {}
def solve(n):
    assert not memo, "nothing may be remembered here"
    return memo.setdefault(n, 2 * n)
"""
    )
    refused = desk.python(code.replace("{more}", ""))
    assert refused.status != 0
    desk.write(candidate="def solve(n): return 2 * n")
    refused = desk.python(code.replace("{more}", ""))
    assert "input 2 was given to this worker before" in refused.stderr
    assert not refused.metrics
    assert desk.python(code.replace("{more}", ", allow_repeats=True")).metrics == {"calls": 3}


def test_fresh_process_remembers_nothing(desk: Desk) -> None:
    desk.write(
        candidate="""
memo = {}
def solve(n):
    assert not memo, "nothing may be remembered here"
    return memo.setdefault(n, 2 * n)
"""
    )
    done = desk.python("""
from autoexp.harness_kit import isolated, report
run = isolated("candidate.py:solve", [3, 4, 3], expect=lambda n: 2 * n, fresh=True)
report(calls=len(run.times_ns))
""")
    assert done.metrics == {"calls": 3}


def test_nothing_of_a_candidate_runs_on(desk: Desk) -> None:
    desk.write(
        candidate="""
import os, time
def solve(n):
    if not os.fork():
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(60)
        os._exit(0)
    return 2 * n
"""
    )
    done = desk.python("""
from autoexp.harness_kit import isolated, report
import os, subprocess, sys
own = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
isolated("candidate.py:solve", range(3), expect=lambda n: 2 * n)
left = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try: left += [pid] if b"worker.py" in open(f"/proc/{pid}/cmdline", "rb").read() and os.getcwd() == os.readlink(f"/proc/{pid}/cwd") else []
    except OSError: pass
report(left=len(left), own=own.poll() is None)
own.communicate(b"\\n")
""")
    assert done.metrics == {"left": 0, "own": 1}


def test_environment_of_the_candidate_tells_no_seed_and_no_channel(desk: Desk) -> None:
    desk.write(candidate="import os\ndef names(): return sorted(n for n in os.environ if n.startswith('AUTOEXP_'))")
    done = desk.python(
        """
from autoexp.harness_kit import isolated, report
import os
assert os.environ["AUTOEXP_SEED"] == "11" and "AUTOEXP_REPORT_FD" not in os.environ
isolated("candidate.py:names", [()], expect=[["AUTOEXP_RUN"]])
report(fine=1)
""",
        AUTOEXP_RUN="mark",
    )
    assert done.metrics == {"fine": 1}


def test_file_beside_the_harness_does_not_become_the_kits_json(desk: Desk) -> None:
    desk.write(
        json="raise SystemExit('shadowed')",
        secrets="raise SystemExit('shadowed')",
        candidate="def solve(n): return 2 * n",
    )
    desk.write(hashlib="raise SystemExit('shadowed')", statistics="raise SystemExit('shadowed')")
    done = desk.python("from autoexp.harness_kit import report\nimport sys\nreport(fine=sys.path[0] != '')")
    assert done.metrics == {"fine": 1}


def test_hidden_file_cannot_be_read_and_its_neighbours_can(desk: Desk) -> None:
    for path in ("answers/one.txt", "answers/two.txt", "near.txt"):
        (desk.folder / path).parent.mkdir(exist_ok=True)
        (desk.folder / path).write_text(path, encoding="utf-8")
    desk.write(
        candidate="""
import os
def moved(path, to):
    os.rename(path, to)
    try: open(to).close()
    finally: os.rename(to, path)
def linked(path):
    os.link(path, path + ".link")
    try: open(path + ".link").close()
    finally: os.remove(path + ".link")
def read(path):
    attempts = [lambda: open(path).close(), lambda: moved(path, "moved.txt"), lambda: moved(path, path + ".moved"),
                lambda: moved(path, "kit/moved.txt"), lambda: linked(path)]
    for attempt in attempts:
        try: attempt(); return path
        except OSError: pass
    return "hidden"
"""
    )
    done = desk.python("""
from autoexp.harness_kit import isolated, report
run = isolated("candidate.py:read", ["answers/one.txt", "answers/two.txt", "near.txt"], hide=["answers/one.txt"])
assert run.answers == ("hidden", "answers/two.txt", "near.txt"), run.answers
run = isolated("candidate.py:read", ["answers/one.txt", "answers/two.txt", "near.txt"], hide=["answers"])
assert run.answers == ("hidden", "hidden", "near.txt"), run.answers
report(fine=open("answers/one.txt").read() == "answers/one.txt")
""")
    assert done.metrics == {"fine": 1}, done.stderr


def test_memory_of_a_candidate_is_limited(desk: Desk) -> None:
    desk.write(candidate="def solve(mb): return len(bytearray(mb << 20))")
    done = desk.python("""
from autoexp.harness_kit import WorkerFailed, isolated, report
assert isolated("candidate.py:solve", [1], memory_mb=200).answers == (1 << 20,)
try: isolated("candidate.py:solve", [400], memory_mb=200)
except WorkerFailed as error: report(refused="MemoryError" in str(error))
""")
    assert done.metrics == {"refused": 1}, done.stderr
