"""Which files a harness command names, and which of them it starts, read off its text as a shell would split it.

A reading, not a proof: a command that builds its paths at run time names none. Paths are seen from the repository's top.
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

_ENDS = frozenset({";", "&", "&&", "|", "||", "|&", "(", ")", "\n", "{", "}"})
_SKIPPED = re.compile(r"""('[^']*'|"(?:\\.|[^"\\])*"|\\[^\n])|\\\n|(?:(?<=[\s;&|()])|\A)#[^\n]*""", re.DOTALL)
"""What a shell skips: comments, and line ends behind a backslash. What is quoted is matched first, and kept."""
_REDIRECTS = re.compile(r"\d*[<>]+[&|]?\d*")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
PREFIXES = frozenset(
    [
        "command",
        "exec",
        "env",
        "nice",
        "time",
        "timeout",
        "nohup",
        "setsid",
        "stdbuf",
        "taskset",
        "chrt",
        "ionice",
        "xvfb-run",
    ]
)
TOOLS = frozenset(["uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi", "conda"])
"""Tools whose `run` starts the command behind it."""
INTERPRETERS = re.compile(
    r"(?:python|pypy|node|ruby|perl|php|lua|luajit|julia|Rscript|bash|dash|zsh|ksh|sh|bun|deno|tsx|ts-node|guile|tclsh|elixir)[\d.]*"
)
_SHELL = re.compile(r"(?:ba|da|z|k)?sh")
_TESTERS = frozenset({"pytest", "py.test", "nose2", "bats", "prove", "jest", "vitest", "mocha", "ava"})
_WITH_VALUE = frozenset({"-W", "-X", "-k", "-n", "-r", "-o", "-p", "-c", "-C", "--cov", "--require", "--import"})
_EVAL = frozenset({"-e", "--eval", "-p"})
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")


def named(command: str | Sequence[str], cwd: str = "") -> tuple[str, ...]:
    """Give every path that the words of a command may mean: those it starts, and those that it is given."""
    found = [*started(command, cwd)]
    for words, folder in simple(command, cwd):
        for before, word in zip(("", *words), words, strict=False):
            found += _modules(word, folder) if before == "-m" else []
            found += filter(None, [place_of_word(word.rpartition("=")[2], folder)])
    return tuple(dict.fromkeys(found))


def started(command: str | Sequence[str], cwd: str = "") -> tuple[str, ...]:
    """Give the paths of the programs that a command starts: scripts, modules, tests, makefiles. What it hands to them is left out."""
    found = [place for words, folder in simple(command, cwd) for place in _programs(_bare(words), folder)]
    return tuple(dict.fromkeys(found))


def simple(command: str | Sequence[str], cwd: str) -> Iterator[tuple[list[str], str]]:
    """Give the words of each simple command, and the folder in which it runs; of `sh -c TEXT` those of the text."""
    folder = cwd
    for words in [list(command)] if not isinstance(command, str) else _split(command):
        bare = _bare(words)
        if bare[:1] == ["cd"] and len(bare) > 1:
            folder = posixpath.join(folder, bare[1])
        elif inner := _inner(bare):
            yield from simple(inner, folder)
        elif words:
            yield words, folder


def skipping(text: str) -> str:
    """Give a command without comments, its continued lines as one."""
    return _SKIPPED.sub(lambda found: found[1] or "", text)


def _inner(words: Sequence[str]) -> str:
    """Give the TEXT of `sh -c TEXT`; empty for any other command."""
    if not words or not _SHELL.fullmatch(posixpath.basename(words[0])):
        return ""
    orders = (after for option, after in pairwise(words[1:]) if re.fullmatch(r"-\w*c", option))
    return next(orders, "")


def _split(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(skipping(text), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("();|&\n") or word in _ENDS:
                yield words
                words = []
            elif not _REDIRECTS.fullmatch(word):
                words.append(word)
    except ValueError:  # a quote that nothing closes: the shell will say so
        words = text.replace("'", " ").replace('"', " ").split()
    yield words


def _bare(words: Sequence[str]) -> list[str]:
    """Take away what stands before a program: assignments, and commands that start others."""
    rest = list(words)
    while rest:
        first = posixpath.basename(rest[0])
        if ASSIGNMENT.match(rest[0]):
            rest = rest[1:]
        elif first in TOOLS and "run" in rest[:4]:
            rest = _without_options(rest[rest.index("run") + 1 :])
        elif first in PREFIXES:
            rest = _without_options(rest[1:])
            if first in {"timeout", "taskset", "chrt"}:
                rest = rest[1:]
        elif first in {"npx", "bunx"}:
            rest = _without_options(rest[1:])
        else:
            break
    return rest


def _without_options(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        rest = rest[2 if rest[0] in _WITH_VALUE else 1 :]
    return rest


def _programs(words: Sequence[str], folder: str) -> Iterator[str]:
    if not words:
        return
    first, rest = words[0], words[1:]
    name = posixpath.basename(first)
    if "/" in first or name.endswith(".py"):  # `uv run train.py`
        yield from filter(None, [place_of_word(first, folder)])
    if name in _TESTERS:
        yield from _arguments(rest, folder)
    elif name in {"make", "gmake"}:
        yield from _makefiles(rest, folder)
    elif INTERPRETERS.fullmatch(name):
        yield from _interpreted(list(rest), folder, shell=_SHELL.fullmatch(name) is not None)


def _interpreted(words: list[str], folder: str, *, shell: bool) -> Iterator[str]:
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "-m" and words:
            yield from _module(words, folder)
            return
        if option in {"-c", "-"} or (option in _EVAL and not shell):
            return
        if words and (option in _WITH_VALUE or (shell and re.fullmatch(r"-\w+o", option))):
            words.pop(0)
    yield from filter(None, [place_of_word(words[0], folder)] if words else [])


def _module(words: Sequence[str], folder: str) -> Iterator[str]:
    name = words[0]
    if name == "unittest":
        yield from _of_unittest(words[1:], folder)
    elif name in _TESTERS:
        yield from _arguments(words[1:], folder)
    yield from _modules(name, folder)


def _of_unittest(words: Sequence[str], folder: str) -> Iterator[str]:
    """Give the folder that it looks through, or the tests that are named, as files or as modules."""
    for before, word in zip(("", *words), words, strict=False):
        if before in {"-s", "--start-directory"} or word.endswith(".py"):
            yield from filter(None, [place_of_word(word, folder)])
        elif word != "discover" and not word.startswith("-") and before not in {"-p", "-t", "-k"}:
            yield from _modules(word, folder)


def _modules(name: str, folder: str) -> list[str]:
    path = name.replace(".", "/")
    return [place for each in (f"{path}.py", f"{path}/__main__.py") if (place := place_of_word(each, folder))]


def _arguments(words: Sequence[str], folder: str) -> Iterator[str]:
    rest = list(words)
    while rest := _without_options(rest):
        yield from filter(None, [place_of_word(rest.pop(0).partition("::")[0], folder)])


def _makefiles(words: Sequence[str], folder: str) -> Iterator[str]:
    rest, files, where = list(words), [], folder
    while rest:
        word = rest.pop(0)
        if word in {"-f", "--file", "--makefile"} and rest:
            files.append(rest.pop(0))
        elif word in {"-C", "--directory"} and rest:
            where = posixpath.join(where, rest.pop(0))
    yield from filter(None, (place_of_word(each, where) for each in files or _MAKEFILES))


def place_of_word(word: str, folder: str) -> str:
    """Give a word as a path below the repository's top; empty for what cannot be one."""
    if not word or word.startswith(("-", "/", "~")) or any(sign in word for sign in "$`*?\0"):
        return ""
    place = posixpath.normpath(posixpath.join(folder, word))
    return "" if place in {".", ".."} or place.startswith(("../", "/")) else place
