"""The judge's side of a measurement: right answers from numpy alone, and a target watched from outside."""

import contextlib
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from generate import CATEGORIES, EVENTS, NULL_INT, Delivery, atomic

RTOL = 1e-9
ONE_THREAD = {  # for runs by hand; autoexp.yaml says the same
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",  # freed memory is used again: page faults are the noisiest part of it all
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
}
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def reference(numbers: dict[str, np.ndarray], query: dict) -> list[list]:
    """Work out the answer without any of the engines under test."""
    when, value, category, event = (numbers[name] for name in ("timestamp", "value", "category", "event_type"))
    keep = (when >= query["since"]) & (when < query["until"]) & (value >= query["min_value"])
    keep &= (category >= 0) & (event >= 0)
    group = category[keep].astype(np.int64) * len(EVENTS) + event[keep]
    size = len(CATEGORIES) * len(EVENTS)
    total, count = np.bincount(group, value[keep], size), np.bincount(group, minlength=size)
    user = numbers["user_id"][keep]
    known = user != NULL_INT
    users = np.bincount(np.unique(group[known] << 32 | user[known]) >> 32, minlength=size)
    lines = [
        [
            CATEGORIES[at // len(EVENTS)],
            EVENTS[at % len(EVENTS)],
            total[at],
            total[at] / count[at],
            count[at],
            users[at],
        ]
        for at in np.flatnonzero(count)
    ]
    return [[number if isinstance(number, str) else number.item() for number in line] for line in sorted(lines)]


def golden(delivery: Delivery, query: dict) -> list[list]:
    """The right answer, kept beside the delivery for the next sample that asks the same."""
    facts = Path(__file__).read_bytes() + json.dumps(query, sort_keys=True).encode()
    path = delivery.folder / "golden" / f"{hashlib.sha256(facts).hexdigest()[:16]}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    rows = reference(delivery.numbers(), query)
    with contextlib.suppress(OSError):  # a cache that may only be read still serves
        atomic(path, lambda temporary: temporary.write_text(json.dumps(rows), encoding="utf-8"))
    return rows


def same(rows: object, right: list[list]) -> bool:
    """Compare line by line: texts and counts exactly, sums and means to RTOL."""
    return isinstance(rows, list) and len(rows) == len(right) and all(map(_same_line, rows, right))


def _same_line(line: object, right: list) -> bool:
    if not isinstance(line, list) or len(line) != len(right):
        return False
    exact = line[:2] == right[:2] and line[4:] == right[4:]
    close = all(
        isinstance(a, float) and math.isclose(a, b, rel_tol=RTOL) for a, b in zip(line[2:4], right[2:4], strict=True)
    )
    return exact and close


class TargetError(Exception):
    """The target ended instead of answering; its own message is on standard error."""


@dataclass
class Answer:
    """What came back for one question and what it took."""

    rows: object
    cpu_s: float
    wall_s: float
    read_bytes: int


@dataclass
class Target:
    """pipeline.py in a process of its own, with a scratch folder that goes away with it."""

    pipeline: Path
    scratch: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="report-"))
    _reported_s: float = 0.0

    def __enter__(self):
        """Start the process; it loads the target while the judge does other things."""
        environment = {**ONE_THREAD, **os.environ, "TMPDIR": self.scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("AUTOEXP_SEED", None)
        environment.pop("ETL_CACHE", None)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), str(self.pipeline)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End the process and take its scratch folder away."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def source(self) -> tuple[str, str, str]:
        """Wait until the target is loaded and says which data it wants."""
        kind, codec, layout = self._receive()["source"]
        return kind, codec, layout

    def ask(self, path: Path, query: dict) -> Answer:
        """Put one question and watch from outside what the answer costs."""
        question = json.dumps({"path": str(path), "query": query}).encode() + b"\n"
        pid = self.process.pid
        read, cpu, wall = read_bytes(pid), cpu_seconds(pid), time.perf_counter()
        try:
            self.process.stdin.write(question)
            self.process.stdin.flush()
        except BrokenPipeError as gone:
            raise TargetError("the target has ended before the question") from gone
        message = self._receive()
        wall_s, cpu_after = time.perf_counter() - wall, cpu_seconds(pid)
        reported, self._reported_s = message["cpu_s"] - self._reported_s, message["cpu_s"]
        cpu_s = reported if cpu is None or cpu_after is None else cpu_after - cpu
        return Answer(message["rows"], cpu_s, wall_s, read_bytes(pid) - read)

    def peak_bytes(self) -> int:
        """End the target in order and return the most memory it ever held."""
        self.process.stdin.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    def _receive(self) -> dict:
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise TargetError(f"the target ended with exit code {self.process.wait()}")
        return json.loads(line)


def cpu_seconds(pid: int) -> float | None:
    """CPU time of a process, its threads and its children so far; None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    own = time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) returns for pid: nanoseconds, all threads
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    reaped = (int(fields[13]) + int(fields[14])) / CLOCK_TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children")
    living = children.read_text(encoding="utf-8").split() if children.exists() else []
    return own + reaped + sum(cpu_seconds(int(child)) or 0.0 for child in living)


def read_bytes(pid: int) -> int:
    """Bytes a process has asked the kernel to read so far, from the page cache or not."""
    path = Path(f"/proc/{pid}/io")
    try:
        return int(path.read_text(encoding="utf-8").split()[1])
    except OSError:
        return 0
