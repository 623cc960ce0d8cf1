"""All mistakes that repository and machine show, each key's first one only."""

from autoexp.engine.mistakes.commands import command_problems
from autoexp.engine.mistakes.ground import Ground
from autoexp.engine.mistakes.overlap import overlap_problems
from autoexp.engine.mistakes.scope import idle_note, path_problems, scope_problems
from autoexp.errors import Problem

__all__ = ["idle_note", "problems"]


def problems(ground: Ground) -> list[Problem]:
    """Give the mistakes of a contract that its text does not show. Raises RepositoryError where nothing is committed."""
    looks = (scope_problems, command_problems, overlap_problems, path_problems)
    return [problem for look in looks for problem in look(ground)]
