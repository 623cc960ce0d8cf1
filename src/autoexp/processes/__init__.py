"""Start a command, bound it, kill its whole tree, account for it. What a command means is not known here."""

from autoexp.processes.command import run
from autoexp.processes.finished import Finished, Limits
from autoexp.processes.sweep import sweep

__all__ = ["Finished", "Limits", "run", "sweep"]
