"""The snapshot of the state beside the journal, with the real command line: it may be gone, spoilt or forged, and nobody sees it."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.durability.laws import lawful
from tests.end_to_end.conftest import Project, write


class Opens:
    """Makes a file when it is unpickled by anything that calls what it names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def forge(project: Project, head: Path) -> None:
    """Put a call into the head, with digests that fit."""
    line = head.read_bytes().split(b"\n", 2)[1]
    rest = line + b"\n" + pickle.dumps(Opens(project.path / "called"), 5)
    head.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


def cut(project: Project, head: Path) -> None:
    """Lose the last half of the head."""
    head.write_bytes(head.read_bytes()[: head.stat().st_size // 2])


def stale(project: Project, head: Path) -> None:
    """Name a place in the journal that is none."""
    line, body = head.read_bytes().split(b"\n", 2)[1:]
    rest = json.dumps({**json.loads(line), "offset": 100}).encode() + b"\n" + body
    head.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


def gone(project: Project, head: Path) -> None:
    """Delete the folder."""
    shutil.rmtree(head.parent)


@pytest.mark.parametrize("spoil", [forge, cut, stale, gone])
def test_spoilt_snapshot_is_never_seen(project: Project, spoil: Callable[[Project, Path], None]) -> None:
    project.edits(write(90), write(95), write("crash"), write(80))
    project.run("run", "--experiments", "2")
    head = project.path / ".git/autoexp/demo/state/head"
    told = project.ran("status", "--json")[0]
    spoil(project, head)
    assert project.ran("status", "--json")[0] == told
    project.run("run")
    assert head.is_file()
    assert [row["status"] for row in lawful(project)] == ["keep", "keep", "discard", "crash", "keep"]
    assert not (project.path / "called").exists()
