"""What a person is told to do about a baseline that does not pass."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoexp.engine.mending import mend
from autoexp.spec import load
from autoexp.spec.model import Spec
from autoexp.workspaces.repository import Repository

CONTRACT = """\
version: 1
scope: {{edit: [value.txt]}}
harness: {{measure: "sh bench.sh", provide: {provide}}}
metrics: {{x: {{role: primary, direction: lower}}}}
sandbox: {{harness: {{level: {level}, network: {network}}}}}
"""


def contract(*, provide: str = "[]", level: str = "auto", network: str = "off") -> Spec:
    return load(CONTRACT.format(provide=provide, level=level, network=network), file="autoexp.yaml")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """A checkout with ignored folders: two that projects need, and what tools leave behind."""
    ignored = (".venv/bin", "node_modules/ms", "target/release", "src/__pycache__", "a.egg-info", ".pytest_cache")
    for name in ("src", *ignored):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "file").touch()
    (tmp_path / ".gitignore").write_text("/.venv\nnode_modules/\ntarget\n*.egg-info\n.pytest_cache\n__pycache__\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    opened = Repository.open(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "said",
    [
        "ModuleNotFoundError: No module named 'numpy'",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ms' imported from /w/bench.js",
        "/bin/sh: 1: .venv/bin/python: not found",
        "cat: data/x: No such file or directory",
    ],
)
def test_what_git_ignores_is_named_when_something_is_missing(repository: Repository, said: str) -> None:
    told = mend(contract(), repository, said, command="measure")
    assert 'harness.provide: [".venv", "node_modules"]' in told
    assert "__pycache__" not in told
    assert "target" not in told


def test_what_is_provided_is_not_named_again(repository: Repository) -> None:
    told = mend(contract(provide="['.venv/**', node_modules]"), repository, "ImportError: x", command="measure")
    assert "harness.provide" not in told


def test_a_crash_of_its_own_is_not_blamed_on_missing_files(repository: Repository) -> None:
    assert "harness.provide" not in mend(contract(), repository, "ZeroDivisionError", command="checks")


def test_a_harness_without_its_network_is_told_the_key(repository: Repository) -> None:
    said = "curl: (6) Could not resolve host: example.com"
    assert "sandbox.harness.network" in mend(contract(), repository, said, command="measure")
    assert "sandbox.harness.network" not in mend(contract(network="host"), repository, said, command="measure")
    assert "sandbox.harness.network" not in mend(contract(level="none"), repository, said, command="measure")


def test_a_harness_that_is_refused_by_this_machine_is_told_that_the_sandbox_has_another_one(
    repository: Repository,
) -> None:
    for said in ("127.0.0.1:8125: ConnectionRefusedError: [Errno 111]", "connect ECONNREFUSED 127.0.0.1:8125"):
        told = mend(contract(), repository, said, command="measure")
        assert 'name "127.0.0.1:8125" in `sandbox.harness.network`' in told
        assert "sandbox.harness.network" not in mend(contract(network="host"), repository, said, command="measure")
    elsewhere = "198.51.100.7:80: connection refused"
    assert "sandbox.harness.network" not in mend(contract(), repository, elsewhere, command="measure")


def test_a_harness_that_asks_git_is_told_that_there_is_none(repository: Repository) -> None:
    said = "fatal: not a git repository (or any parent up to mount point /)"
    assert "harness.env" in mend(contract(), repository, said, command="measure")


def test_the_command_to_try_by_hand_is_named_and_the_sandbox_where_there_is_one(repository: Repository) -> None:
    told = mend(contract(), repository, "", command="checks")
    assert told.startswith("run harness.checks by hand")
    assert "docs/sandbox.md" in told
    assert "sandbox" not in mend(contract(level="none"), repository, "", command="checks")


def test_a_folder_that_is_ignored_is_one_entry(repository: Repository, tmp_path: Path) -> None:
    listed = repository.ignored()
    assert {".venv", "node_modules", "src/__pycache__"} <= set(listed)
    assert not any(name.startswith(".venv/") for name in listed)


def committed(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    git = ["git", "-C", str(folder), "-c", "user.name=U", "-c", "user.email=u@localhost"]
    subprocess.run([*git, "add", name], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)


@pytest.mark.parametrize(
    "said",
    ["ModuleNotFoundError: No module named 'webencodings'", "E   ImportError: No module named 'webencodings'"],
)
def test_a_module_that_is_not_installed_is_installed_for_the_python_of_the_path(
    repository: Repository, tmp_path: Path, said: str
) -> None:
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to("/bin/sh")
    told = mend(contract(), repository, said, command="measure", path=str(python.parent))
    assert f"not installed for python3 = {python}: {python} -m pip install webencodings; else " in told
    asked = mend(contract(), repository, "/opt/p/bin/python3: No module named pytest", command="checks")
    assert "/opt/p/bin/python3 -m pip install pytest; else " in asked


@pytest.mark.parametrize(("file", "place"), [("src/mine/__init__.py", "src"), ("mine.py", ".")])
def test_a_module_of_the_repository_is_found_by_a_variable(
    repository: Repository, tmp_path: Path, file: str, place: str
) -> None:
    committed(tmp_path, file)
    told = mend(contract(), repository, "ModuleNotFoundError: No module named 'mine'", command="measure")
    assert f'`env: {{PYTHONPATH: "{place}"}}`' in told
    assert "pip install" not in told
    part = mend(contract(), repository, "ModuleNotFoundError: No module named 'mine.part'", command="measure")
    assert "PYTHONPATH" not in part


@pytest.mark.parametrize(
    "said",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/words.txt'",
        "python3: can't open file '/w/data/words.txt': [Errno 2] No such file or directory",
        "cat: data/words.txt: No such file or directory",
    ],
)
def test_a_file_that_is_not_committed_is_named(repository: Repository, tmp_path: Path, said: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/words.txt").touch()
    told = mend(contract(), repository, said, command="measure")
    assert told.startswith("data/words.txt is in your checkout and not committed: commit it, or name it")
