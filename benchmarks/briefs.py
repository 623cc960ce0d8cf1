"""What one more experiment costs in a campaign of 100, 1,000 and 10,000: its brief, its part of the fold, and the status. No process, no disk.

    python benchmarks/briefs.py [--sizes 100 1000 10000] [--rounds 9]

Milliseconds of CPU, the median of the rounds. `ratio` compares each with the first size. A brief is made twice in an experiment
(estimate and proposal), written as data and as prose once each. The status may take time in proportion to the experiments.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.builders import Tape

from autoexp import briefs
from autoexp.campaign.fold import fold_all
from autoexp.campaign.summary import summary
from autoexp.campaign.views import brief_for
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Directive, Proposal, Tokens

KINDS, IDEAS, KEEPS = 9, 300, 7
MORE = 50
"""Experiments whose fold is timed."""


def extend(tape: Tape, experiments: int) -> Tape:
    """Add experiments that say something and park ideas; one in seven is kept."""
    for i in range(tape.n, tape.n + experiments):
        keep = i % KEEPS == 0
        said = Proposal(
            description=f"value {i} made quicker by something {i % 13}",
            hypothesis="because it is so and so",
            asi={"kind": f"k{i % KINDS}"},
            ideas=(f"idea {i % IDEAS}",),
            tokens=Tokens(input=1000, output=100),
            cost_usd=0.1,
            requests=1,
        )
        tape.experiment(9.0, Verdict.KEEP if keep else Verdict.DISCARD, effect=0.01 if keep else -0.05, proposal=said)
    return tape


def spent(work: Callable[[], Any], rounds: int) -> float:
    """Give the median milliseconds of CPU."""
    found = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        found.append(1e3 * (time.process_time() - started))
    return statistics.median(found)


def figures(experiments: int, rounds: int) -> dict[str, float]:
    """Measure a campaign of that length."""
    tape = extend(Tape().open(), experiments)
    started = time.process_time()
    state = fold_all(tape.records)
    whole = time.process_time() - started
    before = len(tape.records)
    extend(tape, MORE)
    told = brief_for(state, Directive(), goal="g", program="p", scope=("a.py",))
    found = {
        "brief_ms": spent(lambda: brief_for(state, Directive(), goal="g", program="p", scope=("a.py",)), rounds),
        "data_ms": spent(lambda: briefs.as_json(told), rounds),
        "prose_ms": spent(lambda: briefs.as_markdown(told), rounds),
        "fold_ms": spent(lambda: fold_all(tape.records[before:], state), rounds) / MORE,
    }
    found["experiment_ms"] = 2 * found["brief_ms"] + found["data_ms"] + found["prose_ms"] + found["fold_ms"]
    return found | {"fold_all_s": whole, "status_ms": spent(lambda: summary(state, running=False), 3)}


def main() -> None:
    """Print one JSON line a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    first: dict[str, float] = {}
    for size in options.sizes:
        found = figures(size, options.rounds)
        first = first or found
        ratio = round(found["experiment_ms"] / first["experiment_ms"], 2)
        shown = {name: round(value, 3) for name, value in found.items()}
        print(json.dumps({"experiments": size, **shown, "ratio": ratio}), flush=True)


if __name__ == "__main__":
    main()
