"""One sample: what a fresh process of pipeline.py takes to answer fresh questions, and whether it answers right."""

import os
import random
import statistics
import sys
from pathlib import Path

from period import DAY_US, DAYS, ORIGIN_US
from quiet import Cores
from target import Answer, Target, TargetError

QUESTIONS = 9  # timed ones; one more goes before them to warm up
WINDOW_DAYS = 15
ROWS = int(os.environ.get("ETL_ROWS") or 120_000)  # of each delivery; every question is about a delivery of its own

USD_PER_CORE_S, USD_PER_GB_S, USD_PER_GB_READ = 1e-4, 1e-5, 1e-4
MEMORY_LIMIT_GB = 1.0
# Of the score: by 1 / latency in s, by 1 / usd for 1000 questions, by health; about a third each at the start
WEIGHT_LATENCY, WEIGHT_COST, WEIGHT_HEALTH = 3.0, 0.3, 0.5


def questions(seed: int) -> list[dict]:
    """Draw the parameters: windows of one length, so that seeds differ in what is asked and hardly in the work."""
    draw = random.Random(f"etl {seed}")
    asked = []
    for _ in range(1 + QUESTIONS):
        since = ORIGIN_US + draw.randrange(0, (DAYS - WINDOW_DAYS) * DAY_US // 1_000_000) * 1_000_000
        asked.append({"since": since, "until": since + WINDOW_DAYS * DAY_US, "min_value": round(draw.uniform(1, 3), 2)})
    return asked


def metrics(answers: list[Answer], stored_mb: float, peak_bytes: int, *, correct: bool) -> dict[str, float]:
    """Turn what was seen into the numbers that are reported."""
    cpu_s = min(answer.cpu_s for answer in answers)  # neighbours on the machine add time and never take any away
    latency_s = statistics.median(answer.wall_s for answer in answers)
    read_mb = statistics.median(answer.read_bytes for answer in answers) / 1e6
    if read_mb < stored_mb / 100:  # the file was mapped, which no counter shows: count all of it
        read_mb = stored_mb
    peak_gb = peak_bytes / 1e9
    usd = 1000 * (cpu_s * USD_PER_CORE_S + peak_gb * latency_s * USD_PER_GB_S + read_mb / 1000 * USD_PER_GB_READ)
    health = 100 * max(0.0, 1 - peak_gb / MEMORY_LIMIT_GB)
    parts = {
        "score_latency": WEIGHT_LATENCY / latency_s,
        "score_cost": WEIGHT_COST / usd,
        "score_health": WEIGHT_HEALTH * health,
    }
    return {
        "query_cpu_ms": cpu_s * 1000,
        "correct": int(correct),
        "latency_ms": latency_s * 1000,
        "read_mb": read_mb,
        "peak_memory_mb": peak_gb * 1000,
        "cost_usd_per_1k": usd,
        "resource_health": health,
        "efficiency_score": sum(parts.values()),
        **parts,
    }


def main() -> int:
    """Measure the pipeline.py of the tree this harness lies in."""
    with Target(Path(__file__).parents[1] / "pipeline.py") as target:
        from generate import Delivery, default_cache  # noqa: PLC0415  (numpy loads while the target does)
        from judge import golden, same  # noqa: PLC0415

        cache, asked = default_cache(), questions(int(os.environ.get("AUTOEXP_SEED") or 0))
        deliveries = [Delivery(cache, ROWS, seed) for seed in range(len(asked))]
        right = [golden(*pair) for pair in zip(deliveries, asked, strict=True)]
        cores = Cores()
        try:
            while not target.loaded(0.01):
                cores.give_quiet(target.process.pid, patience_s=0)
            source = target.source()
            paths = [delivery.path(*source) for delivery in deliveries]
            answers = [_answer(target, cores, *pair) for pair in zip(paths, asked, strict=True)]
        except (TargetError, ValueError) as failed:
            print(f"bench: {failed}", file=sys.stderr)
            return 1
        correct = all(same(answer.rows, rows) for answer, rows in zip(answers, right, strict=True))
        stored_mb = statistics.median(map(_size, paths)) / 1e6
        report = metrics(answers[1:], stored_mb, target.peak_bytes(), correct=correct)
    for name, value in report.items():
        print(f"METRIC {name}={value:.6g}")
    return 0


def _answer(target: Target, cores: Cores, path: Path, query: dict) -> Answer:
    cores.give_quiet(target.process.pid)
    return target.ask(path, query)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
