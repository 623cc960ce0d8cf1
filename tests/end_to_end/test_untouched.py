"""The user's checkout, index, HEAD and untracked files are never touched."""

import hashlib
import os
from pathlib import Path

from tests.end_to_end.conftest import Project, write


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Give bytes and stat data of everything in the checkout but .autoexp, and of HEAD, index and config."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in {".git", ".autoexp"}]
        for name in files:
            path = Path(folder) / name
            found[str(path.relative_to(root))] = _facts(path)
    for name in ("HEAD", "index", "config", "refs/heads/main"):
        found[f".git/{name}"] = _facts(root / ".git" / name)
    return found


def _facts(path: Path) -> tuple[object, ...]:
    stat = path.lstat()
    content = str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
    return content, stat.st_mode, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def test_checkout_is_the_same_before_during_and_after(project: Project) -> None:
    project.edits(
        *[write(100 - i) for i in range(3)],
        write("crash"),
        write(200),
        write(50),
        {"description": "x", "run": "touch y"},
    )
    (project.path / "notes").mkdir()
    (project.path / "notes/mine.txt").write_text("untracked\n")
    (project.path / "big.log").write_text("ignored\n")
    (project.path / "link").symlink_to("notes/mine.txt")
    (project.path / "staged.txt").write_text("staged\n")
    project.git("add", "staged.txt")
    project.git("commit", "-qm", "more")
    before = snapshot(project.path)
    project.killed("after-attempt:2")
    assert snapshot(project.path) == before
    looks = 0
    with project.start("run") as process:
        while process.poll() is None:
            assert snapshot(project.path) == before
            looks += 1
        process.communicate()
    assert process.returncode == 0
    assert looks > 3
    assert snapshot(project.path) == before
    assert project.git("status", "--porcelain") == "?? autoexp.yaml\n?? edits.yaml\n?? link\n?? notes/"
    assert {"keep", "discard", "crash", "out_of_scope"} <= set(project.statuses())
    assert "continued" in {event["event"] for event in project.journal()}
