"""What stands in a tree, byte for byte, and campaigns whose edits are commands."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.end_to_end.conftest import CONTRACT, Project
from tests.end_to_end.repositories.standing import BEST, facts

Tree = dict[bytes, tuple[str, bytes]]


def asked(project: Project, *arguments: str | bytes, stdin: bytes = b"") -> bytes:
    """Ask git, in bytes."""
    command = ["git", "-C", str(project.path), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def tree(project: Project, commit: str = BEST) -> Tree:
    """Give path -> mode and bytes of everything in a tree."""
    found: Tree = {}
    for line in asked(project, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        meaning, path = line.split(b"\t", 1)
        mode, kind, oid = meaning.decode().split()
        found[path] = (mode, asked(project, "cat-file", kind, oid))
    return found


def changed(project: Project, commit: str = BEST, base: str = "main") -> Tree:
    """Give what a tree has otherwise than another one; what it lacks has no mode."""
    before, after = tree(project, base), tree(project, commit)
    gone: Tree = {path: ("", b"") for path in before if path not in after}
    return gone | {path: content for path, content in after.items() if before.get(path) != content}


def scope(project: Project, *patterns: str) -> None:
    """Let candidates change what matches, and the value."""
    listed = ", ".join("'" + pattern.replace("'", "''") + "'" for pattern in ("/value.txt", *patterns))
    project.contract(CONTRACT.replace("edit: [value.txt]", f"edit: [{listed}]"))


def command(value: int, *lines: str) -> dict[str, Any]:
    """Give an edit that runs shell commands and puts a value into value.txt."""
    return {"description": f"value {value}", "run": "\n".join(["set -e", *lines, f"echo {value} > value.txt"])}


def of_user(project: Project, *arguments: str) -> str:
    """Give the shell command by which a user's git works in the checkout."""
    return shlex.join(["git", "-C", str(project.path), *arguments])


@contextmanager
def untouched(project: Project) -> Iterator[None]:
    """Make sure that checkout, index, HEAD and untracked files are as they were."""
    before = facts(project)
    yield
    assert facts(project) == before


def notes(project: Project) -> list[str]:
    """Give what `run` noted, as the record has it."""
    lines = (project.path / ".git/autoexp/demo/journal.jsonl").read_bytes().splitlines()
    return [event["text"] for event in project.journal() if event["event"] == "note"] if lines else []
