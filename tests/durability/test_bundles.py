"""A campaign travels in one file: everything that a look tells is the same there, and it goes on. What does not fit is refused before anything changes."""

import signal
from pathlib import Path

import pytest

from autoexp.engine.faults import CHORES
from tests.durability.laws import lawful
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]
LOOKS = (["status", "--json"], ["log", "--format", "jsonl"], ["show", "2", "--json"], ["diff", "3"])


def clone(project: Project, name: str = "elsewhere") -> Project:
    """Give another clone of the same repository, as on another machine, with a contract and edits of its own."""
    path = project.path.parent / name
    project.git("clone", "-q", str(project.path), str(path))
    for file in ("autoexp.yaml", "edits.yaml"):
        (path / file).write_bytes((project.path / file).read_bytes())
    return Project(path, project.path.parent / f"cache of {name}", project.helper)


def looks(project: Project) -> list[str]:
    said = [project.ran(*look)[0] for look in LOOKS]
    return [text.replace(str(project.path), "HERE") for text in said]


def bundled(project: Project, *options: str) -> Path:
    target = project.path.parent / "demo.tar"
    project.run("export", "--bundle", str(target), *options)
    return target


def test_campaign_is_the_same_after_the_journey_and_goes_on(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "4")
    bundle = bundled(project)
    there = clone(project)
    assert "4 experiments, 2 kept" in there.run("import", "--bundle", str(bundle))
    assert looks(there) == looks(project)
    assert there.refs() == project.refs()
    assert there.git("rev-parse", "autoexp/demo") == project.refs()["best"]
    there.run("run")
    rows = lawful(there)
    assert [row["status"] for row in rows] == ["keep", "keep", "discard", "keep", "crash", "keep"]


@pytest.mark.parametrize("point", [point for point in CHORES if point.split("-")[1] in {"objects", "refs", "record"}])
def test_import_that_died_leaves_nothing_to_see_and_is_done_again(project: Project, point: str) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "3")
    bundle = bundled(project, "--outputs")
    there = clone(project)
    there.run("import", "--bundle", str(bundle), code=-signal.SIGKILL, fault=point)
    if point != "after-record":
        assert "no campaign" in there.run("status", code=2)
        there.run("import", "--bundle", str(bundle))
    assert looks(there) == looks(project)
    there.run("run")
    lawful(there)
