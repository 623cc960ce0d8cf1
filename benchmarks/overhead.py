"""What autoexp itself costs per experiment, beside a bare shell loop, in one run.

    python benchmarks/overhead.py [--levels none bwrap] [--files 100 20000 100000] [--experiments 20] [--rounds 3] [--long 1000]

Both sides make the same edits and run the same measurement (`echo`); the bare loop is edit, commit, run, reset. Rounds
alternate, so that a drift of the machine meets both. Seconds per experiment are taken from the journal for autoexp
(intent to intent) and from the loop itself for the shell. At a sandbox level other than none, proposer, measurement and
checks all run in one; the bare loop runs the same commands without. `--long N` compares the last 20 of N experiments of one
campaign with its first 20.
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BOUNDS = {"none": {100: 0.15, 20_000: 0.25, 100_000: 0.8}, "bwrap": {100: 0.25, 20_000: 0.35}}

CONTRACT = """\
version: 1
name: overhead
scope: {edit: [value.txt]}
harness: {measure: "echo METRIC x=$(cat value.txt)", checks: "true"}
metrics: {x: {role: primary, direction: lower}}
measurement: {deterministic: true}
proposer: {kind: command, command: "sh ./propose.sh"}
sandbox: {proposer: {level: LEVEL}, harness: {level: LEVEL}}
budget: {consecutive_crashes: null}
"""

PROPOSE = """\
i=$(sed -n 's/.*"position": \\([0-9]*\\).*/\\1/p' "$AUTOEXP_BRIEF")
if [ $((i % 10)) -eq 9 ]; then echo $((1000000 - i)) > value.txt; else echo $((2000000 + i)) > value.txt; fi
"""

LOOP = """\
i=0
while [ $i -lt "$1" ]; do
    if [ $((i % 10)) -eq 9 ]; then echo $((1000000 - i - $2)) > value.txt; else echo $((2000000 + i + $2)) > value.txt; fi
    git add value.txt && git commit -qm "experiment $i"
    measured=$(sh -c 'echo METRIC x=$(cat value.txt)')
    sh -c true
    if [ $((i % 10)) -ne 9 ]; then git reset -q --hard HEAD~1; fi
    printf '%s\\tdiscard\\n' "$measured" >> ../results.tsv
    i=$((i + 1))
done
"""


def make_repository(folder: Path, files: int, level: str) -> None:
    """Make a repository of `files` small files in folders of 100, quickly, with a contract for a sandbox level."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    lines = ["commit refs/heads/main", "committer a <a@localhost> 1700000000 +0000", "data 4", "base"]
    contents = {f"d{i // 100:04}/f{i % 100:02}.txt": f"file {i}\n" for i in range(files - 3)}
    contents |= {"value.txt": "1000000\n", "propose.sh": PROPOSE, "autoexp.yaml": CONTRACT.replace("LEVEL", level)}
    for path, text in contents.items():
        lines += [f"M 100644 inline {path}", f"data {len(text)}", text]
    stream = ("\n".join(lines) + "\n").encode()
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream, check=True)
    subprocess.run(["git", "-C", str(folder), "reset", "-q", "--hard"], check=True)
    for name, value in (("user.name", "a"), ("user.email", "a@localhost"), ("gc.auto", "0")):
        subprocess.run(["git", "-C", str(folder), "config", name, value], check=True)


def run_autoexp(folder: Path, cache: Path, experiments: int) -> list[float]:
    """Decide `experiments` more, and give the seconds of each (intent to intent, the last to its done)."""
    journal = folder / ".git/autoexp/overhead/journal.jsonl"
    before = sum(1 for _ in journal.open("rb")) if journal.exists() else 0
    command = [
        sys.executable,
        "-m",
        "autoexp",
        "run",
        "--json",
        "--repo",
        str(folder),
        "--experiments",
        str(experiments),
    ]
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(cache)}
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    starts, end = [], 0.0
    with journal.open("rb") as lines:
        for i, line in enumerate(lines):
            if i >= before and b'"event":"intent"' in line:
                starts.append(json.loads(line)["mono"])
            elif i >= before and b'"event":"done"' in line:
                end = json.loads(line)["mono"]
    marks = [*starts, end]
    return [after - start for start, after in itertools.pairwise(marks)]


def run_shell(folder: Path, experiments: int, offset: int) -> float:
    """Run the bare loop, and give its seconds per experiment."""
    started = time.monotonic()
    subprocess.run(["sh", "-c", LOOP, "loop", str(experiments), str(offset)], cwd=folder, check=True)
    return (time.monotonic() - started) / experiments


def cost_of_fdatasync(folder: Path, times: int = 100) -> float:
    """Give the median seconds of one append and fdatasync of 300 bytes."""
    fd = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    spent = []
    for _ in range(times):
        started = time.monotonic()
        os.write(fd, b"x" * 300)
        os.fdatasync(fd)
        spent.append(time.monotonic() - started)
    os.close(fd)
    return statistics.median(spent)


def cost_of_help() -> float:
    """Give the median seconds of CPU of `autoexp --help`."""
    spent = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "autoexp", "--help"], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent)


def compare(home: Path, level: str, files: int, experiments: int, rounds: int) -> dict[str, float]:
    """Alternate both sides on repositories of one size."""
    ours, bare = home / f"ours-{level}-{files}", home / f"bare-{level}-{files}"
    make_repository(ours, files, level)
    make_repository(bare, files, level)
    run_autoexp(ours, home / "cache", 1)
    run_shell(bare, 1, 0)
    mine, shell = [], []
    for i in range(rounds):
        mine += run_autoexp(ours, home / "cache", experiments)
        shell.append(run_shell(bare, experiments, (i + 1) * 1000))
    mean, median, loop = statistics.fmean(mine), statistics.median(mine), statistics.fmean(shell)
    return {"autoexp_mean_s": mean, "autoexp_median_s": median, "shell_s": loop, "overhead_s": mean - loop}


def flatness(home: Path, experiments: int) -> dict[str, float]:
    """Compare the last 20 of many experiments in one campaign with its first 20."""
    folder = home / "long"
    make_repository(folder, 100, "none")
    spent = run_autoexp(folder, home / "cache", experiments)
    first, last = statistics.fmean(spent[:20]), statistics.fmean(spent[-20:])
    medians = statistics.median(spent[:20]), statistics.median(spent[-20:])
    return {"first_20_s": first, "last_20_s": last, "ratio": last / first, "median_ratio": medians[1] / medians[0]}


def main() -> None:
    """Print one JSON line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", nargs="*", default=["none", "bwrap"])
    parser.add_argument("--files", type=int, nargs="*", default=[100, 20_000, 100_000])
    parser.add_argument("--experiments", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="overhead-") as name:
        home = Path(name)
        print(json.dumps({"fdatasync_s": round(cost_of_fdatasync(home), 5), "help_cpu_s": round(cost_of_help(), 3)}))
        for level, files in itertools.product(options.levels, options.files):
            found = compare(home, level, files, options.experiments, options.rounds)
            figures = {name: round(value, 4) for name, value in found.items()}
            bound = BOUNDS.get(level, {}).get(files)
            print(json.dumps({"level": level, "files": files, **figures, "bound_s": bound}), flush=True)
        if options.long:
            print(
                json.dumps(
                    {
                        "experiments": options.long,
                        **{k: round(v, 4) for k, v in flatness(home, options.long).items()},
                        "bound": 1.2,
                    }
                )
            )


if __name__ == "__main__":
    main()
