import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from autoexp.campaign.views import Brief
from autoexp.experiment.records import Directive
from autoexp.ports import Desk

ENVIRON = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def brief_at(position: int) -> Brief:
    return Brief(
        tag="t", goal="", program="", directive=Directive(), position=position, seed=1, scope=("*",), metrics={},
        primary="x", direction="lower", incumbent_commit="0" * 40, incumbent={}, baseline={}, gain=0.0,
        experiments_total=0, kept=0,
    )  # fmt: skip


@pytest.fixture
def brief():
    return brief_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's folder, where autoexp.yaml lies."""
    place = tmp_path / "user folder"
    place.mkdir()
    return place


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose workspace is a repository of one commit with one file."""
    workspace = tmp_path / "copy"
    workspace.mkdir()
    (workspace / "a.py").write_text("one\ntwo\nthree\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(workspace)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    (tmp_path / "brief.json").write_text('{"goal": "fast"}')
    (tmp_path / "brief.md").write_text("# fast")
    return Desk(
        workspace, tmp_path / "brief.json", tmp_path / "brief.md", tmp_path / "output" / "7", uuid.uuid4().hex + ":"
    )


@pytest.fixture
def environ() -> dict[str, str]:
    return dict(ENVIRON)
