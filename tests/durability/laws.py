"""What must be true of every campaign, whatever happened to the processes that worked on it."""

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from autoexp.engine.cache import campaign_identity
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
    for event in events:
        if event["event"] == "segment":
            assert f"segment/{event['k']}" in refs, f"segment {event['k']} is not in git"
    status = project.status("--tag", tag)
    assert refs["best"] == status["incumbent"]["commit"]
    project.git("fsck", "--no-dangling", "--connectivity-only")
    return rows


def decided(rows: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    """Give what was decided, in order, interrupted attempts aside: description, status and metric."""
    return [(row["description"], row["status"], row["metric"]) for row in rows if row["status"] != "interrupted"]


def checkout_of(project: Project) -> dict[str, str]:
    """Give a fingerprint of everything that is the user's: checkout, index, HEAD, settings and branches but for the view."""
    git = project.path / ".git"
    kept = [path for path in project.path.rglob("*") if path.is_file() and not path.is_relative_to(git)]
    kept += [git / "HEAD", git / "index", git / "config"]
    own = {
        str(path.relative_to(project.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kept
        if ".autoexp" not in path.parts
    }
    heads = project.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags").splitlines()
    return own | {head: "" for head in heads if not head.startswith("refs/heads/autoexp/")}


def in_cache(project: Project, tag: str = "demo") -> set[str]:
    """Name what lies in a campaign's folder for disposable trees, two levels deep."""
    home = project.cache / campaign_identity((project.path / ".git").resolve(), tag)
    return {str(path.relative_to(home)) for pattern in ("*", "*/*") for path in home.glob(pattern)}


class Process(NamedTuple):
    """A process of this machine, as /proc tells of it."""

    pid: int
    parent: int
    state: str
    cwd: str
    environ: bytes
    words: bytes


def left_running(project: Project, *, engine: int = 0, tag: str = "demo") -> list[Process]:
    """List the processes that belong to a campaign, or were started by one that does, but not to the engine that works on it now.

    One belongs that carries the campaign's mark, works in the project's folder or the cache (git, and every command), or names the cache
    in its arguments (a sandbox). Whatever stands below the living engine is its own.
    """
    mark = f"AUTOEXP_RUN={campaign_identity((project.path / '.git').resolve(), tag)}:".encode()
    place = str(project.path.parent)
    found = {process.pid: process for process in _processes() if process.state not in "ZX"}
    mine = _below({engine}, found) | {engine} if engine else set()
    ours = _above(os.getpid(), found)
    seeds = {
        pid
        for pid, one in found.items()
        if mark in one.environ or f"{one.cwd}/".startswith(f"{place}/") or str(project.cache).encode() in one.words
    }
    return [found[pid] for pid in sorted((seeds | _below(seeds, found)) - mine - ours)]


def _processes() -> list[Process]:
    listed = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            told = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            cwd = str((entry / "cwd").readlink())
        except OSError:  # it has just ended, or is somebody else's
            continue
        listed.append(Process(int(entry.name), int(parent), state.decode(), cwd, *told))
    return listed


def _below(roots: set[int], found: dict[int, Process]) -> set[int]:
    below: set[int] = set()
    rest = set(roots)
    while rest:
        rest = {pid for pid, one in found.items() if one.parent in rest} - below
        below |= rest
    return below


def _above(pid: int, found: dict[int, Process]) -> set[int]:
    above = {pid}
    while pid in found and found[pid].parent not in above:
        pid = found[pid].parent
        above.add(pid)
    return above
