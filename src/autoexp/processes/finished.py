"""What a command may use, and how it ended."""

from dataclasses import dataclass
from typing import Literal

from autoexp.experiment.measurement import Usage

How = Literal["exited", "timeout", "flood", "stopped", "memory", "processes", "not_found"]

OUTPUT_BOUND = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one command; None: no limit.

    Seconds of wall clock, bytes of stdout, of stderr and of a report, bytes of memory and number of processes of its whole tree, bytes of
    a single file, and the processors that it may use.
    """

    wall_s: float | None = None
    output_bytes: int = OUTPUT_BOUND
    memory: int | None = None
    processes: int | None = None
    file_size: int | None = None
    processors: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended and what it used.

    `returncode` is None unless it exited by itself; `signal` names what killed it, ours or another's. `leftovers` counts
    processes that were still alive when the command itself had exited, and are dead now. `detail` says in words what
    went wrong, and is empty after an exit with 0.
    """

    how: How
    returncode: int | None = None
    signal: int | None = None
    usage: Usage = Usage()
    leftovers: int = 0
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether it exited by itself with 0."""
        return self.how == "exited" and self.returncode == 0
