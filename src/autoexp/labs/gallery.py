"""Lists the labs, copies one into a folder, and tells what each of its edits deserves. Runs nothing."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SPEC_FILE = "autoexp.yaml"
TRUTH_FILE = "truth.json"
PLACEHOLDER = re.compile(r"@(?P<name>[A-Z][A-Z_]*)(?:=(?P<default>[^@\n]*))?@")
PARTS = MappingProxyType(
    {"replies": {"harness/fake_model": "testing/fake_model"}}
)  # folders that come from elsewhere in autoexp
STATUSES = MappingProxyType(
    {
        "neutral": ("discard", "inconclusive"),
        "guard_failed": ("guard_failed", "checks_failed"),
        "checks_failed": ("guard_failed", "checks_failed"),
    }
)


def names() -> list[str]:
    """Name every lab there is."""
    return sorted(spec.parent.name for spec in _home().glob(f"*/{SPEC_FILE}"))


def write(name: str, folder: Path, *, values: Mapping[str, str] | None = None) -> list[Path]:
    """Copy a lab's files and return their new paths; `values` fill the placeholders of autoexp.yaml, such as ROWS.

    The measured truth stays behind, so that no proposer can read it. Raises FileExistsError naming the files
    that are in the way, before anything is written, and KeyError for a lab or a value that is not known.
    """
    files = _files(name)
    in_the_way = [file for file in files if (folder / file).exists()]
    if in_the_way:
        raise FileExistsError(f"{folder} already holds {', '.join(in_the_way)}. Choose an empty folder for the lab.")
    spec = filled(files[SPEC_FILE].read_text(encoding="utf-8"), {"CACHE": str(_cache(name))}, values or {})
    for file, source in files.items():
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(spec.encode() if file == SPEC_FILE else source.read_bytes())
    return [folder / file for file in files]


def filled(text: str, defaults: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Fill `@NAME@` and `@NAME=default@`; KeyError when a value has no place or a place has no value."""
    places = {found["name"]: found["default"] for found in PLACEHOLDER.finditer(text)}
    unknown = sorted(set(values) - set(places))
    if unknown:
        raise KeyError(f"no place for {', '.join(unknown)}; the lab knows {', '.join(places)}")
    own = {name: default for name, default in places.items() if default is not None}
    merged = {**own, **defaults, **values}
    return PLACEHOLDER.sub(lambda found: merged[found["name"]], text)


def deserved(name: str) -> Mapping[str, tuple[str, ...]]:
    """Say for each edit, by its description, which statuses are right; FileNotFoundError before truth was measured."""
    truth = json.loads((_lab(name) / TRUTH_FILE).read_text(encoding="utf-8"))
    return {edit["description"]: _statuses(edit["class"], sure=edit.get("sure", True)) for edit in truth["edits"]}


def _statuses(kind: str, *, sure: bool) -> tuple[str, ...]:
    border = () if sure else STATUSES["neutral"]  # the effect may be smaller than what counts
    return tuple(dict.fromkeys((*STATUSES.get(kind, (kind,)), *border)))


def _home() -> Path:
    return Path(__file__).parent


def _lab(name: str) -> Path:
    if name not in names():
        raise KeyError(f"no lab is called {name}; there are: {', '.join(names())}")
    return _home() / name


def _cache(name: str) -> Path:
    return Path.home() / ".cache" / "autoexp-labs" / name


def _files(name: str) -> dict[str, Path]:
    """Give the files of a lab by their paths in it, and where each of them is."""
    lab, autoexp = _lab(name), _home().parent
    folders = {"": lab, **{place: autoexp / source for place, source in PARTS.get(name, {}).items()}}
    return {
        str(place / path.relative_to(folder)): path
        for place, folder in ((Path(place), folder) for place, folder in folders.items())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != TRUTH_FILE and "__pycache__" not in path.parts
    }
