"""The page for beginners, typed block by block into a real shell."""

import json
import subprocess
from pathlib import Path

from tests.docs.pages import blocks, surroundings, typed

PAGE = "first-campaign.md"


def test_page_works_as_it_stands_and_ends_with_kept_changes(tmp_path: Path) -> None:
    # The audits that `check` makes besides have tests of their own, and take most of the time.
    script = "".join(blocks(PAGE, "sh")).replace("autoexp check\n", "autoexp check --no-audits\n")
    printed = typed(script, tmp_path)
    assert "confirmed on 10 fresh pairs" in printed
    assert "odd divisors only" in printed
    found = _looked(tmp_path, "log")
    assert [row["status"] for row in found[:1]] == ["keep"]
    assert found[1]["status"] == "keep"
    assert found[3]["status"] == "checks_failed"
    assert "range(2 + number % 2" in (tmp_path / "primes" / "primes.py").read_text("utf-8")


def _looked(folder: Path, command: str) -> list[dict[str, object]]:
    done = subprocess.run(
        ["autoexp", command, "--json"],
        cwd=folder / "primes",
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found
