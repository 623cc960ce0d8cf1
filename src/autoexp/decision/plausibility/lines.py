"""What is odd about the lines that a change adds: words of the tables next door, and names that belong to the harness."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from autoexp.decision.plausibility.added import BINARY, AddedLine
from autoexp.decision.plausibility.words import ODD, PAIRS, Oddity, Words
from autoexp.spec import commands
from autoexp.spec.model import Spec
from autoexp.spec.sections import Command

PLACES_NAMED = 3
LONGEST_SEEN = 60
LONGEST_EXPRESSION = 2000
LINES_OF_CODING = 2
"""Where a comment can say how a Python file is encoded, which can make code of comments."""

_HASH = ["py", "pyi", "pyx", "sh", "bash", "zsh", "rb", "pl", "r", "R", "jl", "yaml", "yml", "toml", "mk", "cmake"]
_SLASHES = [
    *("c", "h", "cc", "cpp", "cxx", "hpp", "hh", "cu", "rs", "zig", "swift"),
    *("js", "mjs", "cjs", "jsx", "ts", "tsx", "java", "kt", "scala", "cs"),
]
_COMMENTS = {**dict.fromkeys(_HASH, "#"), **dict.fromkeys(_SLASHES, "//"), "sql": "--", "lua": "--", "hs": "--"}
_PROSE = {"md", "rst", "adoc", "markdown"}
_SOURCES = {*_COMMENTS, "go", "php", "txt", "json"}
_JOINS = re.compile(r"""["'`]\s{0,20}(?:[+.~&]|\.\.|<<)?\s{0,20}[rbfuRBFU]{0,2}["'`]""")
_GOES_ON = re.compile(r"""(?:\\|[.+]|::)\n|\n(?:\.|::|\+)|["'`]\n[rbfuRBFU]{0,2}["'`]""")
_OUTPUT = r"\b(?:print|write|writelines|echo|puts|cout|log|dumps?|emit|[fs]?n?printf|[FS]?[Pp]rint(?:ln|f)?)\b"


class Hit(NamedTuple):
    """What one line does, and the word that says so."""

    does: str
    line: AddedLine
    seen: str


def odd_lines(added: Sequence[AddedLine], spec: Spec) -> Iterator[str]:
    """Say what added lines do that an honest change rarely does, one reason for each kind, with words and places.

    Comments alone on their line do not count (but in Go, where they can be orders to the compiler), nor does prose. Text in
    quotes counts, also when it is put together from pieces.
    """
    odd = (*ODD, *_harness(spec), *_printed(spec))
    hits: dict[str, list[Hit]] = {}
    for path, lines in groupby(sorted(added, key=lambda line: line.path), key=lambda line: line.path):
        for hit in _in_file(path, tuple(lines), odd):
            hits.setdefault(hit.does, []).append(hit)
    for does, found in hits.items():
        named = ", ".join(
            f"{_shown(hit.seen)} in {_shown(hit.line.path)}:{hit.line.number}" for hit in found[:PLACES_NAMED]
        )
        more = f", and {len(found) - PLACES_NAMED} more" if len(found) > PLACES_NAMED else ""
        yield f"{does}: {named}{more}"


def harness_words(spec: Spec) -> frozenset[str]:
    """Give the words of the harness's commands that name files of its own: what a candidate may edit is not among them."""
    mine = GitIgnoreSpec.from_lines(spec.scope.edit, backend="simple")
    return frozenset(
        path
        for command in _commands(spec)
        for path in commands.named(command, spec.harness.cwd)
        if ("/" in path or PurePosixPath(path).suffix[1:].isalpha())
        and not path.endswith("/__main__.py")
        and not mine.match_file(path)
    )


def _commands(spec: Spec) -> Iterator[Command]:
    for name in ("measure", "checks", "holdout"):
        if command := getattr(spec.harness, name, None):
            yield command


def _harness(spec: Spec) -> Iterator[Oddity]:
    """Words that are the harness's: its files by name, as modules, and the folders that nobody is to see."""
    files = [PurePosixPath(path) for path in sorted(harness_words(spec))]
    names = {re.escape(path.name) for path in files if path.suffix} | {re.escape(str(path)) for path in files}
    stems = {re.escape(path.stem) for path in files if path.suffix == ".py"}
    hidden = {
        re.escape(re.split(r"[*?\[]", pattern)[0].strip("/")) for pattern in getattr(spec.scope, "hidden", ())
    } - {""}
    patterns = [rf"(?<![\w.-]){name}(?![\w-])" for name in sorted(names)]
    patterns += [
        rf"(?:^|[;:])\s*(?:import|from)\s+(?:[\w.]+\.)?{stem}\b|\bimport\s+(?:\w+,\s*){{0,9}}{stem}\b"
        for stem in sorted(stems)
    ]
    patterns += [rf"(?<![\w-]){name}/|[\"'`]{name}[\"'`]" for name in sorted(hidden)]
    if patterns:
        yield Oddity("names files of the harness", Words(*patterns))


def _printed(spec: Spec) -> Iterator[Oddity]:
    """A metric's name where something is printed. With METRIC lines it is that word that counts, names alone are logs."""
    if spec.harness.metrics not in ("lines", "number"):
        names = "|".join(re.escape(name) for name in sorted(spec.metrics))
        pattern = rf"{_OUTPUT}.{{0,300}}(?<![\w.@%-])(?:{names})(?![\w.@%-])[\"'`\\]{{0,2}}\s{{0,9}}[=:]"
        yield Oddity("prints a metric", Words(pattern))


def _in_file(path: str, lines: Sequence[AddedLine], odd: Sequence[Oddity]) -> Iterator[Hit]:
    suffix = PurePosixPath(path).suffix[1:]
    if suffix in _PROSE:
        return
    if suffix in _SOURCES:
        yield from (Hit("hides text", line, "a source that is binary") for line in lines if line.text == BINARY)
    read = _read(lines, suffix)
    whole = "\n".join(text for _, texts in read for text in texts)
    for oddity in odd:
        words = oddity.words.among(whole)
        if words:
            yield from (Hit(oddity.does, line, seen) for line, texts in read if (seen := _seen(words, texts)))
    for pair in PAIRS:
        ones, others = pair.one.among(whole), pair.other.among(whole)
        if not ones or not others:
            continue
        one, other = (_first(pair.does, words, read) for words in (ones, others))
        if one and other:
            yield from (one, other)


def _first(does: str, words: Words, read: Sequence[tuple[AddedLine, Sequence[str]]]) -> Hit | None:
    return next((Hit(does, line, seen) for line, texts in read if (seen := _seen(words, texts))), None)


def _seen(words: Words, texts: Iterable[str]) -> str:
    return next((seen for text in texts if (seen := words.find(text))), "")


def _read(lines: Sequence[AddedLine], suffix: str) -> list[tuple[AddedLine, tuple[str, ...]]]:
    """Give each line with its texts as a program may read them; an expression over several lines ends as one."""
    read, expression, number = [], "", 0
    for line in lines:
        texts = tuple(_texts(line, suffix))
        words = line.text.strip() if texts else ""
        if line.number == number + 1 and _GOES_ON.search(f"{expression}\n{words}"):
            expression = expression[-LONGEST_EXPRESSION:].removesuffix("\\").rstrip() + words
            texts = (*texts, expression, _JOINS.sub("", expression))
        else:
            expression = words
        number = line.number
        read.append((line, texts))
    return read


def _texts(line: AddedLine, suffix: str) -> Iterator[str]:
    """Give a line as it stands, without comments, and with pieces of text put together."""
    mark = _COMMENTS.get(suffix)
    for part in line.text.splitlines():
        if mark and _is_comment(part.strip(), mark):
            if "coding" in part and line.number <= LINES_OF_CODING:
                yield part
            continue
        text = unicodedata.normalize("NFKC", part) if not part.isascii() else part
        yield text
        joined = _JOINS.sub("", text)
        if joined != text:
            yield joined


def _is_comment(text: str, mark: str) -> bool:
    if mark == "//" and text.startswith("/*"):
        return text.find("*/", 2) == len(text) - 2
    return text.startswith(mark)


def _shown(text: str) -> str:
    """Give a text that is safe to print, cut."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= LONGEST_SEEN else f"{plain[:LONGEST_SEEN]}…"
