"""A folder as a repository with one commit: for labs, and for what is tried in a folder of its own."""

import os
import subprocess
from pathlib import Path

from autoexp.errors import RepositoryError


def commit_all(folder: Path, message: str) -> None:
    """Commit all that lies in a folder, as a new repository where it is none. Raises RepositoryError when git refuses."""
    if not (folder / ".git").exists():
        _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, *_AS_AUTOEXP, "commit", "--quiet", "-m", message)


_AS_AUTOEXP = tuple(
    part
    for setting in (
        "user.name=autoexp",
        "user.email=autoexp@localhost",
        "commit.gpgSign=false",
        f"core.hooksPath={os.devnull}",
    )
    for part in ("-c", setting)
)


def _git(folder: Path, *arguments: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environ,
    )
    if done.returncode:
        raise RepositoryError(f"git {arguments[-1]} failed: {done.stderr.strip()}", where=str(folder))
