"""The same through the command line: whole campaigns of `autoexp run` on a harness with known effects and known noise.

    python benchmarks/decisions/end_to_end.py [--seeds 3] [--scenarios nothing few few-noisy] [--json FILE] [--check]

Each campaign gets a repository with 40 switches, edits that turn one on each, in an order shuffled by the seed, and a harness
whose value depends on the switches and on noise drawn anew for every run. `--check` exits with 1 if a scenario falls short.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

EDITS, EFFECT = 40, 0.03
"""Edits of a campaign, and by how much a real improvement makes the value smaller."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a campaign is made of, and what it has to reach on average."""

    preset: str
    noise: float
    improvements: int = 0
    least_true: float = 0.0
    most_false: float = float("inf")
    most_runs: float = float("inf")


SCENARIOS = {
    "nothing": Scenario("standard", noise=0.05, most_false=1 / 3),
    "few": Scenario("patient", noise=0.02, improvements=5, least_true=4, most_runs=400),
    "few-noisy": Scenario("thorough", noise=0.05, improvements=5, least_true=3, most_runs=1200),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one campaign."""

    scenario: str
    seed: int
    kept_true: int
    kept_false: int
    runs: int
    seconds: float


CONTRACT = """\
version: 1
name: switches
scope: {{edit: [switches.txt]}}
harness: {{measure: [{python}, -I, -S, measure.py], env: {{RUNS: {runs}}}}}
metrics: {{x: {{role: primary, direction: lower}}}}
decision: {{preset: {preset}}}
proposer: {{kind: script, file: edits.yaml}}
sandbox: {{proposer: {{level: none}}, harness: {{level: none}}}}
"""

HARNESS = """\
import os, random
runs = int(open(os.environ["RUNS"]).read())
open(os.environ["RUNS"], "w").write(str(runs + 1))
on = {{line.split()[0] for line in open("switches.txt") if line.split()[1] == "on"}}
value = 100 * {factor} ** len(on & {real})
print("METRIC x=%r" % (value * 2.718281828459045 ** random.Random("{seed} %d" % runs).gauss(0, {noise})))
"""


def main() -> int:
    """Run the campaigns, print what became of them, and check if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS), choices=SCENARIOS, metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what became of each campaign as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a scenario falls short")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    jobs = [(name, seed) for name in options.scenarios for seed in seeds]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = []
        for one in pool.map(lambda job: campaign(*job), jobs):
            print(
                f"{one.scenario:<10} seed {one.seed:<4} kept {one.kept_true} real, {one.kept_false} that do nothing;"
                f" {one.runs} runs, {one.seconds:.0f} s",
                flush=True,
            )
            ended.append(one)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in ended], indent=1) + "\n")
    print()
    short: list[str] = []
    for name in options.scenarios:
        here = [one for one in ended if one.scenario == name]
        print(summary(name, here))
        short += shortfalls(name, here)
    print("".join(f"falls short: {words}\n" for words in short), end="")
    return 1 if short and options.check else 0


def campaign(name: str, seed: int) -> Ended:
    """Run one campaign in a folder of its own."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="decisions-") as home:
        repository = Path(home, "repository")
        make_repository(repository, SCENARIOS[name], seed, runs=Path(home, "runs"))
        environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(Path(home, "cache"))}
        autoexp("run", repository, environ)
        rows, found = autoexp("log", repository, environ), autoexp("status", repository, environ)
    odd = [row for row in rows if row["status"] not in {"keep", "discard", "inconclusive"}]
    if odd or len(rows) != EDITS + 1:
        raise RuntimeError(f"{name}, seed {seed}: {len(rows) - 1} experiments, not ruled on: {odd}")
    kept = [row["description"].split()[0] == "real" for row in rows[1:] if row["status"] == "keep"]
    return Ended(
        scenario=name,
        seed=seed,
        kept_true=sum(kept),
        kept_false=len(kept) - sum(kept),
        runs=found["samples_used"],
        seconds=round(time.monotonic() - started, 1),
    )


def make_repository(folder: Path, scenario: Scenario, seed: int, *, runs: Path) -> None:
    """Make a repository with switches, harness, edits and contract. The number of runs so far is kept outside of it."""
    names = [f"s{i:02}" for i in range(EDITS)]
    real = names[: scenario.improvements]
    harness = HARNESS.format(factor=1 - EFFECT, real=set(real) or "set()", seed=seed, noise=scenario.noise)
    contract = CONTRACT.format(python=sys.executable, runs=runs, preset=scenario.preset)
    order = random.Random(seed).sample(names, k=EDITS)
    edits = [
        {
            "description": f"{'real' if name in real else 'nothing'} {name}",
            "replace": {"file": "switches.txt", "old": f"{name} off", "new": f"{name} on"},
        }
        for name in order
    ]
    files = {
        "switches.txt": "".join(f"{name} off\n" for name in names),
        "measure.py": harness,
        "edits.yaml": json.dumps(edits),
        "autoexp.yaml": contract,
    }
    folder.mkdir()
    for path, text in files.items():
        (folder / path).write_text(text)
    runs.write_text("0")
    for command in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "a"],
        ["config", "user.email", "a@localhost"],
        ["add", "."],
        ["commit", "-q", "-m", "switches"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def autoexp(command: str, repository: Path, environ: dict[str, str]) -> Any:
    """Run a command, and give the data that it prints."""
    arguments = [sys.executable, "-m", "autoexp", command, "--json", "--repo", str(repository)]
    done = subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"autoexp {command} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def summary(name: str, ended: Sequence[Ended]) -> str:
    """Say what became of the campaigns of a scenario together."""
    scenario = SCENARIOS[name]
    runs = [one.runs for one in ended]
    return (
        f"{name}: {EDITS} edits, {scenario.improvements} improve by {EFFECT:.0%}, {scenario.noise:.0%} noise,"
        f" preset {scenario.preset}, {len(ended)} seeds: kept {fmean(one.kept_true for one in ended):.2f} of"
        f" {scenario.improvements} on average, {sum(one.kept_false for one in ended)} that do nothing in all;"
        f" {fmean(runs):.0f} runs ({min(runs)} to {max(runs)})"
    )


def shortfalls(name: str, ended: Sequence[Ended]) -> Iterator[str]:
    """Name what falls short, on average over the campaigns."""
    scenario = SCENARIOS[name]
    true, false = fmean(one.kept_true for one in ended), fmean(one.kept_false for one in ended)
    runs = fmean(one.runs for one in ended)
    if true < scenario.least_true:
        yield f"{name}: {true:.2f} improvements kept, less than {scenario.least_true}"
    if false > scenario.most_false:
        yield f"{name}: {false:.2f} edits kept that do nothing, more than {scenario.most_false:.2f}"
    if runs > scenario.most_runs:
        yield f"{name}: {runs:.0f} runs, more than {scenario.most_runs}"


if __name__ == "__main__":
    sys.exit(main())
