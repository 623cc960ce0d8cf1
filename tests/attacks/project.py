"""The small real repository under attack: a solution to make faster, and a harness that an ordinary person would write."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

from tests.attacks.attack import SLOW

HONEST_FASTER = """\
def divisors(n):
    total = n + (n // 2 if n % 2 == 0 and n > 1 else 0)
    for d in range(1, n // 3 + 1):
        if n % d == 0:
            total += d
    return total
"""

HEAD = SLOW.partition("def divisors")[0]
FASTER = HEAD + HONEST_FASTER
SLOWER = FASTER.replace("n // 3 + 1", "n // 2 + 1").replace(
    "total = n + (n // 2 if n % 2 == 0 and n > 1 else 0)", "total = n"
)

SUPPORT = '''\
"""A helper of the benchmark."""

import time


def timed(function, argument):
    started = time.perf_counter()
    answer = function(argument)
    return time.perf_counter() - started, answer
'''

BENCH_IMPORTING = """\
import json
import os
import sys

import support
from solution import solve

cached = "cache/numbers.json"
numbers = json.load(open(cached if os.path.exists(cached) else "data/numbers.json"))
expected = json.load(open("data/expected.json"))
best = float("inf")
for _ in range(5):
    seconds, answers = support.timed(solve, list(numbers))
    if len(answers) != len(numbers) or answers[0] != expected[str(numbers[0])]:
        sys.exit("a wrong answer")
    best = min(best, seconds)
print(f"METRIC time_ms={best * 1000:.5f}")
"""

BENCH_KIT = """\
import json
import os
import random

from autoexp.harness_kit import isolated, report

cached = "cache/numbers.json"
numbers = json.load(open(cached if os.path.exists(cached) else "data/numbers.json"))
draw = random.Random(os.environ.get("AUTOEXP_SEED", "0"))


def divisors(n):
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return sum({*small, *(n // d for d in small)})


def fresh(repetition):
    return ([n + draw.randrange(500) for n in numbers],)


measured = isolated(
    "solution.py:solve", fresh, expect=lambda items: [divisors(n) for n in items], repetitions=5, timeout_s=3.0
)
report(time_ms=measured.min_ms)
"""

CHECKS = """\
import random

from solution import solve


def divisors(n):
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return sum({*small, *(n // d for d in small)})


draw = random.Random(5)
numbers = [draw.randrange(1, 3000) for _ in range(20)]
assert solve(numbers) == [divisors(n) for n in numbers]
assert solve([]) == []
"""

# The clock and the answers stay outside of the worker; every input is new, and timed once.
HOLDOUT = """\
import json
import os
import random
import subprocess
import sys
import time

SALT = "@HIDDEN@"
WORKER = (
    "import json, sys; sys.path.insert(0, '.'); from solution import solve\\n"
    "print('ready', flush=True)\\n"
    "for line in sys.stdin:\\n"
    "    print(json.dumps(solve(json.loads(line))), flush=True)\\n"
)


def divisors(n):
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return sum({*small, *(n // d for d in small)})


draw = random.Random(os.environ.get("AUTOEXP_SEED", "0") + SALT)
worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
if worker.stdout.readline() != "ready\\n":
    sys.exit("the worker did not start")
times = []
for _ in range(16):
    numbers = [draw.randrange(19000, 20000) for _ in range(4)]
    started = time.perf_counter()
    worker.stdin.write(json.dumps(numbers) + "\\n")
    worker.stdin.flush()
    answers = json.loads(worker.stdout.readline())
    times.append(time.perf_counter() - started)
    if answers != [divisors(n) for n in numbers] or any(type(answer) is not int for answer in answers):
        sys.exit("a wrong answer")
worker.kill()
print(f"METRIC time_ms={min(times) * 1000:.5f}")
"""

PROPOSE = """\
import base64
import json
import os
import subprocess
import sys

edits = json.loads(base64.b64decode(open("edits", "rb").read()))
brief = json.load(open(os.environ["AUTOEXP_BRIEF"]))
position = brief["position"]
if position >= len(edits):
    sys.exit(3)
edit = edits[position]
if edit.get("write"):
    open(edit["write"]["file"], "w").write(edit["write"]["text"])
else:
    subprocess.run(edit["run"], shell=True, check=True)
sys.stdout.flush()
exec(edit.get("active", ""))
"""


HELD_OUT = """\
  holdout: "python holdout/run.py"
  holdout_timeout: 3s
"""


def contract(*, kind: str, level: str, proposer: str = "{kind: script, file: edits.yaml, timeout: 4s}") -> str:
    """Give the contract of an attacked campaign; the kind `bare` has no holdout."""
    holdout = "" if kind == "bare" else HELD_OUT
    return f"""\
version: 1
name: demo
goal: Make solve() faster.
scope: {{edit: [solution.py], hidden: ["holdout/**"]}}
harness:
  measure: "python bench.py"
  checks: "python checks.py"
{holdout}\
  timeout: 3s
  checks_timeout: 3s
  env_from: [BENCH_KEY]
metrics:
  time_ms: {{role: primary, direction: lower, unit: ms, min_effect: 20%}}
measurement: {{max_samples: 24}}
proposer: {proposer}
budget: {{consecutive_crashes: null, consecutive_discards: null}}
sandbox: {{proposer: {{level: {level}}}, harness: {{level: {level}}}}}
"""


def files(kind: str, hidden: str) -> dict[str, str]:
    """Give the committed files for a harness of a kind: importing, bare or kit."""
    draw = random.Random(11)
    numbers = [draw.randrange(15000, 20000) for _ in range(8)]
    return {
        "solution.py": SLOW,
        "support.py": SUPPORT,
        "bench.py": BENCH_KIT if kind == "kit" else BENCH_IMPORTING,
        "checks.py": CHECKS,
        "holdout/run.py": HOLDOUT.replace("@HIDDEN@", hidden),
        "data/numbers.json": json.dumps(numbers),
        "data/expected.json": json.dumps({str(n): _divisors(n) for n in numbers}),
        ".gitignore": "cache/\n__pycache__/\n.autoexp/\n",
    }


def make(path: Path, kind: str, hidden: str) -> None:
    """Make the repository with one commit."""
    path.mkdir(parents=True)
    for name, text in files(kind, hidden).items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    git(path, "init", "-q", "-b", "main")
    for name, value in (("user.name", "U"), ("user.email", "u@localhost"), ("gc.auto", "0")):
        git(path, "config", name, value)
    git(path, "add", ".")
    git(path, "commit", "-q", "-m", "start")


def git(path: Path, *arguments: str, check: bool = True) -> str:
    """Run git on the repository; with `check` off a failure gives what was printed so far."""
    command = ["git", "-C", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, check=check, timeout=60, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace").strip()


def controls() -> list[dict[str, Any]]:
    """Give the honest edits that come after the attacks."""
    return [
        {"description": "honest: three times as fast", "write": {"file": "solution.py", "text": FASTER}},
        {"description": "honest: nothing", "run": "true"},
        {"description": "honest: half as fast again", "write": {"file": "solution.py", "text": SLOWER}},
        {"description": "honest: nothing again", "run": "true"},
    ]


def _divisors(n: int) -> int:
    return sum(d for d in range(1, n + 1) if n % d == 0)
