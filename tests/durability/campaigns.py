"""Campaigns of all kinds of endings, from one seed: the same edits and numbers each time, and what must come of each."""

import random
import shutil
from pathlib import Path
from typing import Any

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made, write

Edit = dict[str, Any]

KINDS = ("keep", "discard", "crash", "guard_failed", "no_change", "bad_metric", "checks_failed", "out_of_scope")
WEIGHTS = (30, 30, 10, 8, 6, 6, 6, 4)

NOISY_BENCH = """\
read -r x < value.txt
if [ "$x" = crash ]; then exit 7; fi
awk -v x="$x" -v seed="$AUTOEXP_SEED" 'BEGIN {
  srand(seed); for (i = 0; i < 9; i++) rand()
  printf "METRIC x=%.6f\\n", x * (1 + 0.02 * (rand() + rand() + rand() - 1.5))
}'
"""
"""Noise that AUTOEXP_SEED and the file alone decide on."""


def edits(seed: int, count: int, *, hangs: int = 1) -> list[tuple[Edit, str]]:
    """Give edits for a script, each with the status that it ends with; the best so far never changes by chance."""
    rng, best = random.Random(seed), 100_000
    kinds = rng.choices(KINDS, WEIGHTS, k=count - hangs) + ["timeout"] * hangs
    rng.shuffle(kinds)
    made_of: list[tuple[Edit, str]] = []
    for i, kind in enumerate(kinds):
        match kind:
            case "keep":
                best -= rng.randrange(50, 150)
                edit = write(best)
            case "no_change":
                edit = {"run": "true"}
            case "out_of_scope":
                edit = {"run": "echo 1 > other.txt"}
            case _:
                values = {
                    "crash": "crash",
                    "guard_failed": 13,
                    "bad_metric": "silent",
                    "checks_failed": 2,
                    "timeout": "hang",
                }
                edit = write(values.get(kind, best + rng.randrange(1, 99)))
        made_of.append((edit | {"description": f"{i + 1}: {kind}"}, kind))
    return made_of


def begun(folder: Path, helper: Helper, *, level: str = "none") -> Project:
    """Make a project whose value begins at 100,000, with both sides at a level."""
    project = made(folder, helper)
    (project.path / "value.txt").write_text("100000\n")
    project.git("commit", "-qam", "begin high")
    project.contract(CONTRACT.replace("level: none", f"level: {level}"))
    return project


def noisy(folder: Path, helper: Helper) -> Project:
    """Make a project for the sequential rule: its harness gives a number that the seed and the file alone decide on."""
    project = begun(folder, helper)
    (project.path / "bench.sh").write_text(NOISY_BENCH)
    project.git("commit", "-qam", "a noisy harness")
    text = project.path / "autoexp.yaml"
    project.contract(
        text.read_text()
        .replace("  ok: {role: guard, equals: 1}\n", "")
        .replace("deterministic: true", "deterministic: auto")
    )
    return project


def copied(project: Project, folder: Path) -> Project:
    """Give another project of the same commits, in a folder of its own: its campaign gets the same seed."""
    folder.mkdir()
    shutil.copytree(project.path, folder / "a project", symlinks=True)
    return Project(folder / "a project", folder / "cache", project.helper)
