"""Where a command works, and the contract that lies there."""

from dataclasses import dataclass
from pathlib import Path

from autoexp.engine import parts
from autoexp.engine.workshop import Contract
from autoexp.errors import AutoexpError, ContractError
from autoexp.spec import Spec, load
from autoexp.workspaces.repository import Repository

CONTRACT_FILE = "autoexp.yaml"
PROGRAM_FILE = "program.md"


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
        where=str(place.folder),
        fix="run `autoexp init`, or name the folder with --repo",
    )


def contract_of(place: Place) -> Contract:
    """Read the two contract files. Raises ContractError with all mistakes, those of plugins' keys included."""
    folder = contract_folder(place)
    text = _read(folder / CONTRACT_FILE)
    program = _read(folder / PROGRAM_FILE) if (folder / PROGRAM_FILE).is_file() else ""
    contract = Contract(spec=load(text, file=CONTRACT_FILE), spec_text=text, program=program, folder=folder)
    if problems := parts.plugin_problems(contract):
        raise ContractError(problems)
    return contract


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AutoexpError(f"it cannot be read: {error}", where=str(path), fix="save it as UTF-8 text") from None


def spec_schema() -> dict[str, object]:
    """Give the JSON Schema of autoexp.yaml."""
    return Spec.model_json_schema(by_alias=True)
