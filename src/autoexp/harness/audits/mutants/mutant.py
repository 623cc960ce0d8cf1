"""One small change of a target."""

from dataclasses import dataclass

from autoexp.workspaces.quoting import shown


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change of a file: where it is, what stood there, and what stands there now.

    `place` is the function that it lies in, `rank` how little it is likely to change an answer (0 most likely).
    """

    path: str
    line: int
    before: str
    after: str
    place: str = ""
    rank: int = 0

    @property
    def words(self) -> str:
        """Name it as file:line, with what stood there and what stands there now."""
        return f"{shown(self.path)}:{self.line} {_short(self.before)} -> {_short(self.after)}"


def _short(code: str, most: int = 60) -> str:
    line = " ".join(code.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
