"""What is put around a command: a Box turns a command into the one that is really started."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autoexp.processes.sandbox.system import around, shown
from autoexp.processes.sandbox.view import Bind, View

PYTHON = (str(Path(sys.executable).resolve()), "-I", "-S", "-B")
"""The engine's interpreter for the small programs around a command: no site, no caches, no variables heeded."""

CONFINE = Path(__file__).parent.parent / "confine.py"


class Box(Protocol):
    """One command's surroundings."""

    @property
    def cwd(self) -> Path:
        """Give the folder in which what is started begins."""
        ...

    @property
    def reports(self) -> bool:
        """Tell whether the command is accounted for from inside, on the descriptor `result`."""
        ...

    @property
    def processes(self) -> int:
        """Tell how many processes it needs for itself."""
        ...

    @property
    def in_memory(self) -> tuple[str, ...]:
        """Name the folders inside whose files take memory."""
        ...

    def command(self, argv: Sequence[str], *, result: int) -> list[str]:
        """Give what is started in place of the command."""
        ...

    def shell(self) -> list[str]:
        """Give what stands before the small shell that forks the command."""
        ...


class Sandbox(Protocol):
    """A level of isolation."""

    @property
    def level(self) -> str:
        """Name it."""
        ...

    @property
    def homes(self) -> tuple[str, str] | None:
        """Give HOME and TMPDIR inside, or None when private folders have to be made for each command."""
        ...

    @property
    def mounts(self) -> bool:
        """Tell whether files can be shown at other paths, and read-only."""
        ...

    def sees(self, bind: Bind) -> str:
        """Give the path at which a command sees a bind."""
        ...

    def box(self, view: View, *, cwd: str = ".") -> Box:
        """Build what is put around one command that starts in the folder `cwd` of its tree."""
        ...


@dataclass(frozen=True, slots=True)
class OpenBox:
    """Nothing around the command, or what confines it without mounts: `prefix` stands before the shell that forks it."""

    cwd: Path
    prefix: tuple[str, ...] = ()
    reports: bool = False
    processes: int = 0
    in_memory: tuple[str, ...] = ()

    def command(self, argv: Sequence[str], *, result: int) -> list[str]:
        """Give the command as it is."""
        del result
        return list(argv)

    def shell(self) -> list[str]:
        """Give the prefix."""
        return list(self.prefix)


@dataclass(frozen=True, slots=True)
class Unsandboxed:
    """No sandbox of ours: level `none`, or `container` when autoexp itself runs in one."""

    level: str = "none"
    homes: tuple[str, str] | None = None
    mounts: bool = False

    def sees(self, bind: Bind) -> str:
        """Give the path as it is."""
        return str(bind.source)

    def box(self, view: View, *, cwd: str = ".") -> OpenBox:
        """Give a box without walls."""
        return OpenBox(view.tree / cwd)


@dataclass(frozen=True, slots=True)
class Landlocked:
    """Files and network by Landlock and seccomp: no mounts, no process namespace."""

    level: str = "landlock"
    homes: tuple[str, str] | None = None
    mounts: bool = False

    def sees(self, bind: Bind) -> str:
        """Give the path as it is."""
        return str(bind.source)

    def box(self, view: View, *, cwd: str = ".") -> OpenBox:
        """Build the rules of one command; see autoexp.processes.confine for what they are."""
        writable = [view.tree] if view.editable else [view.tree / place for place in view.scratch]
        rules = {
            "read": [
                *shown(view.path, view.closed),
                str(view.tree),
                *(part for bind in view.binds if not bind.writable for part in around(str(bind.source), view.closed)),
            ],
            "write": [
                *map(str, writable),
                *([str(view.private)] if view.private else []),
                *(str(bind.source) for bind in view.binds if bind.writable),
            ],
            "network": view.network if isinstance(view.network, str) else {"connect": [view.port]},
            "unix": view.network == "host",  # sockets with a path are not files to Landlock: docker's is one
        }
        return OpenBox(view.tree / cwd, (*PYTHON, str(CONFINE), json.dumps(rules)))
