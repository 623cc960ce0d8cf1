"""One journal record as one line of text: the hash chain and its check. No files here."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from autoexp.campaign.events import Event, Record, parse_event

FORMAT = 1
GENESIS = "0" * 64


class BadLine(ValueError):  # noqa: N818  read as a sentence
    """A line that is not a whole record of this chain."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a record is written: seconds of wall clock and monotonic clock, and the boot they belong to."""

    wall: float
    monotonic: float
    boot: str


def encode(event: Event, *, number: int, previous: str, stamp: Stamp) -> tuple[bytes, str]:
    """Give the line of an event, with its newline, and its hash. The hash covers the one before it."""
    body = {
        "v": FORMAT,
        "i": number,
        "wall": round(stamp.wall, 6),
        "mono": round(stamp.monotonic, 6),
        "boot": stamp.boot,
        "data": event.model_dump(mode="json", exclude_defaults=True) | {"event": event.event},
        "prev": previous,
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f'{text[:-1]},"hash":"{digest}"}}\n'.encode("utf-8", "surrogatepass"), digest


def decode(line: bytes, *, number: int, previous: str) -> tuple[Record, str]:
    """Read a line back. Raises BadLine when it is cut, altered, or does not follow `previous`."""
    if not line.endswith(b"\n"):
        raise BadLine("the line is cut")
    tail = line.rstrip(b"\n")
    head, _, rest = tail.rpartition(b',"hash":"')
    digest = rest[:-2].decode("ascii", "replace")
    if not head or hashlib.sha256(head + b"}").hexdigest() != digest:
        raise BadLine("the hash does not fit the line")
    try:
        body: dict[str, Any] = json.loads(tail.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from None
    if body.get("i") != number:
        raise BadLine(f"record {body.get('i')} stands where {number} belongs")
    if body.get("prev") != previous:
        raise BadLine("the record does not follow the one before it")
    if int(body.get("v", 0)) > FORMAT:
        raise BadLine(f"format {body['v']} is newer than this program reads ({FORMAT})")
    try:
        event = parse_event(body["data"])
    except (KeyError, ValueError) as error:
        raise BadLine(str(error)) from None
    return Record(number, float(body["wall"]), float(body["mono"]), str(body["boot"]), event), digest
