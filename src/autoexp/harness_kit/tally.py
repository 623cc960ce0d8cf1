"""Counts what judging takes: requests, tokens and money. What a service does not tell stays unknown."""

from __future__ import annotations

import math
import sys
import threading
from typing import Mapping

from . import channel, wire

_AT_ONCE = 10  # answers: a run that is killed has reported most of what it cost


class Tally:
    """Counts of one judging, fed by several threads."""

    def __init__(self, usd_per_million: Mapping[str, float] | None) -> None:
        self.requests = 0
        self.reused = 0
        self.tokens: dict[str, int] | None = {"input": 0, "cached": 0, "output": 0}
        self.usd: float | None = 0.0
        self._prices = usd_per_million
        self._unreported: list[float] = []
        self._lock = threading.Lock()

    def reuse(self) -> None:
        """Count a score that was remembered."""
        with self._lock:
            self.reused += 1

    def add(self, answer: wire.Answer) -> None:
        """Count an answer. One of unknown price makes the whole of unknown price."""
        usd = answer.usd
        if usd is None and answer.tokens is not None and self._prices is not None:
            usd = wire.price_of(answer.tokens, self._prices)
        with self._lock:
            self.requests += 1
            self.usd = None if usd is None or self.usd is None else self.usd + usd
            self._unreported += [] if usd is None else [usd]
            if len(self._unreported) == _AT_ONCE:
                self._report()
            if answer.tokens is None or self.tokens is None:
                self.tokens = None
            else:
                self.tokens = {name: count + answer.tokens[name] for name, count in self.tokens.items()}

    def report(self) -> None:
        """Report what is known of the cost and was not reported yet; say on stderr that some of it is unknown."""
        with self._lock:
            self._report()
        if self.requests and self.usd is None:
            print("judge: the cost is unknown: give usd_per_million=, or use a service that tells it", file=sys.stderr)

    def _report(self) -> None:
        if self._unreported:
            channel.cost(math.fsum(self._unreported))
            self._unreported.clear()
