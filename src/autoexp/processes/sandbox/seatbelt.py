"""The level `seatbelt`: macOS's own sandbox. Written from its documentation, and UNTESTED: no machine of ours runs macOS.

Files outside of what is named cannot be written, the network is off; there is no process namespace, and no mounts.
"""

from dataclasses import dataclass
from pathlib import Path

from autoexp.processes.sandbox.box import OpenBox
from autoexp.processes.sandbox.view import Bind, View


@dataclass(frozen=True, slots=True)
class Seatbelt:
    """`program` is the path of sandbox-exec."""

    program: str
    level: str = "seatbelt"
    homes: tuple[str, str] | None = None
    mounts: bool = False

    def sees(self, bind: Bind) -> str:
        """Give the path as it is."""
        return str(bind.source)

    def box(self, view: View, *, cwd: str = ".") -> OpenBox:
        """Write the profile of one command."""
        return OpenBox(view.tree / cwd, (self.program, "-p", profile(view)))


def profile(view: View) -> str:
    """Give the rules: the later one wins."""
    writable = [view.tree] if view.editable else [view.tree / place for place in view.scratch]
    writable += [bind.source for bind in view.binds if bind.writable] + ([view.private] if view.private else [])
    readable = [view.tree, *writable, *(bind.source for bind in view.binds)]
    rules = [
        "(version 1)",
        "(allow default)",
        "(deny file-write*)",
        f"(deny file-read* (subpath {_text(Path.home())}))",
    ]
    rules += [f"(allow file-read* (subpath {_text(path)}))" for path in readable]
    rules += [f"(allow file-write* (subpath {_text(path)}))" for path in writable]
    rules.append('(allow file-write* (literal "/dev/null") (literal "/dev/tty"))')
    if view.network != "host":
        rules.append("(deny network*)")
        if view.port:
            rules.append(f'(allow network-outbound (remote ip "localhost:{view.port}"))')
    return "\n".join(rules)


def _text(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
