"""What a proposer's command sees besides its copy of the tree: its brief, and the program of the user's that it names."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from autoexp.ports import Desk
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.system import prefixes
from autoexp.processes.sandbox.view import Bind
from autoexp.spec.sections import Command

BRIEF = "/brief"
_VARIABLE = re.compile(r"\$(?:AUTOEXP_FOLDER|\{AUTOEXP_FOLDER\})/")
_IN_FOLDER = re.compile(r"\$(?:AUTOEXP_FOLDER|\{AUTOEXP_FOLDER\})/([\w./+@%=-]+)")


def brief_seen(desk: Desk, cell: Cell) -> tuple[Bind, dict[str, str]]:
    """Give the bind of the brief's folder, and the variables that tell a command where it is."""
    bind = Bind(desk.brief_json.absolute().parent, BRIEF)
    inside = cell.sandbox.sees(bind)
    return bind, {
        "AUTOEXP_BRIEF": f"{inside}/{desk.brief_json.name}",
        "AUTOEXP_BRIEF_MD": f"{inside}/{desk.brief_md.name}",
    }


def programs_seen(command: Command, folder: Path) -> tuple[Bind, ...]:
    """Give binds for what a command names in the user's folder, and for nothing else there.

    That is a word that is a path into the folder (see `program.located`), and what follows `$AUTOEXP_FOLDER/` in a text. A program
    of a virtual environment or of node_modules brings the whole of it.
    """
    inside = f"{folder}/"
    found = {os.path.normpath(inside + name) for name in _names(command, inside) if name}
    named = [place for place in sorted(found) if place.startswith(inside) and os.access(place, os.F_OK)]
    whole = sorted({home for place in named for home in _installation(Path(place))})
    alone = [place for place in named if not any(place.startswith(f"{home}/") for home in whole)]
    return tuple(Bind(Path(place)) for place in [*alone, *whole])


def _installation(program: Path) -> set[str]:
    """Give the folders that a program consists of when it is one of a virtual environment, or of node_modules."""
    home = program.parent.parent
    if not (home / "pyvenv.cfg").is_file() and (program.parent.name, home.name) != (".bin", "node_modules"):
        return set()
    return set(prefixes(str(program.parent))) - set(prefixes(""))


def _names(command: Command, inside: str) -> Iterator[str]:
    """Give what may be names of files in the folder, whose path with a slash is `inside`."""
    for text in (command,) if isinstance(command, str) else command:
        yield from _IN_FOLDER.findall(text)
        for word in _words(text) if isinstance(command, str) else [text]:
            yield _VARIABLE.sub(lambda _: inside, word).partition(inside)[2]


def _words(text: str) -> list[str]:
    """Split a text as a shell does."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a quote that does not end
        return text.split()
