"""One journal record as one line of text: the hash chain and its check. No files here."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from autoexp.campaign.events import Event, Record, parse_event

FORMAT = 1
DIGITS = 6
"""Of a second, in the stamps of records."""
GENESIS = "0" * 64
_HASH = re.compile(rb',"hash":"([0-9a-f]{64})"\}')
_MARK = b',"hash":"'
_ENDING = len(_MARK) + 64 + len(b'"}\n')


class BadLine(ValueError):  # noqa: N818  read as a sentence
    """A line that is no record of this chain."""


class CutLine(BadLine):
    """A line that may be the beginning of a record whose write was cut short."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a record is written: seconds of wall clock and monotonic clock, and the boot they belong to."""

    wall: float
    monotonic: float
    boot: str


def encode(event: Event, *, number: int, previous: str, stamp: Stamp) -> tuple[bytes, str]:
    """Give the line of an event, with its newline, and its hash. The hash covers the one before it.

    Raises ValueError for a number that is not finite: it could not be read back.
    """
    body = {
        "v": FORMAT,
        "i": number,
        "wall": round(stamp.wall, DIGITS),
        "mono": round(stamp.monotonic, DIGITS),
        "boot": stamp.boot,
        "data": event.model_dump(mode="json"),
        "prev": previous,
    }
    try:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ValueError(f"record {number} ({event.event}) holds a number that is not finite: {error}") from None
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f'{text[:-1]},"hash":"{digest}"}}\n'.encode("utf-8", "surrogatepass"), digest


def decode(line: bytes, *, number: int, previous: str) -> tuple[Record, str]:
    """Read a line back.

    Raises CutLine when it may be the first part of a record, BadLine when it is whole but was altered, does not follow
    `previous`, or was written by a newer version.
    """
    digest = _digest_of(line)
    try:
        return _record(json.loads(line.decode("utf-8", "surrogatepass")), number, previous), digest
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadLine(str(error)) from None


def _digest_of(line: bytes) -> str:
    """Give the hash that ends the line and fits it."""
    head, _, rest = line.rpartition(b',"hash":"')
    if rest[64:] == b'"}\n' and hashlib.sha256(head + b"}").hexdigest().encode() == rest[:64]:
        return rest[:64].decode()
    for found in _HASH.finditer(line):
        whole = hashlib.sha256(line[: found.start()] + b"}").hexdigest().encode() == found[1]
        if whole and line[found.end() :].strip(b"\0"):
            raise BadLine("something other than a new line stands behind the record")
    raise CutLine("the hash does not fit the line" if line.endswith(b"\n") else "the line is cut")


def linked(line: bytes, previous: str) -> str | None:
    """Give the hash of a line that is whole and follows `previous`, None for any other; what it says is not read."""
    head, ending = line[:-_ENDING], line[-_ENDING:]
    if not (ending.startswith(_MARK) and ending.endswith(b'"}\n') and head.endswith(previous.encode() + b'"')):
        return None
    whole = hashlib.sha256(head)
    whole.update(b"}")
    digest = whole.hexdigest()
    return digest if ending == b'%b%b"}\n' % (_MARK, digest.encode()) else None


def _record(body: dict[str, Any], number: int, previous: str) -> Record:
    if int(body["v"]) > FORMAT:
        raise BadLine(f"format {body['v']} is newer than this program reads ({FORMAT})")
    if body["i"] != number:
        raise BadLine(f"record {body['i']} stands where {number} belongs")
    if body["prev"] != previous:
        raise BadLine("the record does not follow the one before it")
    event = parse_event(body["data"])
    return Record(number, float(body["wall"]), float(body["mono"]), str(body["boot"]), event)
