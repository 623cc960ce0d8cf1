"""Which programs a command cannot do without, as far as its text tells for certain.

Whatever may change PATH or make files, or runs only in some cases, ends the reading: a program that is named here and is not there is a mistake.
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoexp.spec.commands import ASSIGNMENT, INTERPRETERS, PREFIXES, TOOLS, place_of_word, simple, skipping

_UNSURE = re.compile(r"\|\||<<|`|\$\(|\(\)|\(\(|\b(?:case|function|alias|eval|trap)\b")
_SOMETIMES = re.compile(r"&&[^;\n]*[;\n]\s*\S")
"""A command goes on behind a list whose later programs run only where the earlier ones ended well."""
_INSTALLS = frozenset({"install", "ci", "sync"})
_CONDITIONS = frozenset(
    {"if", "then", "else", "elif", "fi", "while", "until", "for", "do", "done", "select", "coproc", "[["}
)
_TURNS = frozenset(
    {".", "source", "export", "set", "unset", "hash", "exec", "command", "builtin", "type", "cd", "pushd"}
)
"""Builtins behind which programs may be found elsewhere, or whose own words are no program."""
_BUILTINS = re.compile(
    r"[:\[!]|true|false|echo|printf|test|exit|read|wait|kill|ulimit|umask|times?|shift|return|local|pwd|getopts|break|continue"
    r"|readonly|declare|typeset|let|shopt|mapfile|readarray|jobs|fg|bg|disown|enable|dirs|popd|caller|complete|compgen|history|logout"
)
_TAKES_ONE = frozenset({"timeout", "taskset", "chrt"})
_PLAIN_FLAGS = re.compile(r"-(?:[uBOEsSIxevqf]+|euo?|exu?o?)")


@dataclass(frozen=True, slots=True)
class Need:
    """A program by the `word` that names it; `place` is where it lies in the tree, empty when it is looked for on PATH or by a full path.

    A `script` is read by the program before it, so that it need not be executable.
    """

    word: str
    place: str = ""
    script: bool = False


def needs(command: str | Sequence[str], cwd: str = "") -> Iterator[Need]:
    """Give what has to be there when a command starts."""
    shell = isinstance(command, str)
    if _unsure(command):
        return
    sometimes = any(_SOMETIMES.search(skipping(word)) for word in ([command] if isinstance(command, str) else command))
    for position, (words, folder) in enumerate(simple(command, cwd)):
        if "$" in folder or (shell and (words[0] in _CONDITIONS or words[0] in _TURNS)):
            return
        found = list(_needs(words, folder, shell=shell))
        if None in found:
            return
        yield from (need for need in found if need is not None and (position == 0 or not _made(need)))
        if sometimes or _INSTALLS & set(words):
            return


def _made(need: Need) -> bool:
    """Tell whether an earlier program may have made it."""
    return bool(need.place) or need.script or need.word.startswith("/")


def _unsure(command: str | Sequence[str]) -> bool:
    if not isinstance(command, str):
        return any(_UNSURE.search(word) for word in command)
    text = skipping(command)
    try:
        shlex.split(text)
    except ValueError:  # a quote that nothing closes
        return True
    return _UNSURE.search(text) is not None


def _needs(words: Sequence[str], folder: str, *, shell: bool) -> Iterator[Need | None]:
    """Give the programs of a simple command, and None where nothing can be told of what comes next."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name = posixpath.basename(word)
        if shell and ASSIGNMENT.match(word):
            if word.startswith("PATH="):
                yield None
                return
            continue
        if shell and _BUILTINS.fullmatch(word):
            return
        if any(sign in word for sign in "$*?[~{"):
            return
        yield Need(word, "" if word.startswith("/") or "/" not in word else place_of_word(word, folder))
        if name not in PREFIXES or name in TOOLS:
            yield from _script(name, rest, folder)
            return
        if rest[:1] and rest[0].startswith("-"):
            return
        rest = [
            each for each in rest[1 if name in _TAKES_ONE else 0 :] if not (name == "env" and ASSIGNMENT.match(each))
        ]


def _script(name: str, words: Sequence[str], folder: str) -> Iterator[Need]:
    """Give the file that an interpreter reads."""
    if not INTERPRETERS.fullmatch(name) or name in {"deno", "bun"}:
        return
    rest = list(words)
    while rest and _PLAIN_FLAGS.fullmatch(rest[0]) and (name.endswith("sh") or rest[0] != "-e"):
        if rest.pop(0).endswith("o"):
            rest = rest[1:]
    if rest and not rest[0].startswith("-") and (place := place_of_word(rest[0], folder)):
        yield Need(rest[0], place, script=True)
