"""What a command may see and use: the sandboxes of proposer and harness, and the paths that a contract names."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from autoexp.spec.network import parse_network
from autoexp.spec.quantities import Count
from autoexp.spec.section import Section
from autoexp.spec.strings import Strings

Level = Literal["auto", "bwrap", "landlock", "container", "seatbelt", "none"]
LADDER = ("bwrap", "seatbelt", "landlock", "container", "none")
"""From the strongest to none; `auto` takes the first one that holds on this machine."""

_WILD = re.compile(r"[*?\[\]]")


Network = Annotated[Literal["off", "host"] | tuple[str, ...], BeforeValidator(parse_network)]


def _inside(value: Any) -> Any:
    items = (value,) if isinstance(value, str) else value
    for item in items if isinstance(items, (list, tuple)) else ():
        if not isinstance(item, str):
            continue
        path = place_in_tree(item)
        if item.startswith("/") or ".." in PurePosixPath(item).parts or not path or path == ".git":
            raise ValueError(f"{item!r} must lie below the root of the repository")
        if _WILD.search(path):
            raise ValueError(f"{item!r}: name a folder or a file; a wildcard is understood only as /** at the end")
    return items


def place_in_tree(pattern: str) -> str:
    """Give the file or folder that `build`, `build/` and `build/**` name."""
    return re.sub(r"(?:/\*\*?)?/*$", "", pattern.removeprefix("./"))


def _absolute(value: Any) -> Any:
    items = (value,) if isinstance(value, str) else value
    for item in items if isinstance(items, (list, tuple)) else ():
        if isinstance(item, str) and not item.startswith(("/", "~/")):
            raise ValueError(f"{item!r} must be an absolute path")
        if isinstance(item, str) and PurePosixPath(item) == PurePosixPath("/"):
            raise ValueError("the whole file system is no path to name here")
    return items


PathsInTree = Annotated[Strings, BeforeValidator(_inside)]
AbsolutePaths = Annotated[Strings, BeforeValidator(_absolute)]


class LimitsSection(Section):
    """What one command with all that it starts may use: bytes of memory, processes, bytes of a single file."""

    memory: Count | None = None
    processes: Annotated[Count, Field(ge=1)] | None = 2048
    file_size: Count | None = 16 * 10**9


class SandboxSide(Section):
    """The sandbox of one side. `read` and `write` are more absolute paths that it sees."""

    level: Level = "auto"
    network: Network = "off"
    read: AbsolutePaths = ()
    write: AbsolutePaths = ()
    limits: LimitsSection = LimitsSection()


class SandboxSection(Section):
    """Sandboxes of proposer and harness; `allow_unsandboxed` lets `auto` fall to none where no level holds."""

    proposer: SandboxSide = SandboxSide()
    harness: SandboxSide = SandboxSide()
    allow_unsandboxed: bool = False
