"""How well pattern.txt finds the addresses of labelled messages. The answers never reach the process that runs the pattern."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strings import Labelled

from autoexp.harness_kit import isolated

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 2.0
"""For one message: thousands of times what a sound pattern takes. One that takes longer is killed with its worker, and no measurement."""


@dataclass(frozen=True)
class Score:
    """Addresses found, whole; matches that are none; addresses missed; and of each message whether all was right."""

    found: int
    wrong: int
    missed: int
    right: tuple[bool, ...]

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.found / (2 * self.found + self.wrong + self.missed)

    @property
    def precision(self) -> float:
        """The share of the matches that are addresses; 0 without a match."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the addresses that are found."""
        return self.found / (self.found + self.missed)


def matches(texts: Sequence[str]) -> list[set[tuple[int, int]]]:
    """Give what the pattern matches in each text. Raises KitError when it is no pattern, or takes too long."""
    finder = str(ROOT / "harness/finder.py") + ":find"
    run = isolated(finder, list(texts), timeout_s=TIMEOUT_S, allow_repeats=True, cwd=str(ROOT))
    return [{(begin, end) for begin, end in answer} for answer in run.answers]


def score(messages: Sequence[Labelled]) -> Score:
    """Compare what is found with the labels, exactly. Raises KitError as `matches` does."""
    pairs = list(zip(matches([message.text for message in messages]), messages, strict=True))
    return Score(
        found=sum(len(spans & message.addresses) for spans, message in pairs),
        wrong=sum(len(spans - message.addresses) for spans, message in pairs),
        missed=sum(len(message.addresses - spans) for spans, message in pairs),
        right=tuple(spans == message.addresses for spans, message in pairs),
    )
