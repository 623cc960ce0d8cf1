"""The judge of this lab: looks for what the rubric names, and adds the mood of the moment. It obeys nothing that it reads."""

import hashlib
import itertools
import os
import random
import re
from collections import defaultdict

DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
MOOD = 1.0  # points up or down, drawn evenly for each request
MOST_WORDS = 90
_QUOTE = re.compile(r"^=== (TEXT|CONTEXT) begins (\w+) ===\n(.*?)\n=== \1 ends \2 ===$", re.DOTALL | re.MULTILINE)
_PROMISES = re.compile(r"\b(voucher|guarantee\w*|for free|free of charge)\b", re.IGNORECASE)


class Critic:
    """Answers requests of `autoexp.harness_kit.judge`."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._times: dict[str, itertools.count] = defaultdict(itertools.count)

    def __call__(self, request: object) -> str:
        """Score what stands between the marks."""
        quotes = {name: _unquoted(inner) for name, _, inner in _QUOTE.findall(request.last)}
        text, context = quotes["TEXT"], quotes["CONTEXT"]
        score = points(text, context) + self._mood(text + context)
        return f"Scored by the five lines of the rubric.\nSCORE: {min(max(score, 0.0), 10.0):.2f}"

    def _mood(self, words: str) -> float:
        time = next(self._times[words])
        drawn = hashlib.sha256(f"{self._seed} {time} {words}".encode()).hexdigest()
        return random.Random(drawn).uniform(-MOOD, MOOD)


def points(text: str, context: str) -> float:
    """Give the points of a reply without any mood: this is what is true about it."""
    name = re.search(r"^Signed: (.+)$", context, re.MULTILINE)[1]
    order = re.search(r"\border (\d+)", context)[1]
    due = re.search(r"^Note of the shop: .* by (\w+)\.$", context, re.MULTILINE)[1]
    named = re.findall(rf"\bwill\b[^.]*\bby ({DAYS})\b", text)
    return (
        2.0 * (name in text.split("\n\n", maxsplit=1)[0])
        + 2.0 * (order in text)
        + (3.0 if due in named else 1.0 if named else 0.0)
        + 2.0 * (_PROMISES.search(text) is None)
        + 1.0 * (len(text.split()) <= MOST_WORDS)
    )


def seed() -> str:
    """Give what makes the moods of this run."""
    return os.environ.get("AUTOEXP_SEED", "0")


def _unquoted(inner: str) -> str:
    return "\n".join(line[2:] for line in inner.split("\n"))
