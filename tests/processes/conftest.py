import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.processes.boxes import Box, made_box
from tests.processes.tunnels import echo, server

from autoexp.processes import Finished, Limits, run

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.fixture
def marker() -> str:
    return f"test-{uuid.uuid4().hex}:"


@pytest.fixture
def start(tmp_path: Path, marker: str) -> Callable[..., Finished]:
    """Run a command in tmp_path; stdout and stderr lie there as out and err."""

    def starter(command, *, cwd=tmp_path, env=None, stdin=None, stop=None, **bounds):
        return run(
            command,
            cwd=cwd,
            env={"PATH": PATH, **(env or {})},
            limits=Limits(**{"wall_s": 20.0, **bounds}),
            stdout=tmp_path / "out",
            stderr=tmp_path / "err",
            marker=marker,
            stdin=stdin,
            stop=stop,
        )

    return starter


@pytest.fixture
def alive(marker: str) -> Callable[[], list[int]]:
    """Give the processes that still carry this test's marker."""

    def find() -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"AUTOEXP_RUN={marker}".encode() in environ:
                found.append(int(entry.name))
        return found

    return find


@pytest.fixture
def echoing() -> Iterator[int]:
    """Give the port of a server on 127.0.0.1 that says everything again."""
    with server(echo) as port:
        yield port


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """Give a place for the proxy's socket."""
    return tmp_path / "s"


@pytest.fixture(params=["caller", "another"])
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    """A folder that a confined command may write, for the user of the tests and for another one."""
    with made_box(request.param) as made:
        yield made


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server
