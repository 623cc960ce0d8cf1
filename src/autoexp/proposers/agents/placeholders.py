"""What stands in braces in a command of the contract's: `{prompt}` and the like; `{{` is a brace."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\{")
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish"})
OF_THE_PROMPT = ("prompt", "prompt_file", "brief", "brief_json")


def check(argv: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Give the placeholders that a command uses. Raises ValueError for one that nobody knows, and for a prompt inside of a shell's script."""
    words, known = list(argv), list(known)
    used = frozenset(name for word in words for name in _names(word, known))
    if (
        words
        and PurePosixPath(words[0]).name in _SHELLS
        and any("prompt" in _names(word, known) for word in _scripts(words))
    ):
        raise ValueError(
            "a shell would read {prompt} as part of its script; hand it over as an argument:"
            ' ["sh", "-c", "mytool \\"$1\\"", "sh", "{prompt}"]'
        )
    return used


def filled(argv: Iterable[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Give a command with its placeholders filled in."""

    def put(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else values[match[1]]

    return tuple(_BRACES.sub(put, word) for word in argv)


def _scripts(words: list[str]) -> Iterable[str]:
    """Give what a shell is told to run by its option -c."""
    return [after for before, after in pairwise(words) if re.fullmatch(r"-\w*c\w*", before)][:1]


def _names(word: str, known: list[str]) -> list[str]:
    matches = list(_BRACES.finditer(word))
    if any(match[0] == "{" for match in matches):
        raise ValueError(f"{word!r} has a brace that does not close; a brace itself is written {{{{")
    names = [match[1] for match in matches if match[1] is not None]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"{{{unknown[0]}}} means nothing here; known are {', '.join(f'{{{name}}}' for name in known)}, and a brace itself is {{{{"
        )
    return names
