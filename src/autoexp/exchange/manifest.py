"""What a bundle says of itself: its campaign, its refs, and the digest of every part. Nothing of it is believed before it fits."""

import re
from typing import Literal

from pydantic import Field, ValidationError

from autoexp.experiment.records import Value

MANIFEST = "manifest.json"
JOURNAL = "journal.jsonl"
OBJECTS = "repository.bundle"
OUTPUT = "output/"
FORMAT = 1
LONGEST = 1 << 26
"""Bytes of the longest manifest that is read."""

_NEEDED = (JOURNAL, OBJECTS)
_NAME = re.compile(r"(?!\.\.?(?:/|$))[^/\\\x00-\x1f\x7f]+")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_BAD_REF = re.compile(r"\.\.|\.lock(?:/|$)|\.(?:/|$)")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class PartFacts(Value):
    """Size and digest of a part."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(Value):
    """The facts of one bundle. `refs` are named below refs/autoexp/<tag>/; `needs` are commits that the receiver must have."""

    kind: Literal["autoexp-bundle"] = "autoexp-bundle"
    format: int = FORMAT
    version: str
    tag: str
    object_format: Literal["sha1", "sha256"]
    base: str
    needs: tuple[str, ...] = ()
    records: int = Field(ge=1)
    chain: str
    refs: dict[str, str]
    parts: dict[str, PartFacts]


def read_manifest(text: bytes) -> Manifest:
    """Read a manifest. Raises ValueError for one that is not well formed, or of a newer format."""
    try:
        found = Manifest.model_validate_json(text)
    except (ValidationError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"its manifest cannot be read ({first})") from None
    if found.format > FORMAT:
        raise ValueError(f"its format {found.format} is newer than this program reads ({FORMAT})")
    for name, oid in found.refs.items():
        if not _REF.fullmatch(name) or _BAD_REF.search(name) or not _OID.fullmatch(oid):
            raise ValueError(f"its manifest names a ref that cannot be one: {name!r}")
    _refuse_names(list(found.parts))
    return found


def _refuse_names(names: list[str]) -> None:
    """Make sure that every part has a name of ours, and that no file stands where another's folder is."""
    for name in names:
        pieces = name.split("/")
        ours = name in _NEEDED or (name.startswith(OUTPUT) and len(pieces) > 1)
        if not ours or not all(_NAME.fullmatch(piece) for piece in pieces):
            raise ValueError(f"it holds {name!r}, which no bundle does")
    folders = {name[:at] for name in names for at, letter in enumerate(name) if letter == "/"}
    if clash := folders.intersection(names):
        raise ValueError(f"it holds {min(clash)!r} as a file and as a folder")
    for needed in _NEEDED:
        if needed not in names:
            raise ValueError(f"it holds no {needed}")
