"""A real repository, and the real command line run against it."""

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import Helper, Running

CONTRACT = """\
version: 1
name: demo
goal: Make x small.
scope: {edit: [value.txt]}
harness:
  measure: "sh bench.sh"
  checks: "sh checks.sh"
  timeout: 5s
metrics:
  x: {role: primary, direction: lower}
  ok: {role: guard, equals: 1}
measurement: {deterministic: true}
proposer: {kind: script, file: edits.yaml}
budget: {consecutive_crashes: null}
sandbox: {proposer: {level: none}, harness: {level: none}}
"""

BENCH = """\
read -r x < value.txt
if [ "$x" = crash ]; then echo "it broke" >&2; exit 7; fi
if [ "$x" = hang ]; then sleep 60; fi
if [ "$x" = silent ]; then exit 0; fi
ok=1
if [ "$x" = 13 ]; then ok=0; fi
echo "METRIC x=$x"
echo "METRIC ok=$ok"
"""

CHECKS = """\
read -r x < value.txt
test "$x" -ge 3
"""


def write(value: object, **more: Any) -> dict[str, Any]:
    """Give an edit that puts a value into value.txt."""
    return {"description": f"value {value}", "write": {"file": "value.txt", "text": f"{value}\n"}, **more}


@dataclass
class Project:
    """A user's repository, and the commands that a user types in it."""

    path: Path
    cache: Path
    helper: Helper
    environ: dict[str, str] = field(default_factory=dict)
    patience_s: float = 120.0

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.path), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def edits(self, *edits: dict[str, Any]) -> None:
        (self.path / "edits.yaml").write_text(json.dumps(list(edits)), encoding="utf-8")

    def contract(self, text: str) -> None:
        (self.path / "autoexp.yaml").write_text(text, encoding="utf-8")

    def start(
        self,
        *arguments: str,
        fault: str = "",
        repo: Path | None = None,
        ignored: Sequence[int] = (),
        closed: bool = False,
    ) -> Running:
        environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(self.cache), "AUTOEXP_FAULT": fault, **self.environ}
        out = Path(tempfile.mkdtemp(prefix="printed-", dir=self.path.parent))
        return self.helper.start(
            [*arguments, "--repo", str(repo or self.path)], environ, out, ignored=ignored, closed=closed
        )

    def ran(self, *arguments: str, code: int = 0, fault: str = "", repo: Path | None = None) -> tuple[str, str]:
        """Run a command that ends with an exit code, and give its stdout and stderr."""
        with self.start(*arguments, fault=fault, repo=repo) as process:
            out, err = process.communicate(self.patience_s)
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return out, err

    def run(self, *arguments: str, code: int = 0, fault: str = "", repo: Path | None = None) -> str:
        """Run a command that ends with an exit code, and give everything that it printed."""
        return "".join(self.ran(*arguments, code=code, fault=fault, repo=repo))

    def killed(self, fault: str) -> None:
        self.run("run", code=-signal.SIGKILL, fault=fault)

    def status(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self.ran("status", "--json", *arguments)[0])

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(self.ran("log", "--json", *arguments)[0])

    def shown(self, n: int) -> dict[str, Any]:
        return json.loads(self.ran("show", str(n), "--json")[0])

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.rows()]

    def refs(self, tag: str = "demo") -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", f"refs/autoexp/{tag}").splitlines()
        return {name.removeprefix(f"refs/autoexp/{tag}/"): oid for name, oid in (line.split() for line in lines)}

    def journal(self, tag: str = "demo") -> list[dict[str, Any]]:
        text = (self.path / ".git/autoexp" / tag / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line)["data"] for line in text.splitlines()]


@pytest.fixture(scope="session")
def helper() -> Iterator[Helper]:
    made = Helper()
    yield made
    made.close()


def made(folder: Path, helper: Helper) -> Project:
    """Make a repository with one commit and a contract, in a folder of its own."""
    path = folder / "a project"
    shutil.copytree(_template(), path)
    project = Project(path, folder / "cache", helper)
    project.contract(CONTRACT)
    return project


@functools.cache
def _template() -> Path:
    """Make the repository that is copied, once for all tests of a worker."""
    kept = tempfile.mkdtemp(prefix="autoexp-template-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    path = Path(kept) / "a project"
    path.mkdir()
    for name, text in (("value.txt", "100\n"), ("bench.sh", BENCH), ("checks.sh", CHECKS), (".gitignore", "*.log\n")):
        (path / name).write_text(text, encoding="utf-8")
    for command in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "U"],
        ["config", "user.email", "u@localhost"],
        ["add", "."],
        ["commit", "-q", "-m", "start"],
    ):
        subprocess.run(["git", "-C", str(path), *command], check=True)
    for sample in (path / ".git/hooks").glob("*.sample"):
        sample.unlink()
    return path


@pytest.fixture
def project(tmp_path: Path, helper: Helper) -> Project:
    return made(tmp_path, helper)
