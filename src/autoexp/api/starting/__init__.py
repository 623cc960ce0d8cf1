"""init: the two contract files, from answers, from what a repository shows, from another contract, or from a lab.

`draft` fills in what a person left out, `learned` reads one run of the harness, `init` writes.
"""

from autoexp.api.starting.answers import Answers, Started
from autoexp.api.starting.labs import init_lab
from autoexp.api.starting.writing import init, refuse_existing

__all__ = ["Answers", "Started", "init", "init_lab", "refuse_existing"]
