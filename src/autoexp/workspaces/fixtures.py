"""Places in a measurement tree that are not of its commit: mount points, and links to what the user's checkout provides."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoexp.workspaces.filesystem import look
from autoexp.workspaces.trash import Trash


@dataclass(frozen=True, slots=True)
class Fixture:
    """An empty folder, an empty file, or a link to `target`."""

    kind: Literal["folder", "file", "link"] = "folder"
    target: str = ""


Fixtures = Mapping[str, Fixture]


def missing(fixtures: Fixtures, entries: Mapping[str, object]) -> dict[str, Fixture]:
    """Give those that a tree needs: where its commit has files below a folder, the folder is there already.

    Where its commit has a file in the way of one, there is none.
    """
    folders = {path.rpartition("/")[0] for path in entries}
    known = {parent for folder in folders for parent in _with_parents(folder)}
    return {
        path: fixture
        for path, fixture in fixtures.items()
        if entries.keys().isdisjoint(_with_parents(path)) and not (fixture.kind == "folder" and path in known)
    }


def in_the_way(paths: Iterable[str], fixtures: Fixtures) -> tuple[str, ...]:
    """Give those of some files that stand where a fixture, or a folder that leads to one, has to."""
    folders = {folder for path in fixtures for folder in _with_parents(path.rpartition("/")[0])}
    folders |= {path for path, fixture in fixtures.items() if fixture.kind == "folder"}
    files = {path for path, fixture in fixtures.items() if fixture.kind != "folder"}
    return tuple(path for path in paths if path in folders or not files.isdisjoint(_with_parents(path)[:-1]))


def displaced(standing: Iterable[str], paths: set[str]) -> list[str]:
    """Give those fixtures that stand where a commit puts a file in place of a folder: the innermost first."""
    return sorted((path for path in standing if not paths.isdisjoint(_with_parents(path)[:-1])), reverse=True)


def _with_parents(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def put(tree: Path, path: str, fixture: Fixture, trash: Trash) -> None:
    """Make a fixture, unless it stands there already."""
    place = tree / path
    if _stands(place, fixture):
        return
    trash.take(str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    match fixture.kind:
        case "folder":
            place.mkdir()
        case "file":
            place.touch()
        case "link":
            place.symlink_to(fixture.target)


def _stands(place: Path, fixture: Fixture) -> bool:
    state = look(str(place))
    if state is None:
        return False
    if fixture.kind == "link":
        return place.is_symlink() and os.readlink(place) == fixture.target  # noqa: PTH115
    if place.is_symlink():
        return False
    return place.is_dir() if fixture.kind == "folder" else place.is_file()
