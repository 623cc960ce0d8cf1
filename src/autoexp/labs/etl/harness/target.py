"""The target, pipeline.py, in a process of its own and watched from outside. Standard library only: it starts before numpy is loaded."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ONE_THREAD = {  # for runs by hand; autoexp.yaml says the same
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",  # freed memory is used again: page faults are the noisiest part of it all
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
}
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


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

    def loaded(self, wait_s: float) -> bool:
        """Wait a moment for the target to be loaded, or to have ended; say whether it is."""
        return bool(select.select([self.process.stdout], [], [], wait_s)[0])

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
