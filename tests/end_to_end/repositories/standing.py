"""A campaign with a keep and a discard, and what has to be true of its repository afterwards."""

import os
from pathlib import Path

from tests.end_to_end.conftest import Project, write
from tests.end_to_end.test_untouched import snapshot

BEST = "refs/autoexp/demo/best"


def campaign(project: Project, *, kept: str = "50\n", file: str = "value.txt") -> str:
    """Run one keep and one discard, make sure that all is as it was and that best holds the kept bytes; give what was printed."""
    project.edits(write(50), write(60))
    before = facts(project)
    said = project.run("run")
    assert project.statuses() == ["keep", "keep", "discard"]
    assert facts(project) == before
    content = project.path.joinpath(file)
    assert project.git("cat-file", "blob", f"{BEST}:{file}") + "\n" == kept != content.read_text(encoding="utf-8")
    assert project.git("rev-parse", "refs/heads/autoexp/demo") == project.git("rev-parse", BEST)
    assert project.git("log", "-1", "--format=%an <%ae> %cn", BEST) == "autoexp <autoexp@localhost> autoexp"
    return said


def facts(project: Project) -> dict[str, object]:
    """Give the state of checkout, index, HEAD and settings, wherever the git directory is, and what git says of it."""
    found: dict[str, object] = dict(snapshot(project.path)) if (project.path / ".git/refs/heads/main").is_file() else {}
    git_dir, common = (Path(project.git("rev-parse", "--path-format=absolute", flag)) for flag in GIT_DIRS)
    for path in (git_dir / "HEAD", git_dir / "index", common / "config"):
        if path.exists():
            found[str(path)] = (path.read_bytes(), path.stat().st_mtime_ns)
    for folder, folders, files in os.walk(project.path):
        folders[:] = [name for name in folders if name not in {".git", ".autoexp"}]
        for name in files:
            path = Path(folder) / name
            found[str(path)] = (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    found["status"] = project.git(
        "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=all"
    )
    return found


GIT_DIRS = ("--git-dir", "--git-common-dir")
