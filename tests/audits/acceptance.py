"""What the audits of `check` find in a repository, and which faults of labs/etl-as-published are among it."""

import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autoexp import api
from autoexp.executors.local import LocalExecutor
from autoexp.harness.audits import Figure, Finding

FAULTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "F1": (("unarmed-checks",), "PREDICATE_PUSHDOWN"),
    "F2": (("unarmed-checks", "no-checks"), ""),
    "F3": (("placebo-knobs",), r"CHUNK_SIZE|MAX_MEMORY_MB|NUM_PARTITIONS|PARTITION_COLS|COMPRESSION"),
    "F4": (("sampler",), r"peak_memory_gb|cpu_utilization_pct|SAMPLE_EVERY_S|0\.5"),
    "F5": (("disguise",), r"WEIGHT_COST|cost"),
    "F6": (("disguise", "constant-term", "constant-metric"), r"DATASET_SIZE_GB|cost_dollars"),
    "F7": (("same-process",), ""),
}
"""The audits that may see a fault of the published contract, and what their words must hold."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What `check` saw: findings and figures, runs of all commands, wall seconds."""

    findings: Sequence[Finding]
    figures: Sequence[Figure]
    runs: int
    seconds: float

    @property
    def audits(self) -> set[str]:
        """Name the audits that found something."""
        return {finding.audit for finding in self.findings}


def examine(folder: Path, *, audits_s: float | None = None, skip: Sequence[str] = ()) -> Seen:
    """Run what `autoexp check` does in a repository."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environ["AUTOEXP_CACHE_DIR"] = str(folder.parent / f"cache-{folder.name}")
    began = time.monotonic()
    with _Count() as count:
        found = api.check(
            api.Place(folder, None), environ=environ, tell=lambda _: None, audits_s=audits_s, skip=skip
        ).checkup
    return Seen(found.findings, found.figures, count.runs, time.monotonic() - began)


def faults_in(findings: Sequence[Finding]) -> dict[str, str]:
    """Give the faults of labs/etl-as-published that the findings tell, each with the audit that does."""
    found = {}
    for fault, (audits, words) in FAULTS.items():
        for finding in findings:
            text = f"{finding.what} {finding.evidence}"
            if finding.audit in audits and re.search(words, text, re.DOTALL):
                found.setdefault(fault, finding.audit)
    return found


class _Count:
    """Counts what the executor is asked for."""

    runs = 0

    def __enter__(self) -> Self:
        self._own = {name: getattr(LocalExecutor, name) for name in ("sample", "checks", "holdout")}
        for name, method in self._own.items():
            setattr(LocalExecutor, name, self._counted(method))
        return self

    def __exit__(self, *_: object) -> None:
        for name, method in self._own.items():
            setattr(LocalExecutor, name, method)

    def _counted(self, method):
        def run(*args, **named):
            self.runs += 1
            return method(*args, **named)

        return run
