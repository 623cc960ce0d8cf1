"""How-tos whose files are all on the page: their campaigns run for real."""

import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.harness.metrics import read_lines
from autoexp.spec import load
from tests.docs.pages import DOCS, blocks, files
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project

ENDS = {
    "benchmark": ["keep", "keep"],
    "tests-as-checks": ["keep", "checks_failed", "keep"],
    "several-benchmarks": ["keep", "keep", "discard", "keep"],
}


def made(page: str, folder: Path, helper: Helper) -> Project:
    """Make a repository of the files on a page; all but the contract are committed."""
    project = Project(folder / page, folder / "cache", helper)
    project.path.mkdir()
    for name, text in files(DOCS / "how-to" / f"{page}.md").items():
        (project.path / name).parent.mkdir(exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("init", "-q", "-b", "main")
    project.git("add", "--", ":!autoexp.yaml")
    project.git("-c", "user.name=U", "-c", "user.email=u@localhost", "commit", "-q", "-m", "start")
    return project


@pytest.mark.parametrize("page", ENDS)
def test_campaign_of_a_page_ends_as_the_page_says(page: str, tmp_path: Path, helper: Helper) -> None:
    project = made(page, tmp_path, helper)
    project.run("run", "--allow-unsandboxed")
    assert project.statuses() == ENDS[page]


def test_draws_at_random_find_a_better_configuration(tmp_path: Path, helper: Helper) -> None:
    project = made("config-file", tmp_path, helper)
    project.run("run", "--allow-unsandboxed", code=3)  # its budget ends it
    status = project.status()
    assert status["experiments"] == 6
    assert status["kept"] >= 1
    assert status["in_loop_gain"] > 0


@pytest.mark.parametrize(
    ("tool", "lines", "value"),
    [
        (
            "hyperfine",
            [
                "Benchmark 1: python3 -m tool big.txt",
                "  Time (mean ± σ):     112.3 ms ±   2.5 ms    [User: 98.1 ms, System: 9.9 ms]",  # noqa: RUF001
                "  Range (min … max):   109.0 ms … 117.1 ms    10 runs",
            ],
            112.3,
        ),
        ("go test", ["goos: linux", "BenchmarkParse-8   \t  515221\t      2301 ns/op\t     120 B/op", "PASS"], 2301),
    ],
)
def test_pattern_of_a_page_fits_what_the_tool_prints(tool: str, lines: list[str], value: float) -> None:
    text = next(text for text in blocks("how-to/benchmark.md", "yaml") if tool in text)
    spec = load(text)
    assert read_lines(lines, spec.harness.metrics, spec.metrics).values == {spec.primary: value}


@pytest.mark.long
def test_library_with_an_environment_of_its_own_ends_as_the_page_says(tmp_path: Path, helper: Helper) -> None:
    project = made("python-library", tmp_path, helper)
    subprocess.run([sys.executable, "-m", "venv", str(project.path / ".venv")], check=True)
    pip = [str(project.path / ".venv/bin/python"), "-m", "pip", "install", "--quiet", "pytest"]
    if subprocess.run(pip, capture_output=True, check=False).returncode:
        pytest.skip("pip cannot install pytest here")
    project.run("run", "--allow-unsandboxed")
    assert project.statuses() == ["keep", "keep", "checks_failed"]
    assert project.git("status", "--porcelain").splitlines() == ["?? autoexp.yaml"]
