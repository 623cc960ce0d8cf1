"""Secrets in the content of a file: keys by their shape, and values that are known. What is found is never repeated here."""

import base64
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from autoexp.workspaces.shapes import BARE, BARE_BEFORE, LOGIN, NAMES, PEOPLE, QUOTED, SHAPES, Shape

SHORTEST_KNOWN = 8
MOST = 1000
"""No more are reported of one file."""

_LEAST_LETTERS = 7
_LEAST_ENTROPY, _LEAST_CHANGES, _LEAST_DIGITS = 3.0, 0.25, 2
_PLACEHOLDER = re.compile(
    rb"example|sample|dummy|fake|placeholder|change_?me|redacted|your[-_]|my[-_]?(?:secret|key|token|password)|insert|replace"
    rb"|xxxx|0{6}|1234567|abcdefg|\.\.\.|\*\*\*|test[-_]?(?:key|token|secret)|todo|deadbeef|password|passw0rd|secret|[<>{}]|\$[({A-Za-z]|%[sdr(]"
    rb"|(.)\1{5}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret: what kind, and the line that it starts on (from 1)."""

    kind: str
    line: int


@dataclass(frozen=True, slots=True)
class _Match:
    kind: str
    start: int
    text: bytes


def secrets_in(data: bytes, *, known: Sequence[str] = ()) -> tuple[Found, ...]:
    """Give the secrets in a file's content, of any kind and size, in their order.

    Keys of well-known services, private keys, logins in addresses, and long random values behind a name such as password or
    api_key; and every `known` value of at least eight letters, plain, as base64 or as hex. Hashes, identifiers and examples
    are none. Takes time in proportion to the length.
    """
    return _told(data, _matches(data, known))


def new_secrets(old: bytes | None, new: bytes, *, known: Sequence[str] = ()) -> tuple[Found, ...]:
    """Give the secrets of the new content that the old one, if there was any, did not hold; places are those of the new one."""
    there = {match.text for match in _matches(old, known)} if old else set()
    return _told(new, (match for match in _matches(new, known) if match.text not in there))


def _told(data: bytes, matches: Iterator[_Match]) -> tuple[Found, ...]:
    """Turn places into lines. One is told of each line: the one that says most, which comes first."""
    kinds: dict[int, tuple[int, str]] = {}
    line, at = 1, 0
    for rank, match in sorted(enumerate(islice(matches, MOST)), key=lambda one: one[1].start):
        line, at = line + data.count(b"\n", at, match.start), match.start
        kinds[line] = min(kinds.get(line, (rank, match.kind)), (rank, match.kind))
    return tuple(Found(kind, line) for line, (_, kind) in kinds.items())


def _matches(data: bytes, known: Sequence[str]) -> Iterator[_Match]:
    yield from _known(data, known)
    for shape in SHAPES:
        yield from _shaped(data, shape)
    yield from _logins(data)
    yield from _assigned(data)


def _known(data: bytes, known: Sequence[str]) -> Iterator[_Match]:
    for value in known:
        plain = value.encode(errors="surrogateescape").strip()
        if len(plain) < SHORTEST_KNOWN:
            continue
        for form, text in _forms(plain):
            for found in re.finditer(re.escape(text), data):
                yield _Match(f"a value from the environment{form}", found.start(), text)


def _forms(plain: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a value and what base64 (at any of the three places it can begin, either alphabet) and hex make of it."""
    yield "", plain
    yield " as hex", plain.hex().encode()
    yield " as hex", plain.hex().upper().encode()
    forms: dict[bytes, None] = {}
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + plain)
        # Letters at the two ends also hold bits of what stands beside the value.
        end = (shift + len(plain)) * 8 // 6
        text = whole[-(-shift * 8 // 6) : end]
        forms |= {text: None, text.translate(bytes.maketrans(b"+/", b"-_")): None}
    yield from ((" as base64", text) for text in forms)


def _shaped(data: bytes, shape: Shape) -> Iterator[_Match]:
    for found in shape.pattern.finditer(data):
        body = found[1]
        if (
            _PLACEHOLDER.search(body) is None
            and len(set(body)) >= _LEAST_LETTERS
            and (not shape.random or _is_random(body))
        ):
            yield _Match(shape.kind, found.start(), found[0])


def _logins(data: bytes) -> Iterator[_Match]:
    for found in LOGIN.finditer(data):
        user, password, host = found.groups()
        own = password.lower() in PEOPLE or password == user or password.isdigit()
        if (
            not own
            and not _PLACEHOLDER.search(password)
            and not host.lower().startswith((b"localhost", b"127.", b"example."))
        ):
            yield _Match("a login in an address", found.start(), found[0])


def _assigned(data: bytes) -> Iterator[_Match]:
    small = data.lower()
    for name in NAMES.finditer(small):
        if (
            small.startswith(b"public", max(name.start() - 9, 0)) and name[0] == b"token"
        ):  # a fingerprint of a public key
            continue
        found = QUOTED.match(data, name.end())
        if found is None and BARE_BEFORE.fullmatch(
            data[max(name.start() - 120, 0) : name.start()].rpartition(b"\n")[2]
        ):
            found = BARE.match(data, name.end())
        if found is None:
            continue
        value = found[1]
        if _PLACEHOLDER.search(value) is None and _is_random(value) and not value.startswith((b"/", b"./", b"http")):
            yield _Match("a secret behind a telling name", found.start(1), value)


def _is_random(value: bytes) -> bool:
    """Tell whether letters look drawn: of many kinds, and changing between small, large and digits as words do not."""
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    kinds = [kind for letter in value if (kind := _kind(letter))]
    changes = sum(a != b for a, b in pairwise(kinds))
    enough = kinds.count("digit") >= _LEAST_DIGITS and changes >= _LEAST_CHANGES * (len(kinds) - 1)
    return enough and entropy >= _LEAST_ENTROPY and len(set(kinds)) > 1


def _kind(letter: int) -> str:
    text = chr(letter) if letter < 128 else ""  # noqa: PLR2004
    return "digit" if text.isdigit() else "upper" if text.isupper() else "lower" if text.islower() else ""
