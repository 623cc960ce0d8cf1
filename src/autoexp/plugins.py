"""A name, or "module:attr", to an object, through the entry points of what is installed. Nothing is loaded before it is asked for."""

import difflib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

from autoexp.errors import AutoexpError

GROUPS = (
    "autoexp.proposers",
    "autoexp.strategies",
    "autoexp.executors",
    "autoexp.stores",
    "autoexp.objectives",
    "autoexp.labs",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One plugin that is installed: its name, where it comes from, and why it does not load (empty: it does)."""

    group: str
    name: str
    source: str
    error: str = ""


def offered(group: str) -> EntryPoints:
    """Give the entry points of a group, as the packages on the path of this process offer them."""
    return _read(group, tuple(sys.path))


@cache
def _read(group: str, path: tuple[str, ...]) -> EntryPoints:  # noqa: ARG001  another path may hold other packages
    return entry_points(group=group)


def find(group: str, name: str) -> Any:
    """Give the plugin `name` of a group, such as `autoexp.proposers`, or the object at "module:attr".

    Raises AutoexpError when there is none, when two packages offer the same name, or when it does not load.
    """
    if ":" in name:
        return _load(EntryPoint(name, name, group))
    found = {point.value: point for point in offered(group) if point.name == name}
    if len(found) > 1:
        raise AutoexpError(
            f"{name} is offered more than once: {', '.join(sorted(map(_source, found.values())))}",
            where=group,
            fix="uninstall all but one, or write it as module:attr",
        )
    if not found:
        raise _unknown(group, name)
    return _load(next(iter(found.values())))


def listing(group: str) -> Sequence[Listed]:
    """Give what is installed for a group, sorted by name. Each one is loaded to find out whether it loads."""
    found = []
    for point in sorted(set(offered(group)), key=lambda point: (point.name, point.value)):
        error = ""
        try:
            _load(point)
        except AutoexpError as failed:
            error = str(failed)
        found.append(Listed(group, point.name, _source(point), error))
    return tuple(found)


def _unknown(group: str, name: str) -> AutoexpError:
    names = sorted({point.name for point in offered(group)})
    kind = group.rpartition(".")[2]
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    known = f"{kind} found: {', '.join(names)}" if names else f"no {kind} are installed; is autoexp itself installed?"
    return AutoexpError(f"there is no {name} among the {kind}", where=group, fix=hint + known)


def _load(point: EntryPoint) -> Any:
    # The user names this code by hand, and a plugin is foreign code: whatever it raises is news about the plugin.
    try:
        module, attribute = point.module, point.attr
    except AttributeError:
        raise AutoexpError(f"{point.value!r} is not of the form module:attr", where=point.group) from None
    try:
        found: Any = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        raise AutoexpError(
            f"{point.name} does not load: the package {error.name} is not installed",
            where=_source(point),
            fix=_install(point, error.name or ""),
        ) from error
    except Exception as error:
        raise AutoexpError(
            f"{point.name} does not load: {type(error).__name__}: {error}", where=_source(point)
        ) from error
    return found


def _install(point: EntryPoint, missing: str) -> str:
    if point.dist is not None and point.extras:
        return f"pip install '{point.dist.name}[{','.join(point.extras)}]'"
    name = missing.partition(".")[0]
    if point.dist is None and name == point.module.partition(".")[0]:
        return f"put the folder of {name}.py on PYTHONPATH, install the package, or correct the name"
    return f"pip install {name}, or correct the name"


def _source(point: EntryPoint) -> str:
    return f"{point.value} ({point.dist.name} {point.dist.version})" if point.dist is not None else point.value
