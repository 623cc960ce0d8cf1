"""Scores that were given before, in a folder: one small file each, signed, so that a stray or forged one counts for nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import stat
import sys
import tempfile
from contextlib import suppress
from typing import Any

from .errors import KitError

_LONGEST = 4096
_PURPOSE = b"autoexp.harness_kit: remembered scores 1"


class Remembered:
    """The folder, and the secret that signs what lies in it: made from the API key, which no candidate has.

    Without a key the sign is a check sum only. Raises KitError when the folder cannot be written.
    """

    def __init__(self, folder: str, key: str) -> None:
        self._folder = folder
        self._secret = hmac.new(key.encode("utf-8"), _PURPOSE, hashlib.sha256).digest()
        try:
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise KitError(
                f"scores cannot be remembered in {folder}: {error.strerror or error}. In autoexp's sandbox a folder is writable"
                " when sandbox.harness.write names it"
            ) from None

    def read(self, digest: str) -> float | None:
        """Give the score that was remembered under this digest; None when there is none that is signed."""
        with suppress(OSError, ValueError, RecursionError):
            entry = json.loads(_content(self._path(digest)))
            if type(entry) is dict and type(entry.get("score")) is float and type(entry.get("sign")) is str:
                score = entry["score"]
                given = entry["sign"].encode("utf-8", "replace")
                if math.isfinite(score) and hmac.compare_digest(given, self._sign(digest, score)):
                    return float(score)
        return None

    def write(self, digest: str, score: float) -> None:
        """Remember a score. A full disk costs what is remembered, and not what was paid for: it is told on stderr."""
        entry = {"score": score, "sign": self._sign(digest, score).decode("ascii")}
        draft = None
        try:
            descriptor, draft = tempfile.mkstemp(dir=self._folder, prefix=".draft-")
            with os.fdopen(descriptor, "wb") as stored:
                stored.write(json.dumps(entry).encode("ascii"))
            os.replace(draft, self._path(digest))
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft or "")
            print(f"judge: a score could not be remembered in {self._folder}: {error}", file=sys.stderr)

    def _path(self, digest: str) -> str:
        return os.path.join(self._folder, f"{digest}.json")

    def _sign(self, digest: str, score: float) -> bytes:
        return hmac.new(self._secret, f"{digest} {score!r}".encode("ascii"), hashlib.sha256).hexdigest().encode("ascii")


def _content(path: str) -> bytes:
    """Read a file; what is no file, a pipe say, is not waited for. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LONGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    finally:
        os.close(descriptor)


def digest_of(*parts: Any) -> str:
    """Give what the parts have in common with equal ones only."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("ascii")).hexdigest()
