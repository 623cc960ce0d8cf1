"""What each edit of a lab really does: interleaved pairs against the best version there is, an interval, a class.

    python benchmarks/lab_truth.py etl --pairs 60 --out src/autoexp/labs/etl/truth.json

Edits are applied in order; those whose effect is real stay in, so that each is measured on the version on which a
perfect judge would have met it. The file is written after every edit; a second call measures what has changed.
With --settle, what edits.yaml expects is set to what was found.
"""

import argparse
import hashlib
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from ruamel.yaml import YAML

LABS = Path(__file__).parents[1] / "src" / "autoexp" / "labs"
LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "duckdb")
EXPECT = {"neutral": ["discard", "inconclusive"], "guard_failed": ["guard_failed", "checks_failed"]}
TRIM = 0.1  # of the pairs on either side
LOOKS = (
    (1 / 3, 5.0),
    (2 / 3, 4.0),
    (1.0, 1.96),
    (2.0, 1.96),
)  # shares of the pairs, and how sure it takes to stop there


def main() -> None:
    """Measure every edit of one lab."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab")
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "autoexp-labs" / "etl")
    parser.add_argument("--settle", action="store_true")
    asked = parser.parse_args()
    lab = LABS / asked.lab
    spec = YAML(typ="safe").load((lab / "autoexp.yaml").read_text(encoding="utf-8"))
    edits = YAML(typ="safe").load((lab / "edits.yaml").read_text(encoding="utf-8"))
    bench = Bench(spec, asked.cache)
    known = json.loads(asked.out.read_text(encoding="utf-8"))["edits"] if asked.out.exists() else []
    by_key = {entry["key"]: entry for entry in known}
    done: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="lab-truth-") as scratch:
        best = Path(scratch) / "best"
        shutil.copytree(lab, best, ignore=shutil.ignore_patterns("__pycache__", "truth.json"))
        for number, edit in enumerate(edits, start=1):
            candidate = Path(scratch) / "candidate"
            shutil.rmtree(candidate, ignore_errors=True)
            shutil.copytree(best, candidate)
            apply(edit, candidate)
            key = digest(best, candidate, asked.pairs)
            entry = by_key.get(key)
            if entry is None:
                entry = {"key": key, **judge(bench, spec, best, candidate, asked.pairs)}
            entry = {**entry, "description": edit["description"]}
            done.append(entry)
            tell(number, entry)
            if entry["class"] == "keep":
                shutil.rmtree(best)
                candidate.rename(best)
            rest = [one for one in known if one["key"] not in {e["key"] for e in done}]
            save(asked.out, spec, asked.pairs, done + (rest if number < len(edits) else []))
    if asked.settle:
        settle(lab / "edits.yaml", done)


def apply(edit: dict, folder: Path) -> None:
    """Change the files as the script proposer would."""
    if "run" in edit:
        subprocess.run(["sh", "-c", edit["run"]], cwd=folder, check=True)
    elif "replace" in edit:
        file, old, new = (edit["replace"][part] for part in ("file", "old", "new"))
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{edit['description']}: {text.count(old)} places for the replacement"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    else:
        (folder / edit["write"]["file"]).write_text(edit["write"]["text"], encoding="utf-8")


def digest(best: Path, candidate: Path, pairs: int) -> str:
    """Name a comparison by all that could change its outcome."""
    sealed = [path.read_bytes() for path in sorted((best / "harness").glob("*.py"))]
    changed = changed_files(best, candidate)
    facts = [str(pairs).encode(), (best / "pipeline.py").read_bytes(), *(f.encode() for f in changed)]
    facts += [(candidate / file).read_bytes() for file in changed]
    return hashlib.sha256(b"\0".join(sealed + facts)).hexdigest()[:16]


def changed_files(best: Path, candidate: Path) -> list[str]:
    """Files that differ, as the engine would see them."""
    files = {
        str(path.relative_to(folder)) for folder in (best, candidate) for path in folder.rglob("*") if path.is_file()
    }
    files = {file for file in files if "__pycache__" not in file}
    return sorted(f for f in files if not _same_bytes(best / f, candidate / f))


def _same_bytes(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def judge(bench: "Bench", spec: dict, best: Path, candidate: Path, pairs: int) -> dict:
    """Class one edit: by what it touches, by how it ends, else by what it gains."""
    changed = changed_files(best, candidate)
    if not changed:
        return {"class": "no_change"}
    if set(changed) - set(spec["scope"]["edit"]):
        return {"class": "out_of_scope"}
    outcome, metrics = bench.sample(best, seed=0)
    if outcome != "ok" or metrics["correct"] != 1:
        raise SystemExit(
            f"the best version itself ends as {outcome}: {metrics or 'run the harness by hand to see why'}"
        )
    outcome, metrics = bench.sample(candidate, seed=0)
    if outcome != "ok":
        return {"class": outcome}
    failed = ["guard_failed"] * (metrics["correct"] != 1) + ["checks_failed"] * (not bench.checks(candidate))
    if failed:
        return {"class": failed[0], "also": failed[1:]}
    primary = next(name for name, keys in spec["metrics"].items() if keys["role"] == "primary")
    min_effect = float(spec["metrics"][primary]["min_effect"].rstrip("%")) / 100
    logs: list[float] = []
    for share, z in LOOKS:
        for seed in range(len(logs) + 1, int(pairs * share) + 1):
            order = (best, candidate) if seed % 2 else (candidate, best)
            seen = {folder: bench.sample(folder, seed=seed)[1][primary] for folder in order}
            logs.append(math.log(seen[candidate] / seen[best]))
        if effect(logs, min_effect, z)["sure"]:
            break
    return effect(logs, min_effect)


def effect(logs: list[float], min_effect: float, z: float = 1.96) -> dict:
    """Gain as a share of the best version's cost, with a 95 % interval of the trimmed mean of paired log ratios."""
    cut = int(len(logs) * TRIM)
    ordered = sorted(logs)
    middle = statistics.fmean(ordered[cut : len(logs) - cut])
    winsorised = [min(max(log, ordered[cut]), ordered[-1 - cut]) for log in logs]
    error = statistics.stdev(winsorised) / ((1 - 2 * cut / len(logs)) * math.sqrt(len(logs)))
    gain, low, high = (1 - math.exp(middle + shift * z * error) for shift in (0, 1, -1))
    kind = "keep" if gain > min_effect else "discard" if gain < -min_effect else "neutral"
    sure = not any(low < border < high for border in (-min_effect, min_effect))
    sd = statistics.stdev(winsorised)
    numbers = {"effect": gain, "low": low, "high": high, "pair_sd": sd}
    return {"class": kind, "sure": sure, "pairs": len(logs), **{name: round(x, 4) for name, x in numbers.items()}}


def settle(path: Path, entries: list[dict]) -> None:
    """Write the statuses that each edit deserves into the lines below its description."""
    text = path.read_text(encoding="utf-8")
    for entry in entries:
        title = re.escape(f"- description: {entry['description']}\n")
        statuses = EXPECT.get(entry["class"], [entry["class"]])
        statuses = statuses if entry.get("sure", True) else list(dict.fromkeys([*statuses, *EXPECT["neutral"]]))
        expect = f"[{', '.join(statuses)}]" if len(statuses) > 1 else statuses[0]
        text, count = re.subn(rf"^({title}  expect: ).*$", rf"\g<1>{expect}", text, flags=re.MULTILINE)
        assert count == 1, f"{path}: no line to settle for {entry['description']}"
    path.write_text(text, encoding="utf-8")


class Bench:
    """Runs the lab's harness as autoexp does: own environment, root of the tree, a time limit."""

    def __init__(self, spec: dict, cache: Path) -> None:
        """Fill the placeholders of the harness's environment."""
        cache.mkdir(parents=True, exist_ok=True)
        filled = {name: value.replace("@CACHE@", str(cache)) for name, value in spec["harness"]["env"].items()}
        wanted = {name: re.sub(r"@[A-Z_]+=(.*)@", r"\1", value) for name, value in filled.items()}
        prefix = str(Path(sys.executable).parent)
        self.environment = {"PATH": f"{prefix}{os.pathsep}{os.environ['PATH']}", "HOME": "/nonexistent", **wanted}
        self.spec = spec["harness"]
        self.timeout_s = float(re.fullmatch(r"(\d+)s", self.spec["timeout"])[1])

    def sample(self, folder: Path, *, seed: int) -> tuple[str, dict[str, float]]:
        """One run of the benchmark: ok, crash or timeout, and the metrics."""
        ended = self._run(self.spec["measure"], folder, {"AUTOEXP_SEED": str(seed)})
        if ended is None:
            return "timeout", {}
        if ended.returncode:
            return "crash", {}
        pairs = re.findall(r"^METRIC (\S+)=(\S+)$", ended.stdout, re.MULTILINE)
        return "ok", {name: float(value) for name, value in pairs}

    def checks(self, folder: Path) -> bool:
        """Whether the lab's checks pass."""
        ended = self._run(self.spec["checks"], folder, {})
        return ended is not None and ended.returncode == 0

    def _run(self, command: str, folder: Path, more: dict[str, str]) -> subprocess.CompletedProcess | None:
        child = subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = child.communicate(timeout=self.timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            child.communicate()
            return None
        return subprocess.CompletedProcess(command, child.returncode, out, err)


def tell(number: int, entry: dict) -> None:
    """Print one line about an edit."""
    gain = f"{entry['effect']:+7.1%} [{entry['low']:+.1%}, {entry['high']:+.1%}]" if "effect" in entry else ""
    mark = "" if entry.get("sure", True) else " (near the border)"
    print(f"{number:3} {entry['class']:12} {gain:28} {entry['description']}{mark}", flush=True)


def save(path: Path, spec: dict, pairs: int, entries: list[dict]) -> None:
    """Write the file as a whole or not at all."""
    found = {library: version(library) for library in LIBRARIES}
    python = ".".join(map(str, sys.version_info[:2]))
    head = {"lab": spec["name"], "pairs": pairs, "python": python, "libraries": found}
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps({**head, "edits": entries}, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    main()
