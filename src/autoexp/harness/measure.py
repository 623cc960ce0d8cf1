"""Take one sample: warm up, run the harness, say how it ended, read its metrics."""

import re
import signal
from pathlib import Path

from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.harness.bench import Bench, Files, told
from autoexp.harness.metrics import Reading, read
from autoexp.harness.report import channel_of, read_report, unavailable
from autoexp.processes import Finished
from autoexp.processes.environment import Environment
from autoexp.processes.masking import mask, mask_file

_OUT_OF_MEMORY = re.compile(
    r"MemoryError|bad_alloc|OutOfMemory|out of memory|Cannot allocate memory|allocation fail", re.IGNORECASE
)
_SHELL_KILLED = 128 + signal.SIGKILL
_DIGITS = 6


def sample(bench: Bench, tree: Path, side: Side, *, i: int, seed: int, name: str) -> Sample:
    """Run the harness once in `tree` and give what it measured, or why it did not.

    Warm-up runs come first, with the same environment and private folders; their numbers do not count, what they
    cost does, and one that fails is the answer. `name` is where the output is stored, below the output folder. Raises AutoexpError when a variable of
    `env_from` is not set.
    """
    files = bench.files(name)
    with bench.surroundings(AUTOEXP_SEED=str(seed)) as around:
        finished, before_usd = _run(bench, tree, around, files)
        outcome, reason = ended(finished, files)
        channel, reading = channel_of(files.report), _reading(bench, files, finished)
        if outcome is Outcome.MEASURED and reading.problem:
            outcome, reason = Outcome.BAD_METRIC, reading.problem
        if outcome is Outcome.CRASH and channel == "kit" and (missing := unavailable(files.report)):
            outcome, reason = Outcome.INFRA_ERROR, f"{missing} ({reason})"
        for printed in (files.stdout, files.stderr, files.report):
            mask_file(printed, around.secrets)
        good = outcome is Outcome.MEASURED
        return Sample(
            side=side,
            i=i,
            outcome=outcome,
            values=dict(reading.values) if good else {},
            items={mask(item, around.secrets): score for item, score in reading.items.items()} if good else {},
            usage=_rounded(finished.usage),
            seed=seed,
            detail=""
            if good
            else mask(told(reason, files.tail(printed=outcome is Outcome.BAD_METRIC)), around.secrets),
            cost_usd=_plus(before_usd, reading.cost_usd),
            flags=_flags(finished),
            output=files.name,
            channel=channel,
            sandbox=bench.cell.level,
        )


def _run(bench: Bench, tree: Path, around: Environment, files: Files) -> tuple[Finished, float | None]:
    """Warm up and run; give how it ended, and what the warm-up runs before it cost."""
    cost_usd: float | None = None
    for _ in range(bench.warmup):
        finished = _start(bench, tree, around, files)
        if not finished.passed:
            return finished, cost_usd
        cost_usd = _plus(cost_usd, _reading(bench, files, finished).cost_usd)
    return _start(bench, tree, around, files), cost_usd


def _reading(bench: Bench, files: Files, finished: Finished) -> Reading:
    measured = _measured(finished.usage)
    if channel_of(files.report) == "stdout":
        return read(files.stdout, bench.harness.metrics, bench.metrics, measured)
    return read_report(files.report, bench.metrics, measured)


def _plus(usd: float | None, more: float | None) -> float | None:
    return usd if more is None else more + (usd or 0.0)


def _start(bench: Bench, tree: Path, around: Environment, files: Files) -> Finished:
    timeout_s = bench.harness.timeout_s
    return bench.start(bench.harness.measure, tree, around, timeout_s=timeout_s, files=files, reports=True)


def ended(  # noqa: PLR0911  one answer an ending
    finished: Finished, files: Files
) -> tuple[Outcome, str]:
    """Give the outcome of a command, and the reason in words. Memory is guessed at: only the system knows."""
    match finished.how:
        case "exited" if finished.passed:
            return Outcome.MEASURED, ""
        case "timeout":
            return Outcome.TIMEOUT, finished.detail
        case "stopped":
            return Outcome.INTERRUPTED, finished.detail
        case "memory":
            return Outcome.OOM, finished.detail
        case "exited" if finished.signal == signal.SIGKILL or finished.returncode == _SHELL_KILLED:
            return Outcome.OOM, f"{finished.detail}: it was killed from outside, perhaps for lack of memory"
        case "exited" if _OUT_OF_MEMORY.search(files.tail()):
            return Outcome.OOM, f"{finished.detail}, and it speaks of memory"
        case _:
            return Outcome.CRASH, finished.detail + _hint(files)


def _hint(files: Files) -> str:
    """Say what a message of the system means in a sandbox."""
    said = files.tail()
    if "Read-only file system" in said or "Errno 30" in said:
        return "; the tree is read-only while it is measured: name folders that the harness writes in harness.writable"
    return ""


def _measured(usage: Usage) -> dict[str, float]:
    return _rounded(usage).model_dump()


def _rounded(usage: Usage) -> Usage:
    return Usage(
        wall_s=round(usage.wall_s, _DIGITS), cpu_s=round(usage.cpu_s, _DIGITS), peak_rss_mb=round(usage.peak_rss_mb, 3)
    )


def _flags(finished: Finished) -> tuple[str, ...]:
    return tuple(
        flag for flag, is_set in (("flood", finished.how == "flood"), ("leftover", finished.leftovers > 0)) if is_set
    )
