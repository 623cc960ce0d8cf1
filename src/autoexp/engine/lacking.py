"""What a command looked for in vain, by name: a Python module that is not installed, a file that is not committed."""

import re
import shutil
from collections.abc import Sequence

from autoexp.errors import AutoexpError
from autoexp.processes.sandbox.symptoms import missing_files, missing_module
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.quoting import shown
from autoexp.workspaces.repository import Repository

_PYTHON = re.compile(r"(?:^|[\s;&|(\"'])((?:[\w.~+-]*/)*python[\d.]*)(?=[\s;&|)\"']|$)")
_BESIDE = ("", "src/", "lib/", "python/")
"""Where the modules of a repository lie, seen from its top."""


def lacking_module(spec: Spec, repository: Repository, said: str, *, command: str, path: str = "") -> str:
    """Say how Python finds the module that a `command` (measure, checks, holdout) lacks; `path` is its PATH. Empty where none is lacking."""
    name, asked = missing_module(said)
    if not name:
        return ""
    if (place := _own(repository, name)) is not None:
        return f'{name} is of this repository, and Python does not look there: `env: {{PYTHONPATH: "{place or "."}"}}` below harness'
    python, found = _interpreter(getattr(spec.harness, command, None) or "", path)
    where = asked or found or python
    known = where if where == python else f"{python} = {where}"
    return f"the module {name} is not installed for {known}: {where} -m pip install {name}"


def lacking_file(spec: Spec, repository: Repository, said: str) -> str:
    """Name a file that a command lacks though the checkout has it, because it is not committed; empty where none is."""
    named = missing_files(said)
    if not named:
        return ""
    provided = {place_in_tree(pattern) for pattern in spec.harness.provide}
    beside = [name for name in (*repository.untracked(), *repository.ignored()) if name not in provided]
    for name in named:
        at = next((one for one in beside if _ends_as(name, one) or f"/{one}/" in f"/{name}"), "")
        if at:
            return f"{shown(at)} is in your checkout and not committed: commit it, or name it in `harness.provide: [{shown(at)}]`"
    return ""


def _ends_as(name: str, path: str) -> bool:
    return f"/{name}".endswith(f"/{path}")


def _own(repository: Repository, name: str) -> str | None:
    """Give the folder of the repository that has a module; None where none has."""
    try:
        paths = repository.paths(repository.head())
    except AutoexpError:
        return None
    return next((place.rstrip("/") for place in _BESIDE if _holds(paths, f"{place}{name}")), None)


def _holds(paths: Sequence[str], module: str) -> bool:
    return any(path == f"{module}.py" or (path.startswith(f"{module}/") and path.endswith(".py")) for path in paths)


def _interpreter(command: str, path: str) -> tuple[str, str]:
    """Give the Python of a command as it is written, and where the PATH has it; empty where it has none."""
    found = _PYTHON.search(command)
    name = found[1] if found else "python3"
    return name, name if "/" in name else shutil.which(name, path=path or None) or ""
