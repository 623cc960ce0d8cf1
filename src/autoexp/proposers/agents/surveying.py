"""What is known of each coding agent on this machine: where it lies, whether it starts in a sandbox, its login, and what is missing.

No model is asked. Keys are told by the name of their variable alone.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from autoexp import plugins
from autoexp.errors import AutoexpError
from autoexp.processes import run
from autoexp.processes.confine import seccomp_works
from autoexp.processes.environment import environment
from autoexp.processes.sandbox.box import CONFINE, PYTHON, Box, OpenBox
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.agents.agent import Facts
from autoexp.proposers.agents.needs import missing_of
from autoexp.proposers.agents.programs import installation, program

GROUP = "autoexp.proposers"
PATIENCE_S = 30.0
_MOST = 1 << 20
_READ, _SHOWN = 8000, 200
_OFFLINE = {"landlock": False, "network": "off"}
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:[\w.+-]*\w)?")
_NOT_ASKED_SO = re.compile(r"(?:no such|unknown|unrecognized|invalid) (?:option|argument)", re.IGNORECASE)
"""How a program says that it has started, and that it has no --version."""

LoginState = Literal["key", "file", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class Login:
    """How an agent would be let in: by a key in the environment, by a login of the user's, by neither, or nobody can tell."""

    state: LoginState
    words: str


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One agent on this machine.

    `program` is empty where it is not installed. `level` is the sandbox in which it was started, `starts` whether it did; `why` says what is
    wrong, `fix` mends it. `allow`, `resumes` and `counts` are what it can do anywhere.
    """

    name: str
    title: str
    login: Login
    allow: str
    resumes: bool
    counts: str
    program: str = ""
    version: str = ""
    level: str = ""
    starts: bool = False
    why: str = ""
    fix: str = ""

    @property
    def usable(self) -> bool:
        """Tell whether a campaign could start it."""
        return self.starts

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {**asdict(self), "installed": bool(self.program), "usable": self.usable}


def known() -> dict[str, Facts]:
    """Give the facts of every agent that can propose here, by its name in a contract, sorted. One that does not load is left out."""
    names = sorted({point.name for point in plugins.offered(GROUP)})
    return {name: facts for name in names if (facts := known_as(name)) is not None}


def known_as(name: str) -> Facts | None:
    """Give the facts of one agent; None for another kind of proposer, and for one that does not load."""
    try:
        agent = getattr(plugins.find(GROUP, name), "agent", None)
    except AutoexpError:
        return None
    facts = getattr(agent, "facts", None)
    return facts if isinstance(facts, Facts) else None


def facts_of(names: Iterable[str]) -> dict[str, Facts]:
    """Give the facts of some agents, of all where none is named. Raises AutoexpError for a name that is none of an agent's."""
    agents, wanted = known(), tuple(names)
    for name in wanted:
        if name not in agents:
            _refuse(name, tuple(agents))
    return {name: agents[name] for name in (wanted or agents)}


def survey(
    name: str, facts: Facts, *, environ: Mapping[str, str], cell: Cell, patience_s: float = PATIENCE_S
) -> Surveyed:
    """Look for an agent, and start it once to ask for its version: in a sandbox as a campaign's, without network, in a throw-away HOME."""
    found = Surveyed(
        name, facts.title, login_of(facts, environ), allow=facts.allow, resumes=facts.resumes, counts=facts.counts
    )
    if not facts.program:
        return replace(found, why="its program is named in the contract")
    try:
        path = program(facts, "", environ)
    except AutoexpError as error:
        return replace(found, why=error.what, fix=facts.install)
    found = replace(found, program=str(path), level=cell.level)
    version, said = _asked(facts, path, environ, cell, patience_s)
    missing = missing_of(facts, path, said, environ)
    if missing is not None:
        return replace(found, version=version, why=missing.what, fix=missing.fix)
    if not version:
        return replace(found, why=said, fix=f"start {path} yourself and see; or install it again: {facts.install}")
    return replace(found, version=version, starts=True)


def _refuse(name: str, agents: tuple[str, ...]) -> None:
    """Say why a name is none of an agent's: its plugin does not load, or there is none."""
    if any(point.name == name for point in plugins.offered(GROUP)):
        plugins.find(GROUP, name)  # raises, with what to install, where it does not load
    raise AutoexpError(f"there is no agent {name}", fix=f"agents: {', '.join(agents)}")


def login_of(facts: Facts, environ: Mapping[str, str]) -> Login:
    """Say how an agent would be let in. The value of a key is never told."""
    home = Path(environ.get("HOME", "/"))
    files = [f"~/{name}" for name in facts.logins if (home / name).is_file()]
    if facts.key and environ.get(facts.key, "").strip():
        beside = f"; a login in {files[0]} as well" if files else ""
        return Login("key", f"{facts.key} is set: name it in proposer.api_key_env{beside}")
    if files:
        return Login("file", f"{', '.join(files)}")
    places = [*([facts.key] if facts.key else []), *(f"~/{name}" for name in facts.logins)]
    if not places:
        return Login("unknown", "it depends on the model's provider")
    return Login("none", f"none seen (looked for {', '.join(places)})")


def _asked(facts: Facts, path: Path, environ: Mapping[str, str], cell: Cell, patience_s: float) -> tuple[str, str]:
    """Give the version that a program tells, and what there is to say of it where it tells none."""
    with tempfile.TemporaryDirectory(prefix="autoexp-agents-") as made:
        tree = Path(made) / "tree"
        tree.mkdir()
        out, err = Path(made) / "out", Path(made) / "err"
        marker = f"agents-{os.getpid()}"
        with environment(environ, own=cell.variables, marker=marker, homes=cell.sandbox.homes) as around:
            finished = run(
                (str(path), *(facts.version or ("--version",))),
                cwd=tree,
                box=_walled(cell) or cell.box(tree, around, editable=True, binds=installation(path)),
                env=around.variables,
                limits=replace(cell.limits(patience_s), output_bytes=_MOST),
                stdout=out,
                stderr=err,
                marker=marker,
            )
        said = "\n".join(file.read_bytes()[:_READ].decode("utf-8", "replace") for file in (out, err)).strip()
    if finished.how == "timeout":
        return "", f"it did not answer in {patience_s:g} s"
    if finished.how != "exited":
        return "", finished.detail
    match = _VERSION.search(said)
    if finished.passed or _NOT_ASKED_SO.search(said):
        return (match[0], "") if match else ("", "it tells no version")
    return "", (_telling(said) or finished.detail)[:_SHOWN]


def _walled(cell: Cell) -> Box | None:
    """Give what keeps a program from the network where the sandbox has no walls of its own; None where it has."""
    if cell.level not in {"none", "container"}:
        return None
    prefix = (*PYTHON, str(CONFINE), json.dumps(_OFFLINE)) if seccomp_works() else ()
    return OpenBox(Path("/"), prefix)


def _telling(said: str) -> str:
    """Give the line that says most of a crash: the one that names an error, else the first."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next(
        (line for line in lines if re.search(r"error|cannot|no module", line, re.IGNORECASE)), "".join(lines[:1])
    )
