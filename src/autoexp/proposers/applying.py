"""Make one edit in a workspace, and nothing outside of it."""

import errno
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autoexp.experiment.outcome import Outcome
from autoexp.ports import ProposerFailed
from autoexp.proposers.edits import Replace, Write

DISK_FAILED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""What is wrong with the machine, and not with an edit that could not be written."""

_GIT_PATIENCE_S = 60
# From strict to lenient: as it stands; with counts of lines that somebody got wrong by hand; without context.
_WAYS: tuple[tuple[str, ...], ...] = ((), ("--recount",), ("--unidiff-zero",), ("--unidiff-zero", "--recount"))


def apply_replace(edit: Replace, workspace: Path) -> None:
    """Replace the one place where `old` stands. Raises ProposerFailed when there is none, or more than one."""
    path = inside(workspace, edit.file)
    if not path.is_file():
        raise ProposerFailed(f"replace: there is no file {edit.file}")
    content, old = path.read_bytes(), edit.old.encode()
    found = content.count(old)
    if found != 1:
        how = "" if found else _indented(content, edit.old)
        raise ProposerFailed(
            f"replace: the old text stands {found} times in {edit.file}, {how or 'it must stand there once'}"
        )
    path.write_bytes(content.replace(old, edit.new.encode()))


def _indented(content: bytes, old: str) -> str:
    """Say that the old text stands in a file once, with more indentation: YAML takes away what all lines of a block have."""
    lines, wanted = content.decode("utf-8", "replace").splitlines(), old.rstrip("\n").splitlines()
    if not wanted or not wanted[0]:
        return ""
    depths = {len(line) - len(wanted[0]) for line in lines if line.endswith(wanted[0])} - {0}
    found = []
    for depth in depths:
        indent = next(line for line in lines if len(line) - len(wanted[0]) == depth and line.endswith(wanted[0]))[
            :depth
        ]
        block = [f"{indent}{line}" if line.strip() else line for line in wanted]
        if not indent.strip():
            found += [depth for at in range(len(lines)) if lines[at : at + len(block)] == block]
    if len(found) != 1:
        return ""
    return (
        f"once with the {found[0]} columns of indentation that YAML took away behind `|`: write `old: |2` and `new: |2`, each line as it stands "
        "in the file but two columns deeper than the key, or use patch:"
    )


def apply_write(edit: Write, workspace: Path) -> None:
    """Write a whole file; missing folders are made.

    Raises ProposerFailed when the place is taken by a folder; where the disk failed it is an infra_error.
    """
    path = inside(workspace, edit.file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(edit.text.encode())
    except OSError as error:
        fault = Outcome.INFRA_ERROR if error.errno in DISK_FAILED else Outcome.PROPOSER_ERROR
        raise ProposerFailed(f"write: {edit.file}: {error.strerror}", outcome=fault) from None


def apply_patch(patch: str, workspace: Path, environ: Mapping[str, str]) -> None:
    """Apply a unified diff with `git apply`. Raises ProposerFailed with what git says when it does not fit."""
    text = patch if patch.endswith("\n") else patch + "\n"
    said = ""
    for options in _WAYS:
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", *options, "-"],
            cwd=workspace,
            env={
                "PATH": environ.get("PATH", os.defpath),
                "LC_ALL": "C",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CEILING_DIRECTORIES": str(workspace.parent),
            },
            input=text.encode(),
            capture_output=True,
            timeout=_GIT_PATIENCE_S,
            check=False,
        )
        if done.returncode == 0:
            return
        said = said or done.stderr.decode("utf-8", "replace").strip()
    raise ProposerFailed(f"patch: it does not apply: {said}")


def inside(workspace: Path, file: str) -> Path:
    """Give the place of a file of the workspace. Raises ProposerFailed when the way there leads out of it."""
    parts = PurePosixPath(file).parts
    if file.startswith("/") or ".." in parts or not parts or "\0" in file:
        raise ProposerFailed(f"{file!r} does not lie in the repository")
    if any(part.lower() == ".git" for part in parts):
        raise ProposerFailed(f"{file!r} lies in .git")
    path = workspace
    for part in parts:
        path /= part
        if path.is_symlink():
            raise ProposerFailed(f"{file!r} leads through a symbolic link, {path.relative_to(workspace)}")
    return path
