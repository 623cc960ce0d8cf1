"""Secret values taken out of what a command printed."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, overload

MASK = "***"
SHORTEST = 4
_CHUNK = 1 << 20


@overload
def mask(printed: str, secrets: Iterable[str]) -> str: ...
@overload
def mask(printed: bytes, secrets: Iterable[str]) -> bytes: ...
def mask(printed: str | bytes, secrets: Iterable[str]) -> str | bytes:
    """Give `printed` with every secret replaced by ***.

    A secret of several lines is also masked line by line. Values shorter than four characters hide nothing and are
    left alone: to replace each `1` would destroy the output.
    """
    pattern = _pattern(secrets)
    if pattern is None:
        return printed
    if isinstance(printed, bytes):
        return pattern.sub(MASK.encode(), printed)
    return pattern.sub(MASK.encode(), printed.encode(errors="surrogatepass")).decode(errors="surrogatepass")


def mask_file(path: Path, secrets: Iterable[str], *, chunk: int = _CHUNK) -> None:
    """Mask a file of any length in place, atomically; one without a secret, or that is absent, stays as it is.

    Where no second file can be written, as on a full disk, the secrets are written over with stars.
    """
    known = tuple(secrets)
    pattern = _pattern(known)
    if pattern is None or not path.exists():
        return
    parts = partial(_parts, pattern=pattern, longest=max(len(piece) for piece in _pieces(known)), chunk=chunk)
    beside = path.with_name(path.name + ".masked")
    try:
        found = _copied(path, beside, parts)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        _starred(path, parts)
        return
    if found:
        os.replace(beside, path)  # noqa: PTH105  the name says that it is atomic
    else:
        beside.unlink()


Parts = Callable[[BinaryIO], Iterator[tuple[bytes, bool]]]


def _parts(source: BinaryIO, *, pattern: re.Pattern[bytes], longest: int, chunk: int) -> Iterator[tuple[bytes, bool]]:
    """Give what a file holds in parts, each with whether it is a secret."""
    held = b""
    while True:
        read = source.read(chunk)
        held += read
        # A secret that starts before `sure` lies in `held` as a whole; a later one may go on in the next chunk.
        sure = max(len(held) - longest + 1, 0) if read else len(held)
        position = 0
        for match in pattern.finditer(held):
            if match.start() >= sure:
                break
            yield held[position : match.start()], False
            yield match[0], True
            position = match.end()
        yield held[position : max(sure, position)], False
        held = held[max(sure, position) :]
        if not read:
            return


def _copied(path: Path, beside: Path, parts: Parts) -> bool:
    """Write a masked copy; tell whether there was anything to mask."""
    found = False
    with path.open("rb") as source, beside.open("wb") as target:
        beside.chmod(0o600)
        for part, secret in parts(source):
            target.write(MASK.encode() if secret else part)
            found = found or secret
    return found


def _starred(path: Path, parts: Parts) -> None:
    """Write stars over the secrets where they stand: that takes no room."""
    at = 0
    with path.open("rb") as source, path.open("r+b", buffering=0) as target:
        for part, secret in parts(source):
            if secret:
                target.seek(at)
                target.write(b"*" * len(part))
            at += len(part)


def _pattern(secrets: Iterable[str]) -> re.Pattern[bytes] | None:
    pieces = sorted(_pieces(secrets), key=lambda piece: (-len(piece), piece))
    return re.compile(b"|".join(map(re.escape, pieces))) if pieces else None


def _pieces(secrets: Iterable[str]) -> set[bytes]:
    whole = {secret.encode(errors="surrogateescape") for secret in secrets}
    lines = {line.strip() for secret in whole for line in secret.splitlines()}
    return {piece for piece in whole | lines if len(piece) >= SHORTEST}
