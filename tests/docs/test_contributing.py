"""CONTRIBUTING.md: its map has every room, and the proposer that it shows works."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, files, surroundings

PAGE = ROOT / "CONTRIBUTING.md"
SOURCE = ROOT / "src" / "autoexp"


def test_map_has_every_room_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {name.rstrip("/") for row in rows for name in re.findall("`([^`]+)`", row)}
    assert sorted(name for name in named if not (SOURCE / name).exists()) == [], "rooms of the map that are gone"
    rooms = {path.parent.relative_to(SOURCE) for path in SOURCE.glob("*/__init__.py")}
    rooms |= {path.parent.relative_to(SOURCE) for path in SOURCE.glob("*/*/__init__.py")}
    alone = {path.relative_to(SOURCE) for path in SOURCE.glob("*.py") if not path.name.startswith("_")}
    told = named | {name.partition("/")[0] for name in named}
    assert sorted(str(one) for one in rooms | alone if str(one) not in told) == [], "rooms that the map does not name"


def test_proposer_of_the_page_runs_a_campaign_and_its_changes_are_kept(tmp_path: Path) -> None:
    for name, text in files(PAGE).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "rounds.txt").write_text("9\n", encoding="utf-8")
    for command in (["init", "-q"], ["add", "rounds.txt"], ["commit", "-q", "-m", "start"]):
        subprocess.run(["git", *command], cwd=tmp_path, env=surroundings(tmp_path), check=True)
    assert "it is 1 already" in _autoexp(tmp_path, "run", "--allow-unsandboxed")
    rows = json.loads(_autoexp(tmp_path, "log", "--json"))
    assert [(row["status"], row["metric"]) for row in rows] == [("keep", value) for value in (9, 4, 2, 1)]


def test_proposer_of_the_page_takes_at_most_twenty_lines() -> None:
    assert len(files(PAGE)["halving.py"].splitlines()) <= 20


def _autoexp(folder: Path, *arguments: str) -> str:
    around = {**surroundings(folder), "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "autoexp", *arguments],
        cwd=folder,
        env=around,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
