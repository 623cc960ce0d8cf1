"""Programs that a contract's commands name and that are not there, or cannot be started."""

import os
import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TypeGuard

from autoexp.engine.mistakes.ground import Ground
from autoexp.engine.mistakes.scope import nearest
from autoexp.errors import Problem
from autoexp.spec.programs import Need, needs
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.changes import EXECUTABLE, GITLINK, LINK

_ALSO_CALLED = {"python": "python3", "python3": "python", "pip": "pip3", "node": "nodejs", "gcc": "cc", "make": "gmake"}
_RUN_BY = {".py": "python3", ".js": "node", ".mjs": "node", ".rb": "ruby", ".pl": "perl", ".bash": "bash"}

Found = tuple[str, str]
"""What is wrong with a program, and what mends it."""


def command_problems(ground: Ground) -> Iterator[Problem]:
    """Give what keeps measure, checks, holdout and a proposer's command from starting."""
    harness = ground.spec.harness
    folder = posixpath.normpath(harness.cwd)
    if folder != "." and folder not in ground.folders and not _comes_from_elsewhere(folder, ground):
        fix = nearest(folder, ground) or "name a folder of the repository, seen from its top"
        yield ground.problem(("harness", "cwd"), f"there is no folder {folder} in the tree of HEAD", fix)
        yield from _of_proposer(ground)
        return
    for key in ("measure", "checks", "holdout"):
        command = getattr(harness, key)
        if command is None or f"harness.{key}" in ground.missing:
            continue
        path = ground.path(harness.env)
        for need in needs(command, harness.cwd):
            found = _on_path(need, path, ground, harness.cwd) if not need.place else _in_tree(need, ground, key)
            if found:
                yield ground.problem(("harness", key), *found)
                break
    yield from _of_proposer(ground)


def _of_proposer(ground: Ground) -> Iterator[Problem]:
    section = ground.spec.proposer
    command = section.options.get("command") if section is not None and section.kind == "command" else None
    if section is None or not _is_command(command):
        return
    env = section.options.get("env")
    path = ground.path({k: v for k, v in env.items() if isinstance(v, str)} if isinstance(env, dict) else {})
    for need in needs(command):
        if not need.place:
            found = _on_path(need, path, ground, "")
        elif (mine := ground.folder / need.word).is_file():
            started = need.script or os.access(mine, os.X_OK) or need.place in ground.entries
            found = None if started else _not_executable(need.word, "")
        else:
            found = _in_tree(need, ground, "proposer")
        if found:
            yield ground.problem(("proposer", "command"), *found)
            return


def _is_command(command: object) -> TypeGuard[str | list[str]]:
    words = [command] if isinstance(command, str) else command
    return isinstance(words, list) and bool(words) and all(isinstance(word, str) for word in words)


def _on_path(need: Need, path: str, ground: Ground, cwd: str) -> Found | None:
    """Look for a program on this machine. What a sandbox hides of it is told by the run."""
    if need.word.startswith("/"):
        there = Path(need.word)
        if there.is_file():
            return None if os.access(there, os.X_OK) else _not_executable(need.word, "")
        inside = ground.root is not None and there.is_relative_to(ground.root)
        return (
            None
            if inside
            else (f"command not found: there is no {need.word} on this machine", "install it, or mend the path")
        )
    if "/" in need.word:  # it leads out of the tree
        return None
    if any(not part.startswith("/") for part in path.split(os.pathsep)) or shutil.which(need.word, path=path):
        return None
    beside = str(PurePosixPath(cwd, need.word))
    other = _ALSO_CALLED.get(need.word, "")
    if beside in ground.entries:
        fix = f"a program of the tree is started by its path: ./{need.word}"
    elif other and shutil.which(other, path=path):
        fix = f"this machine calls it {other}: write {other} in the command"
    else:
        fix = "install it, write its full path, or mend its name"
    return f"command not found: no {need.word} on PATH ({path})", fix


def _in_tree(need: Need, ground: Ground, key: str) -> Found | None:
    place, entry = need.place, ground.entries.get(need.place)
    if key != "holdout" and ground.hidden.matches(place):
        return (
            f"{place} is hidden from this command by scope.hidden: only the holdout sees it",
            "name another file, or take it out of scope.hidden",
        )
    if entry is not None:
        startable = need.script or entry.mode in {EXECUTABLE, LINK}
        return None if startable else _not_executable(place, place)
    if _comes_from_elsewhere(place, ground):
        return None
    if place in ground.folders:
        return f"{place} is a folder, and a file is started here", f"name the file in it: {next(ground.below(place))}"
    what = f"command not found: there is no {place} in the tree of HEAD"
    if ground.root is not None and (ground.root / place).exists():
        return (
            f"{what}, it is only in your checkout",
            f"experiments see what is committed: git add {place} && git commit",
        )
    return what, nearest(
        place, ground
    ) or "commit the file, or mend its path: it is seen from the repository's top, or harness.cwd"


def _comes_from_elsewhere(place: str, ground: Ground) -> bool:
    """Tell whether a path lies where a submodule, a provided or a writable folder may put it, or below a link."""
    beside = {place_in_tree(pattern) for pattern in (*ground.spec.harness.provide, *ground.spec.harness.writable)}
    above = [str(parent) for parent in (PurePosixPath(place), *PurePosixPath(place).parents)]
    return any(
        part in beside or (part in ground.entries and ground.entries[part].mode in {GITLINK, LINK}) for part in above
    )


def _not_executable(word: str, place: str) -> Found:
    runner = _RUN_BY.get(PurePosixPath(word).suffix, "sh")
    shown = word if "/" in word else f"./{word}"
    commit = f"chmod +x {word} && git commit {word}" if place else f"chmod +x {word}"
    return f"{word} is not executable", f"{commit}; or write `{runner} {shown.removeprefix('./')}` in the command"
