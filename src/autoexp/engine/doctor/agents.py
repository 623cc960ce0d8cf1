"""The coding agents on PATH, with their versions. None is fine: a proposer can be any command."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoexp.engine.doctor.finding import Finding
from autoexp.processes.command import run
from autoexp.processes.confine import seccomp_works
from autoexp.processes.finished import Limits
from autoexp.processes.sandbox.box import CONFINE, PYTHON, OpenBox

PROGRAMS = ("claude", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini")
PATIENCE_S = 5.0
_MOST = 1 << 20
_READ, _SHOWN = 4000, 200
_VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")
_OFFLINE = {"landlock": False, "network": "off"}


def findings(environ: Mapping[str, str], *, patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """List them; one that does not tell its version in time is shown as unknown."""
    path = environ.get("PATH", os.defpath)
    there = {name: program for name in PROGRAMS if (program := shutil.which(name, path=path))}
    if not there:
        yield Finding("agents", "ok", f"none on PATH (looked for {', '.join(PROGRAMS)}); a proposer can be any command")
    for name, program in there.items():
        version, why = version_of(Path(program), path=path, patience_s=patience_s)
        words = f"version {version}" if version else f"version unknown: {why}"
        yield Finding("agents", "ok" if version else "warning", f"{name} at {program}, {words}")


def version_of(program: Path, *, path: str, patience_s: float = PATIENCE_S) -> tuple[str, str]:
    """Give what `--version` says, or an empty text and why not. It runs without network, in a throw-away home."""
    with tempfile.TemporaryDirectory(prefix="autoexp-doctor-") as made:
        home = Path(made) / "home"
        home.mkdir()
        out, err = Path(made) / "out", Path(made) / "err"
        offline = (*PYTHON, str(CONFINE), json.dumps(_OFFLINE)) if seccomp_works() else ()
        finished = run(
            (str(program.absolute()), "--version"),
            cwd=home,
            env={"PATH": path, "HOME": str(home), "TMPDIR": str(home)},
            limits=Limits(wall_s=patience_s, output_bytes=_MOST),
            stdout=out,
            stderr=err,
            marker=f"doctor-{os.getpid()}",
            box=OpenBox(home, offline),
        )
        said = "\n".join(file.read_bytes()[:_READ].decode("utf-8", "replace") for file in (out, err))
    if finished.how == "timeout":
        return "", f"it did not answer in {patience_s:g} s"
    if finished.how != "exited":
        return "", finished.detail
    if not finished.passed:
        words = next(iter(said.strip().splitlines()), "") or finished.detail
        return "", words[:_SHOWN]
    found = _VERSION.search(said)
    return (found[0], "") if found else ("", "it names none")
