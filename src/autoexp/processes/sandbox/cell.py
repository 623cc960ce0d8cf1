"""One side's sandbox, with what the contract adds to it: the same for every command of that side."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoexp.processes.environment import Environment
from autoexp.processes.finished import Limits
from autoexp.processes.sandbox.box import Box, Sandbox, Unsandboxed
from autoexp.processes.sandbox.view import Bind, View
from autoexp.spec.sandbox import SandboxSide


@dataclass(frozen=True, slots=True)
class Cell:
    """A sandbox and its rules.

    `binds` and `scratch` are shown to every command besides its tree, `processors` are those that it may use. `proxy` is the
    folder with the socket of the way out to listed hosts (`local` are those of this machine), or `port` where that is a
    port of this machine; `variables` tell a command of it. `closed` are folders that no command sees as a whole,
    `checkout` is the one whose place shows the command's tree instead.
    """

    sandbox: Sandbox = Unsandboxed()
    rules: SandboxSide = SandboxSide(level="none")
    binds: tuple[Bind, ...] = ()
    scratch: tuple[str, ...] = ()
    processors: frozenset[int] | None = None
    proxy: Path | None = None
    local: tuple[str, ...] = ()
    port: int = 0
    variables: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    checkout: str = ""

    @property
    def level(self) -> str:
        """Name the level."""
        return self.sandbox.level

    def limits(self, wall_s: float | None) -> Limits:
        """Give the bounds of one command."""
        more = self.rules.limits
        return Limits(
            wall_s=wall_s,
            memory=more.memory,
            processes=more.processes,
            file_size=more.file_size,
            processors=self.processors,
        )

    def box(
        self, tree: Path, around: Environment, *, cwd: str = ".", editable: bool = False, binds: tuple[Bind, ...] = ()
    ) -> Box:
        """Build what is put around one command in a tree."""
        view = View(
            tree=tree,
            editable=editable,
            scratch=() if editable else self.scratch,
            binds=(*self.binds, *_named(self.rules.read), *_named(self.rules.write, writable=True), *binds),
            network=self.rules.network,
            path=around.variables.get("PATH", ""),
            proxy=self.proxy,
            local=self.local,
            private=around.folder,
            port=self.port,
            closed=self.closed,
            checkout=self.checkout,
        )
        return self.sandbox.box(view, cwd=cwd)


def _named(paths: tuple[str, ...], *, writable: bool = False) -> tuple[Bind, ...]:
    """Give the binds of absolute paths; what is not there is not shown."""
    places = [Path(os.path.expanduser(path)) for path in paths]  # noqa: PTH111  it raises nothing
    return tuple(Bind(place, str(place), writable=writable) for place in places if os.access(place, os.F_OK))
