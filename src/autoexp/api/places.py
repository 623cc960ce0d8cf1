"""Where a command works, and which campaign it means."""

from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.workspaces.repository import Repository

CONTRACT_FILE = "autoexp.yaml"
PROGRAM_FILE = "program.md"
_MISNAMED = frozenset({"autoexp.yml", "autoexp.yaml", "autoexp.yaml.txt", ".autoexp.yaml", ".autoexp.yml", "autoexp"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: a folder in a repository, and the tag that was asked for."""

    folder: Path
    tag: str | None = None


def contract_folder(place: Place) -> Path:
    """Give the folder that holds autoexp.yaml: the one asked for, else the root of the checkout."""
    if (place.folder / CONTRACT_FILE).is_file():
        return place.folder.resolve()
    repository = Repository.open(place.folder)
    try:
        root = repository.root
    finally:
        repository.close()
    if root is not None and (root / CONTRACT_FILE).is_file():
        return root
    raise AutoexpError(
        f"there is no {CONTRACT_FILE} here",
        where=str(place.folder.resolve()),
        fix=_way_to_one(root)
        if root is not None
        else f"a bare repository keeps {CONTRACT_FILE} and {PROGRAM_FILE} in its own folder; `autoexp init` writes them",
    )


def _way_to_one(root: Path) -> str:
    misnamed = next(
        (path for path in sorted(root.iterdir()) if path.name.lower() in _MISNAMED and path.is_file()), None
    )
    if misnamed is not None:
        return f"rename {misnamed.name} to {CONTRACT_FILE}"
    imported = sorted((root / ".autoexp").glob(f"*/{CONTRACT_FILE}"))
    if not imported:
        return "run `autoexp init`, or name the folder with --repo"
    return f"copy {imported[0]} and its {PROGRAM_FILE} there, which `autoexp import` has left; or run `autoexp init`"


def read_text(path: Path) -> str:
    """Read a file of the user's. Raises AutoexpError when it cannot be read as text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise AutoexpError(f"it cannot be read: {why}", where=str(path), fix="save it as UTF-8 text") from None
