"""Harnesses that `init` writes: templates of the harness kit, pointed at what is to be measured."""

import json
import shlex
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.harness_kit.templates import template

KINDS = {"python": ("bench.py",), "shell": ("bench.sh",), "c": ("bench_c.sh", "bench.c")}
"""The files of each kind; the first one is what measures."""

HARNESS_METRIC, HARNESS_UNIT = "latency_ms", "ms"
_TARGETS = {
    "python": 'TARGET = "statistics:median"',
    "shell": 'CANDIDATE="sort -n"',
    "c": 'CANDIDATE=""',
}


def measure_of(kind: str) -> str:
    """Give the command that runs a kind of harness. Raises AutoexpError for an unknown kind."""
    if kind not in KINDS:
        raise AutoexpError(f"there is no harness of kind {kind!r}", fix=f"kinds: {', '.join(KINDS)}")
    return f"{'python' if kind == 'python' else 'sh'} {KINDS[kind][0]}"


def texts_of(kind: str, target: str) -> dict[str, str]:
    """Give the files of a kind of harness, measuring `target`; without one, the example that the template brings."""
    measure_of(kind)
    files = {name: template(name) for name in KINDS[kind]}
    if target:
        first = KINDS[kind][0]
        name, _, example = _TARGETS[kind].partition("=")
        value = f" {json.dumps(target)}" if kind == "python" else shlex.quote(target)
        files[first] = files[first].replace(f"{name}={example}", f"{name}={value}")
    return files


def as_written(kind: str, name: str, path: Path) -> bool:
    """Tell whether a file of a harness is as init writes it, whatever its target."""
    if not path.is_file() or path.is_symlink():
        return False
    begin = _TARGETS[kind].partition("=")[0]
    kept = [line for line in path.read_bytes().splitlines() if not line.startswith(begin.encode())]
    return kept == [line for line in template(name).encode().splitlines() if not line.startswith(begin.encode())]


def refuse_existing_files(folder: Path, names: list[str]) -> None:
    """Raise AutoexpError when one of the files is there already."""
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise AutoexpError(
            f"{' and '.join(there)} exists already",
            where=str(folder),
            fix="name it with --measure, or move it away first",
        )
