"""A campaign that ran once, for tests that only carry it about: each gets a copy of its own."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]
LOOKS = (["status", "--json"], ["log", "--format", "jsonl"], ["show", "2", "--json"], ["diff", "3"])


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """A campaign with two keeps, a discard and a crash, and one edit left to try. Tests do not change it."""
    project = made(tmp_path_factory.mktemp("carried"), helper)
    project.edits(*EDITS)
    project.run("run", "--experiments", "4")
    return project


@pytest.fixture(scope="session")
def bundle(ran: Project) -> Path:
    """The campaign's bundle, with what commands printed."""
    target = ran.path.parent / "demo.tar"
    ran.run("export", "--bundle", str(target), "--outputs")
    return target


@pytest.fixture
def campaign(ran: Project, tmp_path: Path) -> Project:
    """A copy of the campaign, in a folder of its own."""
    path = tmp_path / "a project"
    shutil.copytree(ran.path, path, symlinks=True)
    return replace(ran, path=path, cache=tmp_path / "cache")


@pytest.fixture
def elsewhere(ran: Project, tmp_path: Path) -> Project:
    """Another clone of the same repository, as on another machine: contract and edits, no campaign."""
    return cloned(ran, tmp_path / "elsewhere")


def cloned(project: Project, path: Path, *options: str) -> Project:
    """Clone a project's repository, and bring contract and edits there."""
    project.git("clone", "-q", *options, f"file://{project.path}", str(path))
    for file in ("autoexp.yaml", "edits.yaml"):
        (path / file).write_bytes((project.path / file).read_bytes())
    return replace(project, path=path, cache=path.parent / f"cache of {path.name}")


def looks(project: Project) -> list[str]:
    """Give what looks at a campaign tell, wherever it lies."""
    said = [project.ran(*look)[0] for look in LOOKS]
    return [text.replace(str(project.path), "HERE") for text in said]
