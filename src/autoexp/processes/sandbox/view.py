"""What a command sees of the world, as a value: its tree, more files and folders, and who it may talk to."""

from dataclasses import dataclass
from pathlib import Path

from autoexp.spec.sandbox import Network

WORK = "/w"
"""Where a sandbox with mounts of its own shows the tree: always the same, whatever the tree is."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder that a command sees: `at` is its path inside where the sandbox has mounts of its own."""

    source: Path
    at: str = ""
    writable: bool = False

    @property
    def target(self) -> str:
        """Give the path inside a sandbox with mounts of its own."""
        return self.at or str(self.source)


@dataclass(frozen=True, slots=True)
class View:
    """One command's world.

    `tree` is its working tree; with `editable` it may write there, else only in the folders `scratch` names below it, which
    are empty at start. `binds` are shown besides, `private` folders (a throw-away HOME and TMPDIR) are given where the
    sandbox has none of its own. `proxy` is the folder with the socket of a proxy when `network` is a list, and `local` what of it
    are servers of this machine; `port` is a proxy where the sandbox shares this machine's network. `closed` are folders
    that stay out of sight also where they lie in something that is shown; what a bind names below one of them is seen. `checkout`
    is where the user has the tree: a sandbox with mounts of its own shows the tree there, too.
    """

    tree: Path
    editable: bool = False
    scratch: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    network: Network = "off"
    path: str = ""
    proxy: Path | None = None
    local: tuple[str, ...] = ()
    private: Path | None = None
    port: int = 0
    closed: tuple[str, ...] = ()
    checkout: str = ""
