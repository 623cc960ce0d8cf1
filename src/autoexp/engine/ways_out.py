"""The way out of a sandbox to the hosts that the contract lists: a proxy outside, and a forwarder that leads to it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.processes import forwarder
from autoexp.processes.proxy import Proxy, variables
from autoexp.processes.sandbox import bwrap
from autoexp.processes.sandbox.box import PYTHON
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.traffic import Counts

_FORWARDER = Path(forwarder.__file__)
_LONGEST_PORT = 16

Talk = Callable[[], Mapping[str, Counts]]
"""Gives what was said so far, host by host."""


@contextmanager
def with_way_out(cell: Cell, folder: Path) -> Iterator[tuple[Cell, Talk]]:
    """Open the way to the hosts that a cell may reach, when it is a list of them and the level can hold it; give its counts."""
    if isinstance(cell.rules.network, str) or cell.level in {"none", "container"}:
        yield cell, dict
        return
    if isinstance(cell.sandbox, bwrap.Bubblewrapped) and not cell.sandbox.network_space:
        raise AutoexpError(
            "a list of hosts needs a network namespace, and this system refuses those",
            where="sandbox.network",
            fix="`autoexp doctor` tells how to allow them; or write network: off, or network: host",
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = folder / bwrap.SOCKET
    try:
        with Proxy(allow=cell.rules.network, socket=socket) as proxy:
            if cell.sandbox.mounts:
                inside = replace(
                    cell, proxy=folder, local=proxy.local, variables={**cell.variables, **variables(bwrap.PROXY_PORT)}
                )
                yield inside, proxy.counts
                return
            with _forwarding(socket) as port:
                yield replace(cell, port=port, variables={**cell.variables, **variables(port)}), proxy.counts
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _forwarding(socket: Path) -> Iterator[int]:
    """Run a forwarder beside the engine, for sandboxes that share its network, and give its port."""
    ready, theirs = os.pipe()
    argv = [*PYTHON, str(_FORWARDER), "0", str(socket)]
    process = subprocess.Popen(argv, env={"AUTOEXP_READY_FD": str(theirs)}, pass_fds=[theirs])
    try:
        os.close(theirs)
        told = os.read(ready, _LONGEST_PORT)
        if not told.strip().isdigit():
            raise AutoexpError("the way out to the allowed hosts did not open", where="sandbox.network")
        yield int(told)
    finally:
        os.close(ready)
        process.kill()
        process.wait()
