"""What must be true of every campaign, whatever happened to the processes that worked on it."""

import os
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Project

OPEN_ENDS = {"done", "withdrawn"}


def lawful(project: Project, tag: str = "demo") -> list[dict[str, Any]]:
    """Hold the laws of a campaign at rest, and give its rows: no number twice, none left open, refs and record in agreement, git sound."""
    events = project.journal(tag)
    opened = [event["n"] for event in events if event["event"] == "intent"]
    closed = [event["n"] for event in events if event["event"] in OPEN_ENDS]
    assert opened == sorted(set(opened)), "a number was used twice"
    assert opened == closed, "a number was left open, or closed twice"
    rows = project.rows("--tag", tag)
    refs = project.refs(tag)
    withdrawn = {event["n"] for event in events if event["event"] == "withdrawn"}
    for n in set(opened) - withdrawn:
        assert f"record/{n}" in refs, f"the verdict on {n} is not in git"
    for row in rows:
        if row["n"] and row["commit"]:
            assert refs[f"attempt/{row['n']}"] == row["commit"]
    status = project.status("--tag", tag)
    assert refs["best"] == status["incumbent"]["commit"]
    project.git("fsck", "--no-dangling", "--connectivity-only")
    return rows


def decided(rows: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    """Give what was decided, in order, interrupted attempts aside: description, status and metric."""
    return [(row["description"], row["status"], row["metric"]) for row in rows if row["status"] != "interrupted"]


def left_running(cache: Path) -> list[int]:
    """List the processes of this machine that still carry the mark of a campaign whose cache lies in a folder, or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            cwd = (entry / "cwd").readlink()
        except OSError:
            continue
        if cwd.is_relative_to(cache):
            found.append(int(entry.name))
    return found
