"""Campaigns that have come to their end, to be damaged; and what a repair says of them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]


def journal(project: Project) -> Path:
    return project.path / ".git/autoexp/demo/journal.jsonl"


def copies(project: Project) -> list[Path]:
    return sorted(journal(project).parent.glob("journal.jsonl.damaged*"))


def blobs(project: Project) -> dict[str, bytes]:
    names = [name for name in project.refs() if name.startswith(("record/", "segment/", "tail"))]
    return {name: (project.git("cat-file", "blob", f"refs/autoexp/demo/{name}") + "").encode() for name in names}


def repaired(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    return json.loads(project.ran("repair", "--json", *arguments, code=code)[0])


def kinds(found: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in found["findings"]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    project = made(tmp_path_factory.mktemp("template"), helper)
    project.edits(*EDITS)
    project.run("run")
    return project


@pytest.fixture
def ended(template: Project, tmp_path: Path) -> Project:
    """Give a copy of a repository with a campaign that has come to its end."""
    path = tmp_path / template.path.name
    shutil.copytree(template.path, path, symlinks=True)
    return replace(template, path=path, cache=tmp_path / "cache")
