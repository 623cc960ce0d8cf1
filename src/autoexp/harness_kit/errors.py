"""How a harness written with the kit fails. Nobody needs to catch these: an uncaught one means no measurement."""


class KitError(Exception):
    """What every error of the kit is: the text says what happened, where, and what to do."""


class WrongAnswer(KitError):
    """The candidate answered, and the answer is not the right one."""


class WorkerFailed(KitError):
    """The candidate raised, ended, broke the protocol, or answered with what is no plain value."""


class WorkerTimeout(WorkerFailed):
    """No whole answer within the time allowed."""


class JudgeUnavailable(KitError):
    """The service of a judge does not serve: bad weather that stays, a key that it refuses. That is not the candidate's doing."""
