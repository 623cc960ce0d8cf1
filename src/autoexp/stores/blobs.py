"""What git keeps of a journal: a small readable head, and the journal's own lines. No files here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoexp.stores.lines import linked

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Held:
    """The lines of a journal that one blob holds: their bytes, from number `first` on."""

    first: int
    lines: tuple[bytes, ...]

    @property
    def end(self) -> int:
        """Give the number behind the last line."""
        return self.first + len(self.lines)

    @property
    def digest(self) -> str:
        """Give the hash of the last line; empty without lines, or when it is none of a journal."""
        return digest_of(self.lines[-1]) if self.lines else ""


def packed(head: Mapping[str, Any], held: Held) -> bytes:
    """Give the blob: one JSON object. Characters that are no text stay as they are, so that the lines come back byte for byte."""
    lines = [line.decode("utf-8", "surrogatepass").removesuffix("\n") for line in held.lines]
    body = {"format": FORMAT, **head, "first": held.first, "journal": lines}
    return json.dumps(body, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def unpacked(blob: bytes) -> Held | None:
    """Give the lines that a blob holds; None for one of an earlier version, which holds none, and for anything else."""
    try:
        body = json.loads(blob.decode("utf-8", "surrogatepass"))
        lines = tuple(f"{line}\n".encode("utf-8", "surrogatepass") for line in body["journal"])
        return Held(int(body["first"]), lines)
    except (KeyError, TypeError, ValueError):
        return None


def digest_of(line: bytes) -> str:
    """Give the hash of a whole line, whatever it follows; empty when the line is not whole."""
    return linked(line, "") or ""
