"""A project that lies in one folder of its repository, and not at the top."""

from dataclasses import replace

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Inferred

_MANIFESTS = r"(?:[^/.][^/]*/){1,2}(?:pyproject\.toml|setup\.py|package\.json|Cargo\.toml|go\.mod|pom\.xml|build\.gradle|GNUmakefile|[Mm]akefile)"


def inner_project(files: Files) -> tuple[str, tuple[str, ...]]:
    """Give the one folder that holds a project, or all of them where they are several."""
    folders = sorted({path.rpartition("/")[0] for path in files.like(_MANIFESTS)})
    tops = [folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders)]
    return (tops[0], ()) if len(tops) == 1 else ("", tuple(tops))


def seen_from_top(inner: Inferred, folder: str) -> Inferred:
    """Give what was inferred in a folder as it is written at the top: commands run in the folder, paths begin with it."""
    return replace(
        inner,
        cwd=f"{folder}/{inner.cwd}" if inner.cwd else folder,
        edit=tuple(_moved(pattern, folder) for pattern in inner.edit),
        provide=tuple(f"{folder}/{path}" for path in inner.provide),
        writable=tuple(f"{folder}/{path}" for path in inner.writable),
        why=(f"cwd: {folder}, the only folder with a project in it; files named below are seen from there", *inner.why),
    )


def _moved(pattern: str, folder: str) -> str:
    sign, rest = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    if rest.startswith("/"):
        return f"{sign}/{folder}{rest}"
    if "/" in rest.rstrip("/"):
        return f"{sign}{folder}/{rest}"
    return f"{sign}/{folder}/**/{rest}"
