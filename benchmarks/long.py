"""A campaign of 10,000 experiments: is its overhead flat, is it resumed at once, what does it leave on disk?

    python benchmarks/long.py [--experiments 10000] [--session 500] [--synthetic] [--keep FOLDER]

A real campaign: the real command line, a command proposer and a deterministic `echo`, in sessions. Figures and their bounds:

- overhead: seconds from intent to intent, in turns with experiments 81 to 140 of a fresh campaign beside it (ratio, at most 1.2)
- resume: from the start of `autoexp run` to its first intent, median of 7 (under 2 s)
- status and status --json, median of 7 (under 1 s)
- growth: bytes for each experiment, as the disk holds them and as they are, by what they are for

Progress goes to stderr, one JSON line a figure to stdout. Making the campaign takes about 25 minutes, and with `--keep` it stays: a second call goes on
from there. Nothing else should run while it is measured. `--synthetic` makes 60 real experiments and writes the others into the journal as copies of a
discarded one, with refs: enough for resume and status, in a minute.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from overhead import make_repository

from autoexp.campaign.events import Record
from autoexp.stores.lines import Stamp, encode
from autoexp.stores.reading import Position, Torn, read_from

TAG = "overhead"
EARLY, TURN, TURNS = 80, 20, 3
"""Experiments of the fresh campaign before it is measured; those of one turn; how many turns each campaign has."""
LAST = 40
ROUNDS = 7
INTENT, DONE = b'"event":"intent"', b'"event":"done"'
REAL = 60
"""Real experiments of a synthetic campaign."""


def autoexp(folder: Path, cache: Path, *arguments: str) -> float:
    """Run a command, and give its seconds."""
    command = [sys.executable, "-m", "autoexp", *arguments, "--repo", str(folder)]
    started = time.monotonic()
    subprocess.run(command, env={**os.environ, "AUTOEXP_CACHE_DIR": str(cache)}, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def journal_of(folder: Path) -> Path:
    """Give the journal's path."""
    return folder / ".git/autoexp" / TAG / "journal.jsonl"


def campaign(folder: Path, cache: Path, experiments: int, session: int) -> list[float]:
    """Make experiments in sessions, and give the seconds of each."""
    spent: list[float] = []
    offset = journal_of(folder).stat().st_size if journal_of(folder).exists() else 0
    while len(spent) < experiments:
        autoexp(folder, cache, "run", "--json", "--experiments", str(min(session, experiments - len(spent))))
        with journal_of(folder).open("rb") as file:
            file.seek(offset)
            lines = file.readlines()
            offset = file.tell()
        starts, ends = ([json.loads(line)["mono"] for line in lines if mark in line] for mark in (INTENT, DONE))
        spent += [after - start for start, after in itertools.pairwise([*starts, ends[-1]])]
        if session > TURN:
            print(
                f"{len(spent)} experiments, the last 40 took {1e3 * mean(spent[-LAST:]):.0f} ms each", file=sys.stderr
            )
    return spent


def made(folder: Path) -> int:
    """Count the experiments that are there already."""
    if not journal_of(folder).exists():
        return 0
    with journal_of(folder).open("rb") as file:
        return sum(DONE in line for line in file)


def mean(spent: list[float]) -> float:
    """Give the mean."""
    return statistics.fmean(spent) if spent else 0.0


def overhead(folder: Path, fresh: Path, cache: Path) -> dict[str, Any]:
    """Let both campaigns go on in turns, and compare their experiments."""
    experiments = made(folder)
    late: list[float] = []
    early: list[float] = []
    for _ in range(TURNS):
        late += campaign(folder, cache, TURN, TURN)
        early += campaign(fresh, cache, TURN, TURN)
    return {
        "figure": "overhead",
        "experiments": experiments,
        "early_s": round(mean(early), 4),
        "late_s": round(mean(late), 4),
        "ratio": round(mean(late) / mean(early), 3),
        "median_ratio": round(statistics.median(late) / statistics.median(early), 3),
        "bound": 1.2,
    }


def resume(folder: Path, cache: Path) -> float:
    """Make one more experiment, and give the seconds from the start of the command to its intent."""
    journal, started = journal_of(folder), time.time()  # noqa: TID251  records are stamped by the same clock
    offset = journal.stat().st_size
    autoexp(folder, cache, "run", "--json", "--experiments", "1")
    with journal.open("rb") as lines:
        lines.seek(offset)
        return next(json.loads(line)["wall"] for line in lines if INTENT in line) - started


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """Give the bytes below .git by what they are for: as the disk holds them, and as they are."""
    git, found = folder / ".git", dict.fromkeys(("objects", "refs", "journal", "output", "state", "other"), (0, 0))
    for path in files(git):
        name = purpose(path.relative_to(git).parts)
        info = path.lstat()
        on_disk, apparent = found[name]
        found[name] = (on_disk + 512 * info.st_blocks, apparent + (0 if path.is_dir() else info.st_size))
    exports = [(512 * path.lstat().st_blocks, path.lstat().st_size) for path in files(folder / ".autoexp")]
    return found | {"exports": (sum(one for one, _ in exports), sum(one for _, one in exports))}


def files(folder: Path) -> Iterator[Path]:
    """Give everything below a folder."""
    return folder.rglob("*")


def purpose(parts: tuple[str, ...]) -> str:
    """Tell what a path below .git is for."""
    if parts[0] == "autoexp":
        return {"journal.jsonl": "journal", "output": "output", "state": "state"}.get((*parts, "", "")[2], "other")
    return {"objects": "objects", "refs": "refs", "packed-refs": "refs", "logs": "refs"}.get(parts[0], "other")


def growth(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], experiments: int) -> dict[str, Any]:
    """Give the bytes of an experiment."""
    on_disk, apparent = (
        {name: round((after[name][i] - before[name][i]) / experiments) for name in after} for i in (0, 1)
    )
    return {
        "figure": "growth in bytes per experiment",
        "on_disk": on_disk | {"all": sum(on_disk.values())},
        "apparent": apparent | {"all": sum(apparent.values())},
    }


def copied(folder: Path, experiments: int) -> None:
    """Write the last discarded experiment of a campaign into its journal again and again, with refs to what there is."""
    path, records, position = journal_of(folder), [], Position()
    for item in read_from(path):
        if not isinstance(item, Torn):
            records.append(item[0])
            position = item[1]
    done = [record for record in records if record.event.event == "done" and record.event.status == "discard"]
    model = [record for record in records if getattr(record.event, "n", None) == done[-1].event.n]
    last = max(record.event.n for record in records if getattr(record.event, "n", None))
    refs = git(
        folder,
        "for-each-ref",
        "--format=%(objectname)",
        *(f"refs/autoexp/{TAG}/{kind}/{model[0].event.n}" for kind in ("attempt", "record")),
    )
    moves = [f"delete refs/autoexp/{TAG}/tail"]
    with path.open("ab") as file:
        for n in range(last + 1, last + 1 + experiments):
            for record in model:
                line, position = copy_of(record, n, position)
                file.write(line)
            moves += [
                f"create refs/autoexp/{TAG}/{kind}/{n} {oid}"
                for kind, oid in zip(("attempt", "record"), refs.split(), strict=True)
            ]
    git(folder, "update-ref", "--stdin", told="\n".join(moves[:-1]) + "\n")


def copy_of(record: Record, n: int, position: Position) -> tuple[bytes, Position]:
    """Give a record's line as that of experiment `n`, and the place behind it."""
    stamp = Stamp(record.wall, record.monotonic, record.boot)
    event = record.event.model_copy(update={"n": n})
    line, digest = encode(event, number=position.number, previous=position.previous, stamp=stamp)
    return line, Position(position.number + 1, position.offset + len(line), digest)


def git(folder: Path, *arguments: str, told: str = "") -> str:
    """Ask git."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout


def measure(home: Path, experiments: int, session: int, *, synthetic: bool) -> Iterator[dict[str, Any]]:
    """Make the campaign as far as it is not there, and give its figures."""
    folder, fresh, cache = home / "repository", home / "fresh", home / "cache"
    if not folder.exists():
        make_repository(folder, 100, "none")
    campaign(folder, cache, (REAL if synthetic else experiments) - made(folder), session)
    if synthetic:
        copied(folder, experiments - made(folder))
        campaign(folder, cache, 1, 1)
    else:
        shutil.rmtree(fresh, ignore_errors=True)
        make_repository(fresh, 100, "none")
        campaign(fresh, cache, 1, 1)
        yield growth(sizes(fresh), sizes(folder), made(folder) - 1)
        campaign(fresh, cache, EARLY - 1, EARLY)
        yield overhead(folder, fresh, cache)
    yield {"figure": "journal", "bytes": journal_of(folder).stat().st_size}
    times = sorted(resume(folder, cache) for _ in range(ROUNDS))
    yield {"figure": "resume", "median_s": round(statistics.median(times), 3), "all_s": rounded(times), "bound_s": 2.0}
    for more in ([], ["--json"]):
        times = sorted(autoexp(folder, cache, "status", *more) for _ in range(ROUNDS))
        name = " ".join(["status", *more])
        yield {"figure": name, "median_s": round(statistics.median(times), 3), "all_s": rounded(times), "bound_s": 1.0}


def rounded(times: list[float]) -> list[float]:
    """Give times as people read them."""
    return [round(one, 3) for one in times]


def main() -> None:
    """Print one JSON line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=10_000)
    parser.add_argument("--session", type=int, default=500)
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--keep", type=Path, help="make the campaign in this folder, and leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="long-") as name:
        home = options.keep or Path(name)
        home.mkdir(parents=True, exist_ok=True)
        for found in measure(home, options.experiments, options.session, synthetic=options.synthetic):
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
