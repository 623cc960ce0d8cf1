"""Repositories of which only a part is here: sparse checkouts, shallow and partial clones; and object formats."""

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.end_to_end.repositories.standing import campaign

LONG = partial(pytest.param, marks=pytest.mark.long)


@pytest.fixture
def wide(project: Project) -> Project:
    """Give a project with more folders than one, and a remote's leave to be cloned in parts."""
    for name in ("inside/a.txt", "outside/b.txt", "outside/deep/c.txt"):
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        (project.path / name).write_text(f"{name}\n")
    (project.path / "bench.sh").write_text(
        (project.path / "bench.sh").read_text() + "cat outside/b.txt outside/deep/c.txt > /dev/null || exit 3\n"
    )
    project.git("add", "-A", ":!autoexp.yaml")
    project.git("commit", "-qm", "wide")
    project.git("config", "uploadpack.allowFilter", "true")
    project.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return project


def cloned(project: Project, path: Path, *flags: str) -> Project:
    """Clone a project as from another machine."""
    project.git("clone", "-q", *flags, f"file://{project.path}", str(path))
    clone = replace(project, path=path)
    clone.contract(CONTRACT)
    return clone


@pytest.mark.parametrize("how", [LONG(("--cone",)), LONG(("--no-cone",)), ("--cone", "--sparse-index")])
def test_sparse_checkout_is_measured_whole(wide: Project, how: tuple[str, ...]) -> None:
    wide.git("sparse-checkout", "set", *how, *(["inside"] if "--cone" in how else ["/*", "!/outside/"]))
    assert not (wide.path / "outside").exists()
    campaign(wide)
    assert not (wide.path / "outside").exists()


def test_shallow_clone(wide: Project, tmp_path: Path) -> None:
    clone = cloned(wide, tmp_path / "clone", "--depth", "1")
    campaign(clone)
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"


@pytest.mark.parametrize("left_out", ["blob:none", LONG("tree:0")])
def test_partial_clone_whose_checkout_is_whole(wide: Project, tmp_path: Path, left_out: str) -> None:
    (wide.path / "value.txt").write_text("99\n")
    wide.git("commit", "-qam", "more history")
    clone = cloned(wide, tmp_path / "clone", f"--filter={left_out}")
    clone.git("config", "remote.origin.url", "file:///nowhere")
    campaign(clone)
    bundle = tmp_path / "campaign.tar"
    assert "git fetch --refetch --no-filter" in clone.run("export", "--bundle", str(bundle), code=2)
    clone.run("export", "--bundle", str(bundle), "--since-base")


@pytest.mark.parametrize("left_out", ["blob:none", LONG("tree:0")])
def test_partial_clone_that_lacks_files_of_head_is_refused_with_the_command_that_fetches_them(
    wide: Project, tmp_path: Path, left_out: str
) -> None:
    clone = cloned(wide, tmp_path / "clone", f"--filter={left_out}", "--sparse")
    clone.edits(write(50))
    said = clone.run("run", code=2)
    assert "this is a partial clone" in said
    assert not (clone.path / ".git/autoexp").exists()
    command = next(line for line in said.splitlines() if "git rev-list" in line).partition("start again: ")[2]
    for _ in range(2):
        subprocess.run(["sh", "-c", command], cwd=clone.path, check=True)
    campaign(clone)


def test_repository_with_sha256_objects(project: Project, tmp_path: Path) -> None:
    project.git("init", "-q", "-b", "main", "--object-format=sha256", str(tmp_path / "sha256"))
    new = replace(project, path=tmp_path / "sha256")
    for name in ("value.txt", "bench.sh", "checks.sh"):
        (new.path / name).write_bytes((project.path / name).read_bytes())
    new.git("config", "user.name", "U")
    new.git("config", "user.email", "u@localhost")
    new.git("add", ".")
    new.git("commit", "-qm", "start")
    new.contract(CONTRACT)
    campaign(new)
    assert len(new.git("rev-parse", "refs/autoexp/demo/best")) == 64


@pytest.mark.long
def test_bare_repository_keeps_and_discards(project: Project, tmp_path: Path) -> None:
    project.git("clone", "-q", "--bare", str(project.path), str(tmp_path / "bare.git"))
    bare = replace(project, path=tmp_path / "bare.git")
    bare.contract(CONTRACT)
    bare.edits(write(50), write(60))
    head = bare.git("rev-parse", "HEAD")
    bare.run("run")
    assert bare.statuses() == ["keep", "keep", "discard"]
    assert bare.git("show", "autoexp/demo:value.txt") == "50"
    assert bare.git("rev-parse", "HEAD", "main").split() == [head, head]
