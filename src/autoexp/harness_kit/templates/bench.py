"""Times a function of the candidate and judges its answers.   harness.measure: "python bench.py"

Keep this file out of scope.edit. The candidate runs in a process of its own and sees one input at a time.
"""

from autoexp.harness_kit import isolated, report  # first: it takes the report away from what starts later

import os
import random

TARGET = "statistics:median"  # yours: "path/to/file.py:function" or "module:function"


def fresh_input(repetition: int):
    """An input that the candidate has not seen before; a tuple would be several arguments."""
    return [random.random() for _ in range(20_001)]


def reference(values):
    """The right answer, worked out here. Slow and obvious is fine: it is not timed."""
    return sorted(values)[len(values) // 2]


random.seed(os.environ.get("AUTOEXP_SEED", "1"))  # the candidate is not told
run = isolated(TARGET, fresh_input, expect=reference, repetitions=20, warmup=2)
report(latency_ms=run.median_ms)  # more, when the contract declares them: cpu_s=run.cpu_s, memory_mb=run.peak_rss_mb
