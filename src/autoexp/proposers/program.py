"""How a program that lies beside autoexp.yaml is found, although it runs in a disposable copy that may not hold it.

`python propose.py` is looked for in the copy first: a program that is committed runs as it was committed. A plain word of
the command that names a file of the user's folder, and nothing in the copy, is replaced by the file's full path, so
an untracked or git-ignored program works as well. Text with shell syntax is left alone; it can say "$AUTOEXP_FOLDER".
"""

import re
import shlex
from pathlib import Path

from autoexp.spec.sections import Command

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`\\*?\[\]#~!{}\n=]")


def located(command: Command, *, folder: Path, workspace: Path) -> Command:
    """Give the command with such words replaced; it stays the same when there are none."""
    if isinstance(command, tuple):
        return tuple(_word(word, folder, workspace) for word in command)
    if _SHELL_SYNTAX.search(command):
        return command
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    found = [_word(word, folder, workspace) for word in words]
    return command if found == words else shlex.join(found)


def _word(word: str, folder: Path, workspace: Path) -> str:
    if not word or word.startswith(("-", "/")) or (workspace / word).exists():
        return word
    place = folder / word
    return str(place) if place.is_file() else word
