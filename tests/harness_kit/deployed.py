"""Harnesses run as autoexp runs them: the kit alone on PYTHONPATH, and a report file behind a descriptor."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

KIT = Path(__file__).parents[2] / "src/autoexp/harness_kit"
BWRAP = shutil.which("bwrap")


@dataclass(frozen=True)
class Done:
    """How a harness ended, and what arrived on its private descriptor."""

    status: int
    report: list[str]
    stdout: str
    stderr: str

    @property
    def metrics(self) -> dict[str, float]:
        found = [line.removeprefix("METRIC ").split("=") for line in self.report if line.startswith("METRIC ")]
        assert len(dict(found)) == len(found), "a name twice"
        return {name: float(value) for name, value in found}


@dataclass(frozen=True)
class Desk:
    """A folder with a deployed kit, where harnesses and candidates are written and run."""

    folder: Path

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *argv: str, boxed: bool = False, private: bool = True, **more: str) -> Done:
        report = self.folder / "report.txt"
        report.write_bytes(b"")
        descriptor = os.open(report, os.O_WRONLY | os.O_APPEND)
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.folder / "kit"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUTOEXP_SEED": "11",
            **({"AUTOEXP_REPORT_FD": str(descriptor)} if private else {}),
            **more,
        }
        try:
            done = subprocess.run(
                [*(self._box() if boxed else []), *argv],
                cwd=self.folder,
                env=env,
                pass_fds=[descriptor] if private else [],
                capture_output=True,
                timeout=120,
                check=False,
            )
        finally:
            os.close(descriptor)
        stdout, stderr = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return Done(done.returncode, report.read_text(encoding="utf-8").splitlines(), stdout, stderr)

    def python(self, code: str, *, python: str = sys.executable, **more: object) -> Done:
        self.write(harness=code)
        return self.run(python, "harness.py", **more)

    def _box(self) -> list[str]:
        root = str(self.folder)
        return [
            *(
                str(BWRAP),
                "--unshare-all",
                "--uid",
                "1000",
                "--cap-drop",
                "ALL",
                "--die-with-parent",
                "--ro-bind",
                "/",
                "/",
            ),
            *("--dev", "/dev", "--proc", "/proc", "--bind", root, root, "--chdir", root),
        ]


def deploy(folder: Path) -> Desk:
    kit = folder / "kit/autoexp"
    kit.mkdir(parents=True)
    (kit / "__init__.py").write_bytes(b"")
    shutil.copytree(KIT, kit / "harness_kit", ignore=shutil.ignore_patterns("__pycache__"))
    return Desk(folder)


def interpreters() -> dict[str, str]:
    """The Pythons from 3.8 on that can be found, by version: on PATH and below pyenv."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for path in [*root.glob("*/bin/python3"), *(Path(p) for p in map(shutil.which, _names()) if p)]:
        version = re.search(r"3\.(\d+)", path.parents[1].name if "versions" in path.parts else path.name)
        if version and int(version[1]) >= 8:
            found.setdefault(f"3.{version[1]}", str(path))
    return found


def _names() -> list[str]:
    return [f"python3.{minor}" for minor in range(8, 16)]
