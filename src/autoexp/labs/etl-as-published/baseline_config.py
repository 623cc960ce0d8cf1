"""Prices, data set and score. Not to be changed by an experiment."""

import hashlib
import os
import threading
import time
from pathlib import Path

import generate_dataset

TIME_BUDGET_S = 300
DATASET_SIZE_GB = 1.0
ROWS = int(os.environ.get("AUTO_DATA_ROWS") or 100_000)

WEIGHT_LATENCY, WEIGHT_COST, WEIGHT_HEALTH = 100.0, 1000.0, 0.01
USD_PER_CORE_S, USD_PER_GB_S, USD_PER_GB_IO = 1e-4, 1e-5, 1e-4
SAMPLE_EVERY_S = 0.5
MEMORY_LIMIT_GB = 16.0


class ResourceSampler:
    """Looks at memory and CPU of this process twice a second, in a thread of its own."""

    def __init__(self):
        """Start with no look taken."""
        self.memory_gb, self.cores = [], []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        """Begin to look."""
        self.thread.start()
        return self

    def __exit__(self, *_):
        """Take no further look."""
        self.stopped.set()
        self.thread.join()

    def _look(self):
        cpu = time.process_time()
        while not self.stopped.wait(SAMPLE_EVERY_S):
            self.memory_gb.append(resident_gb())
            self.cores.append((time.process_time() - cpu) / SAMPLE_EVERY_S)
            cpu = time.process_time()


def resident_gb():
    """Give the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


def run_experiment(pipeline, expected_checksum=None):
    """Time a pipeline on the data set, and score it."""
    folder = generate_dataset.ensure(cache_folder(), ROWS)
    with ResourceSampler() as sampler:
        start = time.perf_counter()
        report = pipeline(folder)
        latency_s = time.perf_counter() - start
    peak_gb = max(sampler.memory_gb, default=0.0)
    cores = sum(sampler.cores) / len(sampler.cores) if sampler.cores else 0.0
    cost = cost_usd(latency_s, cores, peak_gb)
    health = resource_health(cores, peak_gb)
    return {
        "efficiency_score": WEIGHT_LATENCY / latency_s + WEIGHT_COST / cost + WEIGHT_HEALTH * health,
        "latency_seconds": latency_s,
        "cost_dollars": cost,
        "resource_health": health,
        "throughput_mb_s": DATASET_SIZE_GB * 1000 / latency_s,
        "data_processed_gb": DATASET_SIZE_GB,
        "peak_memory_gb": peak_gb,
        "cpu_utilization_pct": 100 * cores,
        "data_correct": expected_checksum is None or checksum(report) == expected_checksum,
    }


def cost_usd(latency_s, cores, peak_gb):
    """Price one run: cores and memory by the second, and the data read."""
    return cores * latency_s * USD_PER_CORE_S + peak_gb * latency_s * USD_PER_GB_S + DATASET_SIZE_GB * USD_PER_GB_IO


def resource_health(cores, peak_gb):
    """Give 100 for a run that leaves memory and cores alone, less for one that fills them."""
    memory = 100 * max(0.0, 1 - peak_gb / MEMORY_LIMIT_GB)
    busy = 100 * max(0.0, 1 - max(0.0, cores - 0.9 * (os.cpu_count() or 1)))
    return (memory + busy) / 2


def checksum(report):
    """Name a report by its content."""
    return hashlib.sha256(report.to_csv(index=False).encode()).hexdigest()


def cache_folder():
    """Say where data sets are kept."""
    return Path(os.environ.get("AUTO_DATA_CACHE") or Path.home() / ".cache" / "auto-data")


def print_results(results):
    """Print the figures, one a line, behind a line of three dashes."""
    print("---")
    for name, value in results.items():
        print(f"{name}: {value if isinstance(value, bool) else format(value, '.6f')}")
