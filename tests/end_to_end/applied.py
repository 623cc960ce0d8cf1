"""Campaigns whose kept changes are applied: a sum of three files, in which two keeps touch the same line."""

import atexit
import functools
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made

SUM = """\
read -r a < a.txt; read -r b < b.txt; read -r c < dir/c.txt
extra=0; if [ -f new.txt ]; then extra=-5; fi
echo "METRIC x=$(( a + b + c + extra ))"
"""
EDITS = [
    {"description": "less of a", "write": {"file": "a.txt", "text": "40\nkept\n"}},
    {"description": "more of b", "write": {"file": "b.txt", "text": "70\n"}},
    {"description": "less of b", "write": {"file": "b.txt", "text": "20\n"}},
    {"description": "still less of a", "write": {"file": "a.txt", "text": "35\nkept\n"}},
    {"description": "a new file", "write": {"file": "new.txt", "text": "new\n"}},
]
"""Experiments 1, 3, 4 and 5 are kept; 4 is built on 1."""


def campaign(folder: Path, helper: Helper, *, run: bool = True) -> Project:
    """Make a project, and run a campaign of four keeps and a discard in it."""
    project = made(folder, helper)
    (project.path / "dir").mkdir()
    for name, text in (("a.txt", "50\nkept\n"), ("b.txt", "30\n"), ("dir/c.txt", "20\n"), ("mine.txt", "mine\n")):
        (project.path / name).write_text(text)
    (project.path / "bench.sh").write_text(SUM)
    contract = CONTRACT.replace("[value.txt]", '["*.txt", "dir/**"]').replace('  checks: "sh checks.sh"\n', "")
    project.contract(contract.replace("  ok: {role: guard, equals: 1}\n", ""))
    project.git("add", ".")
    project.git("commit", "-q", "-m", "parts")
    project.edits(*EDITS)
    if run:
        project.run("run")
    return project


@functools.cache
def ended(helper: Helper) -> Project:
    """Give a campaign that has come to its end; it is run once for all tests of a worker, which take a copy of it."""
    kept = tempfile.mkdtemp(prefix="autoexp-applied-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    return campaign(Path(kept), helper)


def copy_of(project: Project, folder: Path) -> Project:
    return replace(project, path=Path(shutil.copytree(project.path, folder / project.path.name, symlinks=True)))


def everything(project: Project) -> dict[str, bytes]:
    """Read HEAD, the branches, the index, and every file of the checkout, byte for byte."""
    git_dir = project.path / ".git"
    found = {name: (git_dir / name).read_bytes() for name in ("HEAD", "index")}
    return {**found, "refs": project.git("for-each-ref", "refs/heads").encode(), **contents(project)}


def contents(project: Project) -> dict[str, bytes]:
    """Read every file of the checkout, but what lies in .git and .autoexp."""
    found = {}
    for place, folders, files in os.walk(project.path):
        folders[:] = [name for name in folders if name not in {".git", ".autoexp"}]
        for file in (Path(place) / name for name in files):
            content = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
            found[str(file.relative_to(project.path))] = content
    return found


def read(project: Project, *names: str) -> list[str]:
    """Give the first word of files."""
    return [(project.path / name).read_text().split()[0] for name in names]
