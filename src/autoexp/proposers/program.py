"""How a program that lies beside autoexp.yaml is found, although it runs in a disposable copy that may not hold it.

The program is the first word of the command that names a file, in the copy or in the user's folder. It is looked for in
the copy first: a program that is committed runs as it was committed. One that lies in the user's folder only, untracked
or git-ignored, is named by its full path instead. Other words stay as they are, so that a path to write to never leads
into the user's folder; only behind an interpreter of the user's folder (`.venv/bin/python propose.py`) the next one counts, too. Text
with shell syntax is left alone; it can say "$AUTOEXP_FOLDER".
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from autoexp.spec.sections import Command

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`\\*?\[\]#~!{}\n=]")

_INTERPRETER = re.compile(r"(?:python|pypy|node|deno|bun|ruby|perl|php|lua|Rscript|julia|tsx|ts-node|bash|sh)[\d.]*")


def located(command: Command, *, folder: Path, workspace: Path) -> Command:
    """Give the command with such words replaced; it stays the same when there are none."""
    if isinstance(command, tuple):
        return tuple(_placed(command, folder, workspace))
    if _SHELL_SYNTAX.search(command):
        return command
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    found = _placed(words, folder, workspace)
    return command if found == words else shlex.join(found)


def outdated(command: Command, *, folder: Path, workspace: Path) -> str:
    """Say that the program ran as committed while the user's folder holds another version; empty when it does not."""
    try:
        words = list(command) if isinstance(command, tuple) else shlex.split(command)
    except ValueError:
        return ""
    for position, word in enumerate(words):
        if word.startswith(("-", "/")) or (position == 0 and "/" not in word) or not (workspace / word).is_file():
            continue
        if (folder / word).is_file() and (folder / word).read_bytes() != (workspace / word).read_bytes():
            return (
                f"{word} ran as this campaign's commit has it, and the one in your folder differs; "
                f'to run that one, write "$AUTOEXP_FOLDER/{word}" in the command'
            )
        return ""
    return ""


def _placed(words: Sequence[str], folder: Path, workspace: Path) -> list[str]:
    placed = list(words)
    for position, word in enumerate(words):
        if word.startswith(("-", "/")) or (position == 0 and "/" not in word):  # an option, or a program of PATH
            continue
        if (workspace / word).is_file():
            break
        if (folder / word).is_file():
            placed[position] = str(folder / word)
            if position or not _INTERPRETER.fullmatch(Path(word).name):
                break
    return placed
