"""Where the output of a proposer's commands is stored."""

from dataclasses import dataclass
from pathlib import Path

_TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Printed:
    """The two files of one command."""

    stdout: Path
    stderr: Path

    @classmethod
    def at(cls, folder: Path) -> "Printed":
        """Place them in a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / "proposer.out", folder / "proposer.err")

    def tail(self) -> str:
        """Give the end of stderr, else of stdout."""
        for path in (self.stderr, self.stdout):
            with path.open("rb") as stream:
                stream.seek(max(stream.seek(0, 2) - _TAIL_BYTES, 0))
                if text := stream.read().decode("utf-8", "replace").strip():
                    return text
        return ""
