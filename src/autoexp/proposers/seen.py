"""What a proposer's command sees besides its copy of the tree: its brief, and the program of the user's that it names."""

import re
from collections.abc import Iterator
from pathlib import Path

from autoexp.ports import Desk
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.view import Bind
from autoexp.spec.sections import Command

BRIEF = "/brief"
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

    That is a word that is a path into the folder (see `program.located`), and what follows `$AUTOEXP_FOLDER/` in a text.
    """
    found = sorted({place for place in _named(command, folder) if place.exists() and place != folder})
    return tuple(Bind(place) for place in found)


def _named(command: Command, folder: Path) -> Iterator[Path]:
    words = command.replace("'", " ").replace('"', " ").split() if isinstance(command, str) else command
    for word in words:
        if word.startswith(f"{folder}/"):
            yield Path(word)
    for text in (command,) if isinstance(command, str) else command:
        yield from (folder / name for name in _IN_FOLDER.findall(text))
