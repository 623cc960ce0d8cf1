"""What a harness imports to report numbers that a candidate cannot forge.

`report`, `item` and `cost` write to a private descriptor of autoexp; `isolated` runs the candidate's function in a worker
process, with clock, inputs and answers outside of it; `judge` has a model score what a candidate wrote. Standard library
of Python 3.8 or newer, nothing of autoexp. Import it before anything of the candidate: on import it takes the descriptor
away from the processes that start later.
"""

from .standard import StandardOnly as _StandardOnly

with _StandardOnly():
    from .calls import Call, isolated
    from .channel import cost, item, report
    from .codec import Array
    from .errors import JudgeUnavailable, KitError, WorkerFailed, WorkerTimeout, WrongAnswer
    from .judging import judge
    from .runs import Run
    from .scores import Scores
    from .withheld import withhold

__all__ = [
    "Array",
    "Call",
    "JudgeUnavailable",
    "KitError",
    "Run",
    "Scores",
    "WorkerFailed",
    "WorkerTimeout",
    "WrongAnswer",
    "cost",
    "isolated",
    "item",
    "judge",
    "report",
    "withhold",
]
