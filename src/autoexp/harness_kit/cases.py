"""The inputs of the runner with their right answers: from files, or from trusted commands."""

from __future__ import annotations

import glob
import math
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from . import commands
from .errors import KitError, WorkerFailed


@dataclass(frozen=True)
class Source:
    """Where cases come from: `inputs` with answers beside them that end in `expected`, or `generate` and `reference`."""

    inputs: Sequence[str] = ()
    expected: str = ""
    generate: str = ""
    reference: str = ""
    repetitions: int = 10
    timeout_s: float = 60.0

    def files(self) -> list[str]:
        """Give the input files in order. Raises KitError when a pattern names none."""
        found = []
        for pattern in self.inputs:
            paths = sorted(glob.glob(pattern))
            if not paths:
                raise KitError(f"no input file is named {pattern!r}")
            found += paths
        return found

    def hidden(self) -> list[str]:
        """Give the files that a candidate must not read: the answers."""
        return [os.path.realpath(self._beside(path)) for path in self.files()] if self.expected else []

    def cases(self) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Give name, input and right answer, one case after the other."""
        for name, given in self._inputs():
            if self.reference:
                yield name, given, self._trusted(self.reference, given)
            elif self.expected:
                yield name, given, Path(self._beside(name)).read_bytes()
            else:
                yield name, given, None

    def _inputs(self) -> Iterator[tuple[str, bytes]]:
        for path in self.files():
            yield path, Path(path).read_bytes()
        if self.generate:
            for place in range(self.repetitions):
                yield f"input {place}", self._trusted(f"{self.generate} {place}", b"")

    def _beside(self, path: str) -> str:
        answer = os.path.splitext(path)[0] + self.expected
        if answer == path or not os.path.isfile(answer):
            raise KitError(f"the right answer of {path} is looked for in {answer}, which is not there: see --expected")
        return answer

    def _trusted(self, command: str, stdin: bytes) -> bytes:
        try:
            return commands.run(shlex.split(command), stdin, env=os.environ, timeout_s=self.timeout_s).stdout
        except WorkerFailed as error:
            raise KitError(f"the harness's own command {command!r} {error}") from None


def text_difference(expected: bytes, answer: bytes, *, tolerance: float | None) -> str:
    """Give the first difference of two outputs, in words: byte for byte, or word for word with numbers by value."""
    if expected == answer:
        return ""
    if tolerance is None:
        place = next((n for n, (a, b) in enumerate(zip(expected, answer)) if a != b), min(len(expected), len(answer)))
        line = expected[:place].count(b"\n") + 1
        return f"other output than expected from byte {place} (line {line}) on"
    right, given = expected.split(), answer.split()
    if len(right) != len(given):
        return f"{len(given)} words instead of {len(right)}"
    for place, (one, other) in enumerate(zip(right, given)):
        if one != other and not _close(one, other, tolerance):
            return f"word {place + 1}: {_shown(other)} instead of {_shown(one)}"
    return ""


def _close(expected: bytes, answer: bytes, tolerance: float) -> bool:
    try:
        right, given = float(expected), float(answer)
    except ValueError:
        return False
    return math.isfinite(right) and abs(given - right) <= tolerance * max(1.0, abs(right))


def _shown(word: bytes) -> str:
    return repr(word[:60].decode("utf-8", "replace"))
