"""Mutants of a program in another language than Python: operators, numbers and lines of its text."""

import re
from collections.abc import Iterator

from autoexp.harness.audits.mutants.mutant import Mutant
from autoexp.harness.audits.mutants.operators import LIKELY, MAYBE, SELDOM

_OPERATORS: tuple[tuple[re.Pattern[str], str, int], ...] = (
    (re.compile(r"(?<=[\w)\] ])<=(?=[\w( -])"), ">", LIKELY),
    (re.compile(r"(?<=[\w)\] ])>=(?=[\w( -])"), "<", LIKELY),
    (re.compile(r"(?<=[\w)\]] )<(?= [\w(-])"), ">=", LIKELY),
    (re.compile(r"(?<=[\w)\]] )>(?= [\w(-])"), "<=", LIKELY),
    (re.compile(r"==(?!=)"), "!=", LIKELY),
    (re.compile(r"!=(?!=)"), "==", LIKELY),
    (re.compile(r"(?<= )-(lt|le)(?= )"), "-ge", LIKELY),
    (re.compile(r"(?<= )-(gt|ge)(?= )"), "-le", LIKELY),
    (re.compile(r"(?<= )-eq(?= )"), "-ne", LIKELY),
    (re.compile(r"(?<=[\w)\]] )\+(?= [\w(])"), "-", LIKELY),
    (re.compile(r"(?<=[\w)\]] )-(?= [\w(])"), "+", LIKELY),
    (re.compile(r"(?<=[\w)\]] )\*(?= [\w(])"), "+", LIKELY),
    (re.compile(r"(?<=[\w)\]])\+="), "-=", LIKELY),
    (re.compile(r"&&"), "||", MAYBE),
    (re.compile(r"\|\|"), "&&", MAYBE),
    (re.compile(r"\bAND\b"), "OR", LIKELY),
    (re.compile(r"\bOR\b"), "AND", LIKELY),
    (re.compile(r"\bSUM\b", re.IGNORECASE), "MAX", LIKELY),
    (re.compile(r"\bDISTINCT\b", re.IGNORECASE), "", LIKELY),
)
_NUMBER = re.compile(r"(?<![\w.#])\d+(?![\w.])")
_REMARK = re.compile(r"^\s*(#|//|/\*|\*|--|;;?)|^\s*$")
_STATEMENT = re.compile(
    r"^\s+(?!(return|const|let|var|int|long|double|float|char|unsigned|size_t|struct|static)\b)[\w*][^{}]*;\s*$"
)
_FRAME = re.compile(r"^\s*(#\s*include|#\s*define|import\b|use\b|package\b|from\b.*\bimport\b|require\b|set -|shopt)")


def of_lines(path: str, text: str) -> Iterator[tuple[Mutant, str]]:
    """Give all mutants of a file, each with its content: an operator turned, a number one larger, a line of its own taken out."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if _REMARK.match(line) or _FRAME.match(line):
            continue
        for changed, rank in _changes(line, path):
            content = "".join((*lines[:at], changed, *lines[at + 1 :]))
            yield Mutant(path, at + 1, line.strip(), changed.strip() or "(nothing)", f"line {at // 5}", rank), content


def _changes(line: str, path: str) -> Iterator[tuple[str, int]]:
    for pattern, other, rank in _OPERATORS:
        if (found := pattern.search(line)) is not None:
            yield line[: found.start()] + other + line[found.end() :], rank
    if (number := _NUMBER.search(line)) is not None:
        yield line[: number.start()] + str(int(number[0]) + 1) + line[number.end() :], MAYBE
    if _STATEMENT.match(line):
        yield "\n", MAYBE
    elif path.endswith((".sh", ".bash", ".awk", ".rb", ".lua", ".r", ".R")) and re.match(r"^\s*\w+=|^\s+\w", line):
        yield "\n", SELDOM
