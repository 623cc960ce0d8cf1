"""A scope that lies over the harness: a candidate could change what judges it, or its change would be masked or lost."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from autoexp.engine.mistakes.ground import Ground
from autoexp.engine.naming import named
from autoexp.errors import Problem
from autoexp.spec.commands import started
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.scope import Scope


def overlap_problems(ground: Ground) -> Iterator[Problem]:
    """Give the files that harness and scope both claim."""
    if "scope.edit" in ground.missing:
        return
    harness = ground.spec.harness
    told: set[tuple[int, str]] = set()
    for key in ("checks", "holdout", "measure"):
        command = getattr(harness, key)
        if command is None or f"harness.{key}" in ground.missing:
            continue
        for place in started(command, harness.cwd):
            if (found := _claimed(ground, place, outright=key == "measure")) is None:
                continue
            i, pattern, path = found
            if (i, place) not in told:
                told.add((i, place))
                yield ground.problem(("scope", "edit", i), _words(pattern, path, key), _left_out(ground, place, path))
    yield from _masked(ground)


def _claimed(ground: Ground, place: str, *, outright: bool) -> tuple[int, str, str] | None:
    """Give the pattern that matches a file at a place, or below it, and the file; with `outright` not one that names just this file."""
    for path in ground.below(place):
        if not ground.scope.matches(path) or ground.hidden.matches(path):
            continue
        i, pattern = _pattern_of(ground, path)
        if not (outright and _names(pattern, path)):
            return i, pattern, path
    return None


def _pattern_of(ground: Ground, path: str) -> tuple[int, str]:
    """Give the pattern that decides about a path: the last one that matches it."""
    patterns = ground.spec.scope.edit
    matching = [i for i, one in enumerate(patterns) if not one.startswith(("!", "#")) and Scope([one]).matches(path)]
    i = matching[-1] if matching else 0
    return i, patterns[i]


def _names(pattern: str, path: str) -> bool:
    plain = pattern.lstrip("/").removeprefix("./")
    return plain == path or ("/" not in plain and plain == PurePosixPath(path).name)


def _words(pattern: str, path: str, key: str) -> str:
    if key == "measure":
        return f"{pattern} covers {path}, which harness.measure starts: a candidate could change how it is measured"
    return f"{pattern} covers {path}, which harness.{key} starts: a candidate could change what judges it"


def _left_out(ground: Ground, place: str, path: str) -> str:
    """Say how to leave a file, or the folder that is started, out of the scope."""
    edit = ground.spec.scope.edit
    whole = place if place in ground.entries else f"{place}/"
    for pattern in (f"!{whole}", f"!/{whole}", f"!{whole}**"):
        if not Scope([*edit, pattern]).matches(path):
            return f'leave it out: add "{pattern}" to scope.edit, behind the others'
    return "name the files of the scope themselves, not the folder that holds this one"


def _masked(ground: Ground) -> Iterator[Problem]:
    """Give the paths beside the tree that lie over files of the scope."""
    harness = ground.spec.harness
    for key, patterns, fate in (
        ("provide", harness.provide, "a command sees the checkout's files there, and never a candidate's change"),
        ("writable", harness.writable, "it is empty in each sample, so that a candidate's change is lost"),
        ("sealed", harness.sealed, "it is what judges, and a candidate may not change it"),
    ):
        for i, pattern in enumerate(patterns):
            place = _place(ground, key, pattern)
            over = [path for path in ground.editable if place is not None and _within(path, place)]
            if over:
                fix = f"take it out of harness.{key}, or leave its files out of scope.edit"
                yield ground.problem(
                    ("harness", key, i), f"{pattern} lies over files of scope.edit ({named(over)}): {fate}", fix
                )


def _place(ground: Ground, key: str, pattern: str) -> str | None:
    if key != "sealed":
        return place_in_tree(pattern)
    place = Path(pattern).expanduser()
    if ground.root is None or not place.is_relative_to(ground.root):
        return None
    return place.relative_to(ground.root).as_posix()


def _within(path: str, place: str) -> bool:
    return place in {".", path} or path.startswith(f"{place}/")
