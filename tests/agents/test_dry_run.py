"""`autoexp agents` with the real agents: each starts, and its dry run is kept with the tokens that the server counted."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agents import install


def told(agent: str, folder: Path, *arguments: str) -> dict[str, Any]:
    (folder / "tmp").mkdir(exist_ok=True)
    environ = {"PATH": install.path(agent), "HOME": str(folder), "TMPDIR": str(folder / "tmp")}
    done = subprocess.run(
        [sys.executable, "-m", "autoexp", "agents", agent, "--json", *arguments],
        env={**os.environ, **environ, "AUTOEXP_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (one,) = json.loads(done.stdout)
    assert list((folder / "tmp").iterdir()) == []
    return one  # type: ignore[no-any-return]


@pytest.mark.parametrize("agent", install.PINS, indirect=True)
def test_agent_starts_at_its_pin_and_its_dry_run_is_kept(agent: str, tmp_path: Path) -> None:
    one = told(agent, tmp_path, "--dry-run", "--timeout", "5m")
    pin = install.PINS[agent]
    assert one["version"] == (*pin.npm, *pin.pypi)[0].replace("==", "@").rpartition("@")[2]
    tried = one["dry_run"]
    assert (tried["works"], tried["status"]) == (True, "keep"), tried["words"]
    assert tried["requests"] >= 1
    assert tried["told"] == tried["counted"] > 0
