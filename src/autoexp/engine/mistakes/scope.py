"""Patterns of the contract that name nothing, and paths that name what is not there."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from autoexp.engine.completing import scope_of_submodule, shows_hidden, submodule_of
from autoexp.engine.mistakes.ground import Ground
from autoexp.engine.mistakes.lookalikes import behind_link, same_but_for_form
from autoexp.engine.naming import named
from autoexp.errors import Problem
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.changes import LINK
from autoexp.workspaces.scope import Scope

_MOST_COMPARED = 20_000
"""Paths that a misspelt one is compared with: with more of them it would take seconds."""


def scope_problems(ground: Ground) -> Iterator[Problem]:
    """Give the mistakes of scope.edit and scope.hidden."""
    if "scope.edit" not in ground.missing and all(ground.entries[path].mode == LINK for path in ground.editable):
        patterns = ground.spec.scope.edit
        what, fix = scope_of_submodule(ground.spec, ground.entries) or (
            f"matches no file of HEAD: {', '.join(patterns)}",
            next(filter(None, (_meant(pattern, ground) for pattern in patterns)), "")
            or "name files that are committed, in gitignore syntax, seen from the repository's top",
        )
        yield ground.problem(("scope", "edit"), what, fix)
    for i, pattern in enumerate(ground.spec.scope.hidden):
        inside = submodule_of(pattern, ground.entries)  # what is in it is known when the session begins
        if not pattern.startswith(("!", "#")) and not inside and not _matches(pattern, ground):
            fix = (
                _meant(pattern, ground)
                or "commit the files, or mend the pattern: gitignore syntax, seen from the repository's top"
            )
            message = (
                f"scope.hidden names {pattern}, which matches no file of HEAD, so that what it should hide lies open"
            )
            yield ground.problem(("scope", "hidden", i), message, fix)


def idle_patterns(ground: Ground) -> tuple[str, ...]:
    """Give the patterns of scope.edit that match nothing, where others do."""
    if not ground.editable:
        return ()
    return tuple(p for p in ground.spec.scope.edit if not p.startswith(("!", "#")) and not _matches(p, ground))


def idle_note(ground: Ground) -> str:
    """Say which patterns of scope.edit match nothing; empty where each of them, or none, does."""
    if not (idle := idle_patterns(ground)):
        return ""
    return f"scope.edit: {named(idle)} {'matches' if len(idle) == 1 else 'match'} no file of HEAD; only what the other patterns match may be changed"


def path_problems(ground: Ground) -> Iterator[Problem]:
    """Give the paths beside the tree that are not there, and the variables that are not set."""
    spec = ground.spec
    for i, pattern in enumerate(spec.harness.provide):
        place = place_in_tree(pattern)
        if ground.root is None or not (ground.root / place).exists():
            fix = "make it, or take it out of harness.provide"
            yield ground.problem(
                ("harness", "provide", i), f"harness.provide names {pattern}, and the checkout has no {place}", fix
            )
        elif shows_hidden(place, spec, ground.hidden, ground.entries):
            message = f"harness.provide shows {place} to every command, and scope.hidden hides it, or what is in it"
            fix = "leave it out of one of them; what the holdout alone may see has to be committed"
            yield ground.problem(("harness", "provide", i), message, fix)
    yield from _absent(ground, ("harness", "sealed"), spec.harness.sealed)
    yield from _absent(ground, ("sandbox", "harness", "read"), spec.sandbox.harness.read)
    if unset := [name for name in spec.harness.env_from if name not in ground.environ]:
        words = f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set in the environment"
        fix = f"export {unset[0]}=... before you start autoexp, or take it out of env_from"
        yield ground.problem(("harness", "env_from"), words, fix)


def _absent(ground: Ground, key: tuple[str, ...], paths: Sequence[str]) -> Iterator[Problem]:
    name = ".".join(key)
    for i, path in enumerate(paths):
        if not Path(path).expanduser().exists():
            yield ground.problem(
                (*key, i), f"{name} names {path}, which does not exist", f"make it, or take it out of {name}"
            )


def _matches(pattern: str, ground: Ground) -> bool:
    alone = Scope([pattern])
    return any(alone.matches(path) for path in ground.entries)


def _meant(pattern: str, ground: Ground) -> str:
    """Say which path was probably meant by a pattern that matches nothing."""
    plain = place_in_tree(pattern.lstrip("/"))
    if not plain or any(sign in plain for sign in "*?["):
        return ""
    if alike := behind_link(plain, ground.entries, ground.target) or same_but_for_form(plain, ground.entries):
        return alike
    if ground.root is not None and (ground.root / plain).exists():
        return f"{plain} is in your checkout and not committed: git add {plain} && git commit"
    return nearest(plain, ground)


def nearest(place: str, ground: Ground) -> str:
    """Say which path of HEAD, or folder, was probably meant; empty when none is near."""
    known = [*ground.entries, *ground.folders]
    same = [path for path in known if PurePosixPath(path).name == PurePosixPath(place).name]
    near = same[:1] or (difflib.get_close_matches(place, known, n=1) if len(known) <= _MOST_COMPARED else [])
    return f"did you mean {near[0]}?" if near else ""
