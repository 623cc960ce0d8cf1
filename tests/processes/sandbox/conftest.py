"""A folder of the user's, and commands that really run in a sandbox there."""

import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autoexp.processes import Finished, Limits, run
from autoexp.processes.children import marker_of
from autoexp.processes.confine import landlock_abi, seccomp_works
from autoexp.processes.environment import Environment
from autoexp.processes.sandbox import bwrap, ladder
from autoexp.processes.sandbox.box import Landlocked, Sandbox
from autoexp.processes.sandbox.view import View

PATH = os.environ["PATH"]
PATIENT = Limits(20.0)
PYTHON = str(Path(sys.executable).resolve())


@cache
def holds(level: str) -> bool:
    """Tell whether a level can be had here."""
    return next(rung.holds for rung in ladder.rungs(PATH) if rung.level == level)


def sandbox(level: str) -> Sandbox:
    if not holds(level):
        pytest.skip(f"the level {level} does not hold on this machine")
    return bwrap.Bubblewrapped(str(bwrap.program())) if level == "bwrap" else Landlocked()


@dataclass
class Inside:
    """Runs commands in one sandbox; what they print is in `out` and `err`."""

    folder: Path
    sandbox: Sandbox
    marker: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}:")

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    def run(
        self,
        command: Any,
        *,
        limits: Limits = PATIENT,
        env: Mapping[str, str] | None = None,
        stop: Callable[[], bool] | None = None,
        report: Path | None = None,
        cwd: str = ".",
        **view: Any,
    ) -> Finished:
        view = {"path": PATH, "private": self.folder / "private", **view}
        homes = self.sandbox.homes or (str(self.folder / "private"),) * 2
        return run(
            command,
            cwd=self.tree,
            env={"PATH": view["path"], "HOME": homes[0], "TMPDIR": homes[1], **(env or {})},
            limits=limits,
            stdout=self.folder / "out",
            stderr=self.folder / "err",
            marker=self.marker,
            stop=stop,
            box=self.sandbox.box(View(self.tree, **view), cwd=cwd),
            report=report,
        )

    def says(self, command: Any, **more: Any) -> str:
        """Run a command that ends well, and give what it printed."""
        finished = self.run(command, **more)
        assert finished.passed, f"{finished}\n{self.err}"
        return self.out

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text("utf-8", "surrogateescape")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text("utf-8", "surrogateescape")

    def alive(self) -> list[int]:
        """Give the processes that carry this test's marker."""
        pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
        return [pid for pid in pids if (marker_of(pid) or "").startswith(self.marker)]


def _inside(folder: Path, level: str) -> Inside:
    made = Inside(folder, sandbox(level))
    for name in ("tree", "private"):
        (folder / name).mkdir()
    (made.tree / "file").write_text("of the tree\n")
    return made


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    """Commands in the sandbox of bubblewrap."""
    return _inside(tmp_path, "bwrap")


@pytest.fixture(params=["bwrap", "landlock"])
def each(tmp_path: Path, request: pytest.FixtureRequest) -> Inside:
    """Commands in the sandbox of bubblewrap, and in that of Landlock."""
    return _inside(tmp_path, request.param)


@pytest.fixture
def landlocked(tmp_path: Path) -> Inside:
    """Commands in the sandbox of Landlock."""
    if not (landlock_abi() and seccomp_works()):
        pytest.skip("this kernel has no Landlock or no seccomp")
    return _inside(tmp_path, "landlock")


@pytest.fixture
def around() -> Environment:
    return Environment({"PATH": PATH})
