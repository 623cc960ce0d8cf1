"""What a power loss finds of git: no ref names an object that was not synced, and none moves before the journal says so.

The system calls of a real campaign are looked at. That git syncs no folder, and so leaves it to the file system when a name lasts, is known;
each ref is followed by a record that is synced, and journaling file systems make older names last with it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.laws import lawful
from tests.end_to_end.conftest import Project, write

CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,write,pwrite64"
_SYNC = re.compile(r"f(?:data)?sync\(\d+<(.+)>\) += 0")
_WRITE = re.compile(r"p?write(?:64)?\(\d+<(.+?)>, ")
_NAME = re.compile(r'(?:rename|link)(?:at2?)?\((?:AT_FDCWD<.*?>, )?"(.+?)", (?:AT_FDCWD<.*?>, )?"(.+?)".*\) += 0')
STRACE = shutil.which("strace")


def traced(project: Project) -> list[str]:
    """Run a campaign, and give its system calls in order; skip where no process may look at another."""
    told = project.path.parent / "calls"
    if (
        STRACE is None
        or subprocess.run([STRACE, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("strace is not installed, or may not trace here")
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    command = [sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)]
    options = ["-f", "-y", "-qq", "-s", "400", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(told)]
    done = subprocess.run([STRACE, *options, *command], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return joined(told.read_text(encoding="utf-8", errors="replace").splitlines())


def joined(lines: list[str]) -> list[str]:
    """Put together calls that another process interrupted; one counts from its end."""
    begun: dict[str, str] = {}
    whole = []
    for line in lines:
        pid, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[pid] = call.removesuffix("<unfinished ...>").rstrip()
        elif resumed := re.match(r"<\.\.\. \w+ resumed>\s*", call):
            whole.append(begun.pop(pid, "") + call[resumed.end() :])
        else:
            whole.append(call)
    return whole


@pytest.mark.long
def test_refs_move_only_behind_synced_objects_and_a_synced_journal(project: Project) -> None:
    project.edits(write(90), write(95), write(80))
    git = str((project.path / ".git").resolve())
    journal = f"{git}/autoexp/demo/journal.jsonl"
    synced: set[str] = set()
    unsynced = False
    moved, stored = [], 0
    for call in traced(project):
        if found := _SYNC.match(call):
            synced.add(found[1])
            unsynced = unsynced and found[1] != journal
        elif found := _WRITE.match(call):
            synced.discard(found[1])
            unsynced = unsynced or found[1] == journal
        elif found := _NAME.match(call):
            old, new = (str(Path(git, name)) for name in found.groups())
            if new.startswith((f"{git}/objects/", f"{git}/refs/")):
                assert old in synced, f"{new} stands for what was not synced"
                stored += new.startswith(f"{git}/objects/")
            if new.startswith(f"{git}/refs/"):
                assert not unsynced, f"{new} moved while a record was not synced"
                moved.append(new.removeprefix(f"{git}/refs/"))
    rows = lawful(project)
    assert {f"autoexp/demo/attempt/{row['n']}" for row in rows[1:]} <= set(moved)
    assert {"autoexp/demo/best", "autoexp/demo/record/1", "heads/autoexp/demo"} <= set(moved)
    assert stored >= len(rows)
