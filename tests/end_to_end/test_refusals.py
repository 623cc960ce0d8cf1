"""What cannot work is refused with words, before anything is written: no journal, no refs, no .autoexp."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.machines import needs_bubblewrap, without_namespaces


def nothing_left(project: Project) -> None:
    assert not (project.path / ".git/autoexp").exists()
    assert not (project.path / ".autoexp").exists()
    assert project.git("for-each-ref", "refs/autoexp") == ""


def changed(old: str, new: str) -> Callable[[Project], None]:
    assert old in CONTRACT
    return lambda project: project.contract(CONTRACT.replace(old, new))


def no_edits(project: Project) -> None:
    (project.path / "edits.yaml").unlink()


def dirty(project: Project) -> None:
    (project.path / "value.txt").write_text("7\n")


def dirty_harness(project: Project) -> None:
    for name in ("bench.sh", "checks.sh"):
        (project.path / name).write_text("exit 0\n")


def no_contract(project: Project) -> None:
    (project.path / "autoexp.yaml").unlink()


def not_text(project: Project) -> None:
    (project.path / "autoexp.yaml").write_bytes(b"goal: \xff\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (changed("role: primary", "role: prime"), "autoexp.yaml:10"),
        (changed("goal:", "gaol:"), "did you mean goal?"),
        (changed("[value.txt]", "[valeu.txt]"), "autoexp.yaml:4: scope.edit: matches no file of HEAD: valeu.txt"),
        (changed("kind: script,", "kind: scrip,"), "did you mean script?"),
        (changed("proposer: {kind: script, file: edits.yaml}\n", ""), "nobody proposes changes"),
        (changed("  timeout: 5s", "  env_from: [NO_SUCH_KEY]"), "NO_SUCH_KEY is not set"),
        (no_edits, "edits.yaml cannot be read"),
        (dirty, "1 file in scope differs from HEAD: value.txt"),
        (dirty_harness, "2 files of the harness differ from HEAD: bench.sh, checks.sh"),
        (no_contract, "run `autoexp init`"),
        (not_text, "save it as UTF-8"),
    ],
)
def test_refused_start_leaves_nothing_behind(project: Project, spoil: Callable[[Project], None], words: str) -> None:
    project.edits(write(50))
    spoil(project)
    out, err = project.ran("run", "--json", code=2)
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    nothing_left(project)


@pytest.mark.parametrize("tag", ["Big", "a/b", "..", ".lock", "a b", "", "x" * 200, "a\nb"])
@pytest.mark.parametrize("command", ["run", "status"])
def test_tag_that_names_no_ref_is_refused(project: Project, tag: str, command: str) -> None:
    project.edits(write(50))
    assert "cannot be a tag" in project.run(command, f"--tag={tag}", code=2)
    nothing_left(project)


def test_unknown_tag_is_told_with_the_known_ones(project: Project) -> None:
    project.edits(write(50))
    project.run("run", "--experiments", "1")
    for command in (["status"], ["log"], ["show", "1"], ["diff", "1"], ["stop"], ["brief"], ["export"]):
        said = project.run(*command, "--tag", "other", code=2)
        assert "no campaign named other" in said
        assert "known: demo" in said


@pytest.mark.parametrize("experiments", ["0", "-1", "many"])
def test_a_number_of_experiments_is_at_least_one(project: Project, experiments: str) -> None:
    project.edits(write(50))
    assert "--experiments" in project.run("run", f"--experiments={experiments}", code=2)
    nothing_left(project)


def test_folder_without_repository_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert "not a git repository" in project.run("run", repo=tmp_path / "plain", code=2)
    assert "is not a folder" in project.run("status", repo=tmp_path / "none", code=2)


def test_repository_without_commit_is_told(project: Project, tmp_path: Path) -> None:
    project.git("init", "-q", str(tmp_path / "new"))
    (tmp_path / "new/autoexp.yaml").write_text(CONTRACT)
    (tmp_path / "new/edits.yaml").write_text("[]")
    assert "no commit yet" in project.run("run", repo=tmp_path / "new", code=2)
    assert not (tmp_path / "new/.git/autoexp").exists()


def test_contract_files_need_not_be_committed_as_they_are(project: Project) -> None:
    project.edits(write(50))
    (project.path / "program.md").write_text("Hints.\n")
    project.git("add", "autoexp.yaml", "program.md")
    project.git("commit", "-qm", "contract")
    project.contract(CONTRACT.replace("Make x small.", "Make x smaller."))
    (project.path / "program.md").write_text("Better hints.\n")
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


def test_what_differs_outside_of_scope_and_harness_is_told_and_not_refused(project: Project) -> None:
    (project.path / "docs").mkdir()
    (project.path / "docs/program.md").write_text("one\n")
    project.git("add", "docs")
    project.git("commit", "-qm", "docs")
    (project.path / "docs/program.md").write_text("two\n")
    project.edits(write(50))
    assert "docs/program.md" in project.run("run")
    assert project.statuses() == ["keep", "keep"]
    assert (project.path / "docs/program.md").read_text() == "two\n"
    assert "docs/program.md" in project.run("check", "--no-audits")


def test_folder_that_cannot_hold_the_exports_is_told(project: Project) -> None:
    project.edits(write(50))
    (project.path / ".autoexp").write_text("a file of the user's\n")
    assert "the export files cannot be written" in project.run("run", code=2)
    assert (project.path / ".autoexp").read_text() == "a file of the user's\n"


def test_cache_that_cannot_be_made_is_told(project: Project) -> None:
    project.edits(write(50))
    project.cache.write_text("a file\n")
    assert "set AUTOEXP_CACHE_DIR" in project.run("run", code=2)
    nothing_left(project)


def test_bare_repository_works_with_the_contract_in_its_folder(project: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    project.git("clone", "-q", "--bare", str(project.path), str(bare))
    assert "a bare repository keeps autoexp.yaml" in project.run("run", repo=bare, code=2)
    (bare / "autoexp.yaml").write_text(CONTRACT)
    (bare / "edits.yaml").write_text('[{"write": {"file": "value.txt", "text": "50\\n"}}]')
    project.run("run", repo=bare)
    assert "value.txt" in project.run("log", repo=bare)
    assert (bare / "autoexp/exports/demo/results.tsv").is_file()


def test_subfolder_finds_the_contract_of_the_root(project: Project) -> None:
    project.edits(write(50))
    (project.path / "deep/er").mkdir(parents=True)
    project.run("run", repo=project.path / "deep/er")
    assert project.statuses() == ["keep", "keep"]
    assert (project.path / ".autoexp/demo/results.tsv").is_file()


def test_linked_worktree_has_its_own_checkout_and_the_same_record(project: Project, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    project.git("worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "autoexp.yaml").write_text(CONTRACT)
    (linked / "edits.yaml").write_text('[{"write": {"file": "value.txt", "text": "50\\n"}}]')
    project.run("run", repo=linked)
    assert project.statuses() == ["keep", "keep"]
    assert (linked / ".autoexp/demo/results.tsv").is_file()
    assert (linked / "value.txt").read_text() == "100\n"


def test_harness_folder_that_is_not_there_is_told(project: Project) -> None:
    project.edits(write(50))
    project.contract(CONTRACT.replace("  timeout: 5s", "  cwd: nowhere"))
    said = project.run("run", code=2)
    assert "autoexp.yaml:8: harness.cwd: there is no folder nowhere in the tree of HEAD" in said
    nothing_left(project)


def test_list_of_hosts_without_network_namespaces_is_refused_with_the_way_out(project: Project) -> None:
    needs_bubblewrap()
    project.edits(write(90))
    project.contract(
        CONTRACT.replace("proposer: {level: none}", "proposer: {level: bwrap, network: ['example.com:443']}")
    )
    command = [*without_namespaces("net"), sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)]
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "needs a network namespace" in done.stderr
    assert "network: host" in done.stderr
