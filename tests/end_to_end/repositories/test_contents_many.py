"""A repository of 100,000 files: a whole campaign, right to the byte. What it took is printed, not held against a bound."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import Project
from tests.end_to_end.repositories.contents import asked, command, scope, untouched

COUNT, BLOBS = 100_000, 200


def stream(rng: random.Random) -> Iterator[bytes]:
    """Give a commit on main that adds many files, as `git fast-import` reads it."""
    for mark in range(1, BLOBS + 1):
        text = b"text %d\n" % mark
        yield b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(text), text)
    yield b"commit refs/heads/main\ncommitter U <u@localhost> 1700000000 +0000\ndata 4\nmany\nfrom refs/heads/main^0\n"
    for n in range(COUNT):
        mode = rng.choice((b"100644", b"100644", b"100755"))
        yield b"M %s :%d many/%02d/%02d/file %d.txt\n" % (mode, rng.randint(1, BLOBS), n % 97, n % 89, n)
    yield b"done\n"


def took(project: Project) -> list[str]:
    """Say how long each experiment took, from its intent until it was done, and the start before the first."""
    lines = (project.path / ".git/autoexp/demo/journal.jsonl").read_text(encoding="utf-8").splitlines()
    stamps = [(record["mono"], record["data"]["event"], record["data"].get("n")) for record in map(json.loads, lines)]
    begun = {n: at for at, event, n in stamps if event == "intent"}
    ends = [f"experiment {n}: {at - begun[n]:.2f} s" for at, event, n in stamps if event == "done"]
    return [f"until the first: {begun[1] - stamps[0][0]:.2f} s", *ends]


@pytest.mark.long
def test_campaign_in_a_hundred_thousand_files(project: Project) -> None:
    data = b"".join(stream(random.Random(9)))
    subprocess.run(["git", "-C", project.path, "fast-import", "--quiet", "--done"], input=data, check=True)
    project.git("reset", "-q", "--hard")
    scope(project, "many/**", "more/")
    one, two = "many/01/01/file 1.txt", "many/02/02/file 2.txt"
    three = "many/03/03/file 3.txt"
    project.edits(
        command(90, f"echo edited > '{one}'", f"rm '{two}'"),
        command(95, f"echo worse >> '{one}'"),
        command(80, "mkdir more", "echo new > more/new.txt", "git status --porcelain | grep -qx '?? more/'"),
        command(99, "rm -r many/03"),
        command(70, f"mv '{three}' more/new.txt"),
        command(97, "echo cheat > bench.sh", "mv many/05 more/05"),
        command(60),
    )
    project.patience_s = 900
    with untouched(project):
        project.run("run", "--experiments", "4")
        project.run("run")
    sys.stdout.write("\n".join(["", *took(project), ""]))
    assert project.statuses() == ["keep", "keep", "discard", "keep", "discard", "keep", "out_of_scope", "keep"]
    third = project.refs()["attempt/3"]
    assert asked(project, "diff", "--name-status", "--no-renames", "-z", "main", third).split(b"\0")[:-1] == [
        *(b"M", one.encode(), b"D", two.encode(), b"A", b"more/new.txt", b"M", b"value.txt"),
    ]
    assert (project.git("show", f"{third}:{one}"), project.git("show", f"{third}:more/new.txt")) == ("edited", "new")
    best = "refs/autoexp/demo/best"
    assert project.git("rev-parse", f"{third}:{three}") == project.git("rev-parse", f"{best}:more/new.txt")
    assert (
        asked(project, "ls-tree", "-r", "--name-only", best).count(b"\n")
        == len(project.git("ls-files").splitlines()) - 1
    )
    detail = project.shown(6)["detail"]
    assert detail.startswith("changed outside of the scope: bench.sh; cannot be taken: ")
    assert "is one file more than the 1000 that a candidate may change" in detail
