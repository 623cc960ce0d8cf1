"""A bubblewrap of an older system, which does not know all of our options, still makes a sandbox."""

import os
import shutil
from pathlib import Path

import pytest

from autoexp.processes import Limits, run
from autoexp.processes.sandbox.bwrap import Bubblewrapped, understood
from autoexp.processes.sandbox.view import View

OLDER = """\
#!/bin/sh
for word in "$@"; do
    case "$word" in
        --help) echo "usage: bwrap [OPTIONS...] --tmpfs DEST --ro-bind SRC DEST"; exit 0;;
        --disable-userns|--size|--perms) echo "bwrap: Unknown option $word" >&2; exit 1;;
    esac
done
exec {} "$@"
"""


@pytest.fixture
def older(tmp_path: Path) -> str:
    real = shutil.which("bwrap")
    if real is None:
        pytest.skip("bubblewrap is not installed")
    program = tmp_path / "bwrap"
    program.write_text(OLDER.format(real), encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_options_that_are_not_known_are_left_out_with_their_words(older: str) -> None:
    options = ["--new-session", "--disable-userns", "--perms", "0700", "--size", "5", "--tmpfs", "/tmp"]
    assert understood(older, options) == ["--new-session", "--tmpfs", "/tmp"]


def test_command_runs_in_the_sandbox_of_an_older_bubblewrap(older: str, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    box = Bubblewrapped(older).box(View(tmp_path / "tree", path=os.environ["PATH"]))
    finished = run(
        "touch written || echo tree is read-only; touch /tmp/mine && echo but not /tmp",
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        limits=Limits(wall_s=20),
        stdout=tmp_path / "out",
        stderr=tmp_path / "err",
        marker="older:",
        box=box,
    )
    assert finished.passed, (tmp_path / "err").read_text()
    assert (tmp_path / "out").read_text().splitlines() == ["tree is read-only", "but not /tmp"]
