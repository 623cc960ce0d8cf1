"""The sequential rule: look after every run, and stop as soon as the answer is clear or no longer worth its price.

Values are on the gain scale here: higher is better, and a difference of 0.01 is about 1 %. The line runs from what the
campaign remembers (`noise`) over what that says of the machine (`machine`), where the incumbent stands now (`standing`)
and what the candidate's runs add to it (`look`) to the answer (`rule`), which weighs the evidence against the campaign's
error budget (`ledger`, `spending`) and the price of one more run (`worth`).
"""

from autoexp.decision.sequential.ledger import Ledger, counted
from autoexp.decision.sequential.lessons import calibrated, lesson_of, taught
from autoexp.decision.sequential.machine import Noise
from autoexp.decision.sequential.rule import Answer, Question, answer
from autoexp.decision.sequential.settings import Settings

__all__ = [
    "Answer",
    "Ledger",
    "Noise",
    "Question",
    "Settings",
    "answer",
    "calibrated",
    "counted",
    "lesson_of",
    "taught",
]
