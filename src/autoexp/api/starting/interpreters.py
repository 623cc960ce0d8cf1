"""The Python that commands of a draft start: whose packages they see, and whether pytest is among them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from autoexp.api.starting.answers import Answers

_PYTHON = re.compile(r"(?:^|[\s;&|(])((?:[\w./~-]*/)?python[\d.]*)(?=\s)")
_PYTEST = re.compile(r"python[\d.]*\s+(?:-\w+\s+)*?-m\s+pytest\b")
_ASK = (
    "import importlib.util, json, sys; print(json.dumps([sys.prefix, importlib.util.find_spec('pytest') is not None]))"
)
_LONGEST_S = 10


@dataclass(frozen=True, slots=True)
class _Python:
    word: str
    path: str
    environment: str
    has_pytest: bool


def notes_on_python(answers: Answers, folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Say which environment the Python commands of a draft see, and where it has no pytest for the checks that need it.

    Each interpreter is asked alone, without the repository's modules; of one that does not answer nothing is said.
    """
    measured = _started(answers.measure, folder, environ)
    checked = _started(answers.checks, folder, environ) if _PYTEST.search(answers.checks) else None
    if checked and not checked.has_pytest:
        yield (
            f"--checks: {checked.word} ({checked.path}) has no pytest: {checked.path} -m pip install pytest, "
            "or name another command with --checks"
        )
    if measured and not answers.provide:
        own = (
            ", which is autoexp's own" if os.path.realpath(measured.environment) == os.path.realpath(sys.prefix) else ""
        )
        yield (
            f"{measured.word} is {measured.path}: the harness sees the packages of the environment {measured.environment}{own}, also those "
            "that your project does not need, and what comes from there no edit can improve. Better is one of the project's own: "
            "make .venv, let git ignore it, and write `harness.provide: [.venv]` with .venv/bin/python in the commands"
        )


def _started(command: str, folder: Path, environ: Mapping[str, str]) -> _Python | None:
    found = _PYTHON.search(command)
    if found is None:
        return None
    word = found[1]
    path = str(folder / word) if "/" in word else which(word, path=environ.get("PATH")) or ""
    try:
        done = subprocess.run(
            [path, "-I", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        prefix, has_pytest = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return _Python(word, path, prefix, bool(has_pytest))
