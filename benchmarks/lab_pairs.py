"""What one run of a lab's harness costs, and how far its figure spreads, for two versions of the lab in turn.

    git worktree add /tmp/before COMMIT
    python benchmarks/lab_pairs.py /tmp/before/src/autoexp/labs/etl src/autoexp/labs/etl --pairs 30

Fresh seeds on both sides, so that right answers are worked out as in a campaign. One run of each goes before, to fill the cache.
"""

import argparse
import math
import resource
import statistics
import sys
import time
from pathlib import Path

from lab_truth import Bench
from ruamel.yaml import YAML

CACHE = Path.home() / ".cache" / "autoexp-labs" / "etl"


def main() -> int:
    """Run both versions in turn; print what each costs, and what the second one changes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labs", nargs=2, type=Path, metavar="FOLDER")
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--cache", type=Path, default=CACHE)
    asked = parser.parse_args()
    seen: list[list[tuple[float, ...]]] = [[], []]
    for pair in range(asked.pairs + 1):
        for side in (0, 1) if pair % 2 else (1, 0):
            run = once(asked.labs[side], asked.cache, seed=2 * pair + side)
            if pair:
                seen[side].append(run)
    for lab, runs in zip(asked.labs, seen, strict=True):
        wall, cpu, figure = zip(*runs, strict=True)
        spread = statistics.stdev(map(math.log, figure))
        print(
            f"{lab}\n  a run: wall {statistics.median(wall):.3f} s, CPU {statistics.median(cpu):.3f} s (medians);"
            f" figure {statistics.median(figure):.2f}, spread {spread:.1%} of it from run to run"
        )
    for at, name in enumerate(("wall", "CPU", "figure")):
        logs = [math.log(new[at] / old[at]) for old, new in zip(*seen, strict=True)]
        error = statistics.stdev(logs) / math.sqrt(len(logs))
        print(f"{name}: {math.expm1(statistics.median(logs)):+.1%} (standard error of the mean {error:.1%})")
    return 0


def once(lab: Path, cache: Path, *, seed: int) -> tuple[float, ...]:
    """Run the harness of a lab; give wall time, CPU time, and the primary metric. SystemExit when it gives none."""
    spec = YAML(typ="safe").load((lab / "autoexp.yaml").read_text(encoding="utf-8"))
    primary = next(name for name, keys in spec["metrics"].items() if keys["role"] == "primary")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    outcome, metrics = Bench(spec, cache).sample(lab, seed=seed)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if outcome != "ok":
        raise SystemExit(f"{lab}: the run ended as {outcome}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, metrics[primary]


if __name__ == "__main__":
    sys.exit(main())
