"""Submodules: what is measured holds their committed files, and a scope in one is refused with the way out."""

import shutil
import subprocess
from pathlib import Path

import pytest

from autoexp.spec import load
from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.end_to_end.repositories.standing import campaign

ALLOW = ("-c", "protocol.file.allow=always")
BENCH = """\
read -r x < value.txt
read -r y < lib/factor.txt || exit 3
echo "METRIC x=$((x * y))"
echo "METRIC ok=1"
"""


def other(folder: Path, files: dict[str, str]) -> Path:
    """Make a repository of somebody else's."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "theirs"]):
        named = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
        subprocess.run(["git", "-C", str(folder), *named, *command], check=True)
    return folder


@pytest.fixture
def owner(project: Project, tmp_path: Path) -> Project:
    """Give a project whose harness reads a file of a submodule."""
    theirs = other(tmp_path / "theirs", {"factor.txt": "2\n", "code.py": "1\n"})
    (project.path / "bench.sh").write_text(BENCH)
    project.git(*ALLOW, "submodule", "add", "-q", str(theirs), "lib")
    project.git("add", "-A", ":!autoexp.yaml")
    project.git("commit", "-qm", "with a submodule")
    return project


def test_the_harness_finds_the_committed_files_of_a_submodule(owner: Project) -> None:
    (owner.path / "lib/notes.txt").write_text("untracked\n")
    campaign(owner)
    assert [row["metric"] for row in owner.rows()] == [200.0, 100.0, 120.0]
    assert owner.git("ls-tree", "refs/autoexp/demo/best", "lib").startswith("160000 commit")
    assert "missing" not in owner.git("fsck", "--connectivity-only")


def test_the_first_run_of_init_finds_them_too_and_says_what_is_not_here(owner: Project) -> None:
    asked = ("init", "Make x small", "--measure", "sh bench.sh", "--edit", "value.txt", "--propose", "true")
    (owner.path / "autoexp.yaml").unlink()
    said = owner.run(*asked, "--allow-unsandboxed")
    assert "failed on HEAD" not in said
    assert set(load((owner.path / "autoexp.yaml").read_text()).metrics) == {"x", "ok"}
    owner.git("submodule", "deinit", "-q", "-f", "lib")
    shutil.rmtree(owner.path / ".git/modules")
    (owner.path / "autoexp.yaml").unlink()
    (owner.path / "program.md").unlink()
    said = owner.run(*asked, "--allow-unsandboxed")
    assert "failed on HEAD" in said
    assert "git submodule update --init" in said


def test_files_of_a_submodule_may_be_hidden(owner: Project) -> None:
    (owner.path / "bench.sh").write_text(f"test ! -e lib/code.py || exit 4\n{BENCH}")
    (owner.path / "hold.sh").write_text("test -e lib/code.py || exit 5\necho METRIC x=$(cat value.txt)\n")
    owner.git("add", "bench.sh", "hold.sh")
    owner.git("commit", "-qm", "a holdout")
    held = CONTRACT.replace('checks: "sh checks.sh"', 'holdout: "sh hold.sh"')
    owner.contract(held.replace("edit: [value.txt]", "edit: [value.txt], hidden: [lib/codes.py]"))
    owner.edits(write(50))
    said = owner.run("run", code=2)
    assert "scope.hidden names lib/codes.py, which matches no file of lib, a submodule" in said
    owner.contract(held.replace("edit: [value.txt]", "edit: [value.txt], hidden: [lib/code.py]"))
    campaign(owner)
    assert "still running" not in str(owner.journal())


def test_a_submodule_of_a_submodule_is_there_as_well(owner: Project, tmp_path: Path) -> None:
    inner = other(tmp_path / "inner", {"factor.txt": "3\n"})
    for place, name in ((owner.path / "lib", "deep"),):
        for command in (
            [*ALLOW, "submodule", "add", "-q", str(inner), name],
            ["-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qm", "deeper"],
        ):
            subprocess.run(["git", "-C", str(place), *command], check=True)
    (owner.path / "bench.sh").write_text(BENCH.replace("lib/factor", "lib/deep/factor"))
    owner.git("commit", "-qam", "deeper")
    campaign(owner)
    assert [row["metric"] for row in owner.rows()] == [300.0, 150.0, 180.0]


def test_a_submodule_that_is_not_here_is_told_with_the_command_that_brings_it(owner: Project) -> None:
    owner.git("submodule", "deinit", "-q", "-f", "lib")
    shutil.rmtree(owner.path / ".git/modules")
    owner.edits(write(50), write(60))
    said = owner.run("run", code=2)
    assert "lib is a submodule whose commit is not here" in said
    assert "git submodule update --init" in said
    owner.git(*ALLOW, "submodule", "update", "-q", "--init")
    campaign(owner)


@pytest.mark.long
def test_a_harness_without_need_of_a_missing_submodule_goes_on_and_is_told(owner: Project) -> None:
    (owner.path / "bench.sh").write_text(BENCH.replace("read -r y < lib/factor.txt || exit 3", "y=2"))
    owner.git("commit", "-qam", "own factor")
    owner.git("submodule", "deinit", "-q", "-f", "lib")
    shutil.rmtree(owner.path / ".git/modules")
    assert "empty where it is measured" in campaign(owner)


@pytest.mark.long
def test_a_submodule_that_arrives_later_opens_a_segment_with_a_baseline_of_its_own(owner: Project) -> None:
    bench = BENCH.replace(
        "read -r y < lib/factor.txt || exit 3", "y=1; test -e lib/factor.txt && read -r y < lib/factor.txt"
    )
    (owner.path / "bench.sh").write_text(bench)
    owner.git("commit", "-qam", "may be there")
    owner.git("submodule", "deinit", "-q", "-f", "lib")
    (owner.path / ".git/modules").rename(owner.path / ".git/elsewhere")
    owner.edits(write(50), write(60))
    owner.run("run", "--experiments", "1")
    (owner.path / ".git/elsewhere").rename(owner.path / ".git/modules")
    owner.run("run")
    opened = [event for event in owner.journal() if event["event"] == "segment"]
    assert len(opened) == 2
    assert owner.statuses()[-1] == "discard"


def test_provide_shows_the_checkout_of_a_submodule_in_place_of_its_commit(owner: Project) -> None:
    (owner.path / "lib/factor.txt").write_text("5\n")
    owner.contract(CONTRACT.replace("  timeout: 5s", "  timeout: 5s\n  provide: [lib]"))
    assert "measured as committed" not in campaign(owner)
    assert [row["metric"] for row in owner.rows()] == [500.0, 250.0, 300.0]


@pytest.mark.parametrize("scope", ["lib/code.py", "lib/"])
def test_a_scope_in_a_submodule_is_refused_with_the_way_out(owner: Project, scope: str) -> None:
    owner.edits(write(50))
    owner.contract(CONTRACT.replace("[value.txt]", f"['{scope}']"))
    said = owner.run("run", code=2)
    assert "lib, a submodule" in said
    assert "--repo lib" in said
    assert not (owner.path / ".git/autoexp").exists()


def test_a_campaign_works_in_the_checkout_of_a_submodule(owner: Project) -> None:
    inner = Project(owner.path / "lib", owner.cache, owner.helper)
    (inner.path / "bench.sh").write_text("read -r x < value.txt; echo METRIC x=$x; echo METRIC ok=1\n")
    (inner.path / "value.txt").write_text("100\n")
    inner.git("config", "user.name", "U")
    inner.git("config", "user.email", "u@localhost")
    inner.git("add", "-A")
    inner.git("commit", "-qm", "bench")
    inner.contract(CONTRACT.replace('  checks: "sh checks.sh"\n', ""))
    campaign(inner)


@pytest.mark.long
def test_a_proposer_cannot_put_files_into_a_submodule(owner: Project) -> None:
    owner.contract(CONTRACT.replace("[value.txt]", "['*.txt', 'value.txt']"))
    owner.edits({"description": "inside", "run": "mkdir -p lib; echo 1 > lib/factor.txt"}, write(50))
    owner.run("run")
    assert owner.statuses() == ["keep", "out_of_scope", "keep"]


def test_files_that_differ_in_a_submodule_are_told_and_refused_where_the_harness_is(owner: Project) -> None:
    (owner.path / "lib/factor.txt").write_text("9\n")
    owner.contract(CONTRACT.replace('"sh bench.sh"', '"sh lib/bench.sh"'))
    owner.edits(write(50))
    assert "of the harness differs from HEAD: lib" in owner.run("run", code=2)
    owner.contract(CONTRACT)
    assert "measured as committed: lib" in campaign(owner)
