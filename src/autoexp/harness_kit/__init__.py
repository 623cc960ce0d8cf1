"""What a harness imports to report numbers that a candidate cannot forge.

`report`, `item` and `cost` write to a private descriptor of autoexp; `isolated` runs the candidate's function in a worker
process, with clock, inputs and answers outside of it. Standard library of Python 3.8 or newer, nothing of autoexp. Import
it before anything of the candidate: on import it takes the descriptor away from the processes that start later.
"""

import os as _os
import sys as _sys

_found = list(_sys.path)
_standard = _os.path.dirname(_os.__file__)
# A file json.py beside the harness must not become the kit's json: what follows is imported from Python's own folder only.
_sys.path[:] = [
    _entry
    for _entry in _found
    if _entry.endswith(".zip")
    or ((_entry + "/").startswith(_standard + "/") and "-packages" not in _entry[len(_standard) :])
]
try:
    from .channel import cost, item, report
    from .codec import Array
    from .errors import KitError, WorkerFailed, WorkerTimeout, WrongAnswer
    from .judge import Call, isolated
    from .runs import Run
finally:
    _sys.path[:] = _found

__all__ = [
    "Array",
    "Call",
    "KitError",
    "Run",
    "WorkerFailed",
    "WorkerTimeout",
    "WrongAnswer",
    "cost",
    "isolated",
    "item",
    "report",
]
