"""The coding agents of this machine, each started once in the sandbox that a campaign's proposer would get."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from autoexp.engine.doctor.finding import Finding
from autoexp.processes.environment import remove
from autoexp.processes.sandbox import ladder
from autoexp.processes.sandbox.bwrap import Bubblewrapped
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.etc import etc_in
from autoexp.processes.sandbox.homes import homes_of_tools
from autoexp.proposers.agents import surveying
from autoexp.proposers.agents.surveying import Surveyed
from autoexp.spec.sandbox import SandboxSide

PATIENCE_S = 15.0
"""How long the doctor waits for one of them, among much else that it looks at; some take seconds of a CPU to tell their version."""


def surveyed(
    names: Iterable[str],
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None] = lambda _: None,
    patience_s: float = surveying.PATIENCE_S,
) -> Iterator[Surveyed]:
    """Look at some agents, or at all, one after another, and `tell` which is started. Raises AutoexpError for a name that is none of an agent's."""
    agents = surveying.facts_of(names)
    with _cell(environ) as cell:
        for name, facts in agents.items():
            if facts.program and shutil.which(facts.program, path=environ.get("PATH", os.defpath)):
                tell(name)
            yield surveying.survey(name, facts, environ=environ, cell=cell, patience_s=patience_s)


def findings(environ: Mapping[str, str], *, patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """List those that are installed. None is fine: a proposer can be any command."""
    agents = [one for one in surveyed((), environ=environ, patience_s=patience_s) if one.program]
    if not agents:
        looked = ", ".join(facts.program for facts in surveying.known().values() if facts.program)
        yield Finding("agents", "ok", f"none on PATH (looked for {looked}); a proposer can be any command")
    for one in agents:
        words = f"version {one.version}" if one.usable else f"does not start: {one.why}"
        shown = f"{one.name} at {one.program}, {words}"
        yield Finding("agents", "ok" if one.usable else "warning", shown, do=one.fix)


@contextmanager
def _cell(environ: Mapping[str, str]) -> Iterator[Cell]:
    """Give the proposer's sandbox, without network, in the strongest level that holds here."""
    sandbox = ladder.choose("auto", environ.get("PATH", os.defpath), allow_none=True)
    folder = Path(tempfile.mkdtemp(prefix="autoexp-agents-"))
    try:
        if isinstance(sandbox, Bubblewrapped):
            sandbox = replace(sandbox, etc=etc_in(folder))
        yield Cell(sandbox, SandboxSide(level="auto", network="off"), variables=homes_of_tools(environ))
    finally:
        remove(folder)
