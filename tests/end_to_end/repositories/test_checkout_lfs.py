"""Files that Git LFS keeps: what is measured holds their content where it is here, and else their pointer, which is told."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.end_to_end.repositories.standing import campaign

BENCH = """\
read -r x < value.txt
read -r y < data/factor.bin
echo "METRIC x=$((x * y))"
echo "METRIC ok=1"
"""
CONTENT = b"2\nmany numbers\n"


def pointer(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


def store(content: bytes, storage: Path, *, digest: str = "") -> Path:
    """Put content where Git LFS keeps it."""
    digest = digest or hashlib.sha256(content).hexdigest()
    place = storage / "objects" / digest[:2] / digest[2:4] / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


@pytest.fixture
def owner(project: Project) -> Project:
    """Give a project whose harness reads a file of which git has the pointer, as where Git LFS is not installed."""
    for setting in ("clean", "smudge", "process"):
        project.git("config", f"filter.lfs.{setting}", "")
    project.git("config", "filter.lfs.required", "false")
    (project.path / "data").mkdir()
    (project.path / "data/factor.bin").write_text(pointer(CONTENT))
    (project.path / "data/.gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (project.path / "plain.bin").write_text(pointer(b"nobody keeps it\n"))
    (project.path / "bench.sh").write_text(BENCH)
    project.git("add", "-A", ":!autoexp.yaml")
    project.git("commit", "-qm", "with a pointer")
    return project


def metrics(project: Project) -> list[float]:
    return [row["metric"] for row in project.rows()]


def test_the_harness_reads_the_content_and_best_holds_the_pointer(owner: Project) -> None:
    kept = store(CONTENT, owner.path / ".git/lfs")
    before = kept.stat()
    campaign(owner)
    assert metrics(owner) == [200.0, 100.0, 120.0]
    assert owner.git("show", "refs/autoexp/demo/best:data/factor.bin") + "\n" == pointer(CONTENT)
    after = kept.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_nlink) == (before.st_ino, before.st_mtime_ns, before.st_nlink)
    content = owner.git("hash-object", "--no-filters", str(kept))
    assert subprocess.run(["git", "-C", str(owner.path), "cat-file", "-e", content], check=False).returncode != 0


@pytest.mark.long
def test_the_content_is_found_where_lfs_storage_says(owner: Project, tmp_path: Path) -> None:
    owner.git("config", "lfs.storage", str(tmp_path / "elsewhere"))
    store(CONTENT, tmp_path / "elsewhere")
    campaign(owner)
    assert metrics(owner) == [200.0, 100.0, 120.0]


def test_content_that_is_not_what_the_pointer_names_is_not_measured(owner: Project) -> None:
    (owner.path / "bench.sh").write_text(
        BENCH.replace("read -r y < data/factor.bin", "grep -q oid data/factor.bin; y=$((1 + $?))")
    )
    owner.git("commit", "-qam", "looks for a pointer")
    store(b"3\nmany numbers\n", owner.path / ".git/lfs", digest=hashlib.sha256(CONTENT).hexdigest())
    said = campaign(owner)
    assert metrics(owner) == [100.0, 50.0, 60.0]
    assert "only the pointer is here and measured (data/factor.bin)" in said


def test_content_that_is_not_here_is_named_with_the_command_that_brings_it(owner: Project) -> None:
    (owner.path / "bench.sh").write_text(BENCH.replace("factor.bin", "factor.bin; test $y -gt 0 || exit 3"))
    owner.git("commit", "-qam", "needs the content")
    owner.edits(write(50), write(60))
    said = owner.run("run", code=2)
    assert "data/factor.bin" in said
    assert "`git lfs pull`" in said
    assert "plain.bin" not in said
    assert "`git lfs pull`" in owner.run("check", "--no-audits", code=2)
    store(CONTENT, owner.path / ".git/lfs")
    campaign(owner)


@pytest.mark.long
def test_content_stays_the_same_when_the_store_is_pruned_between_sessions(owner: Project) -> None:
    store(CONTENT, owner.path / ".git/lfs")
    owner.edits(write(50), write(60))
    owner.run("run", "--experiments", "1")
    shutil.rmtree(owner.path / ".git/lfs")
    owner.run("run")
    assert metrics(owner) == [200.0, 100.0, 120.0]
    assert len([event for event in owner.journal() if event["event"] == "segment"]) == 1


@pytest.mark.long
def test_a_harness_that_changes_such_a_file_is_tampered(owner: Project) -> None:
    kept = store(CONTENT, owner.path / ".git/lfs")
    (owner.path / "bench.sh").write_text(BENCH + 'if [ "$x" = 13 ]; then echo 1 > data/factor.bin; fi\n')
    owner.git("commit", "-qam", "writes")
    owner.edits(write(13), write(50), write(60))
    owner.run("run")
    assert owner.statuses() == ["keep", "tampered", "keep", "discard"]
    assert kept.read_bytes() == CONTENT


@pytest.mark.parametrize("scope", ["data/**", pytest.param("data/factor.bin", marks=pytest.mark.long)])
def test_a_file_in_scope_that_git_lfs_keeps_is_refused_with_both_ways_out(owner: Project, scope: str) -> None:
    store(CONTENT, owner.path / ".git/lfs")
    owner.edits(write(50))
    owner.contract(CONTRACT.replace("[value.txt]", f"[value.txt, '{scope}']"))
    said = owner.run("run", code=2)
    assert "1 file in scope is kept by Git LFS" in said
    assert "!data/factor.bin" in said
    assert not (owner.path / ".git/autoexp").exists()
    owner.contract(CONTRACT.replace("[value.txt]", f"[value.txt, '{scope}', '!data/factor.bin']"))
    campaign(owner)


def test_hidden_content_is_for_the_holdout_alone(owner: Project) -> None:
    store(CONTENT, owner.path / ".git/lfs")
    (owner.path / "bench.sh").write_text(
        BENCH.replace("read -r y < data/factor.bin", "y=1; test ! -e data/factor.bin || exit 3")
    )
    (owner.path / "held.sh").write_text(
        "read -r x < value.txt; read -r y < data/factor.bin; echo METRIC h=$((x * y))\n"
    )
    owner.git("add", "held.sh")
    owner.git("commit", "-qam", "with a holdout")
    contract = CONTRACT.replace("{edit: [value.txt]}", "{edit: [value.txt], hidden: [data/factor.bin]}")
    owner.contract(contract.replace("  timeout: 5s", "  timeout: 5s\n  holdout: sh held.sh"))
    campaign(owner)
    held = [event["sample"]["values"] for event in owner.journal() if event["event"] == "sample" and "h" in str(event)]
    assert metrics(owner) == [100.0, 50.0, 60.0]
    assert held


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="needs git-lfs")
def test_a_repository_of_the_real_git_lfs(project: Project) -> None:
    project.git("lfs", "install", "--local")
    project.git("lfs", "track", "data/*.bin")
    (project.path / "data").mkdir()
    (project.path / "data/factor.bin").write_bytes(CONTENT)
    (project.path / "bench.sh").write_text(BENCH)
    project.git("add", "-A", ":!autoexp.yaml")
    project.git("commit", "-qm", "with git lfs")
    assert project.git("show", "HEAD:data/factor.bin").startswith("version https://git-lfs")
    campaign(project)
    assert metrics(project) == [200.0, 100.0, 120.0]
