"""What stands in the fenced blocks of a page, and a shell that types it as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.processes.sandbox import ladder

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    """Give the blocks of a language, in their order."""
    return [text for kind, text in _BLOCK.findall((DOCS / page).read_text("utf-8")) if kind == language]


def files(page: Path) -> dict[str, str]:
    """Give name and text of each file on a page: a block below its name."""
    return dict(_FILE.findall(page.read_text("utf-8")))


def surroundings(folder: Path) -> dict[str, str]:
    """Give the variables of a reader who has installed autoexp and told git a name."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    named = {f"GIT_{who}_{what}": "reader@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {**os.environ, **named, "PATH": path, "AUTOEXP_CACHE_DIR": str(folder / "cache")}


def typed(script: str, folder: Path, *, patience_s: float = 300) -> str:
    """Run a script up to its first failure, and give what it printed. The folder is where the reader is."""
    if not any(rung.holds for rung in ladder.rungs(os.environ["PATH"]) if rung.level != "none"):
        pytest.skip("no sandbox holds on this machine, and the page has no word for that")
    done = subprocess.run(
        ["sh", "-e"],
        input=script,
        cwd=folder,
        env=surroundings(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
