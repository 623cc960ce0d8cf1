"""Mistakes of a contract that only its repository and this machine show, collected so that a person sees all of them at once."""

from autoexp.engine.mistakes.collected import idle_note, problems
from autoexp.engine.mistakes.ground import Ground

__all__ = ["Ground", "idle_note", "problems"]
