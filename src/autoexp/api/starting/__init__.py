"""init: the two contract files, from answers, from what a repository shows, from another contract, or from a lab.

`draft` fills up what a person left out, `tried` runs the measure command once and reads its output, `init` writes.
"""

from autoexp.api.starting.answers import Answers, Started
from autoexp.api.starting.contract import contract_text
from autoexp.api.starting.drafting import Draft, draft, refuse_incomplete
from autoexp.api.starting.labs import init_lab
from autoexp.api.starting.taking_over import take_over
from autoexp.api.starting.trying import Seen, doubts_on, tried, untried
from autoexp.api.starting.writing import init, refuse_existing

__all__ = [
    "Answers",
    "Draft",
    "Seen",
    "Started",
    "contract_text",
    "doubts_on",
    "draft",
    "init",
    "init_lab",
    "refuse_existing",
    "refuse_incomplete",
    "take_over",
    "tried",
    "untried",
]
