"""Reads what an agent prints while it works, and ends it when it hangs, passes a cap, or cannot go on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoexp.proposers.agents.agent import MENDED_BY_PEOPLE, Agent, Heard

_CHUNK = 1 << 20
_LONGEST_LINE = 16 << 20

Reason = Literal["", "stopped", "idle", "cap", "failure"]


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds of one experiment; None: no bound. `idle_s` is the longest silence while no tool of the agent runs."""

    idle_s: float
    turns: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None


class Watcher:
    """Asked about ten times a second whether the agent is to be ended. `reason` and `words` then tell why."""

    def __init__(
        self,
        agent: Agent,
        stdout: Path,
        caps: Caps,
        *,
        price: Callable[[Heard], float | None],
        stop: Callable[[], bool] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.heard = Heard()
        self.reason: Reason = ""
        self.words = ""
        self._agent, self._stdout, self._caps, self._price, self._stop, self._clock = (
            agent,
            stdout,
            caps,
            price,
            stop,
            clock,
        )
        self._position, self._held, self._skipping = 0, b"", False
        self._last = clock()
        self._done_at: int | None = None

    def __call__(self) -> bool:
        """Take up what is new, and tell whether the agent is to be ended."""
        if self.reason:
            return True
        if self._stop is not None and self._stop():
            self.reason, self.words = "stopped", "it was stopped from outside"
            return True
        if self._read():
            self._last = self._clock()
            self._judge()
        elif not self.heard.running and self._clock() - self._last > self._caps.idle_s:
            self.reason = "idle"
            self.words = f"it did nothing for {self._caps.idle_s:g} s (proposer.idle)"
        return bool(self.reason)

    def finish(self) -> Heard:
        """Read the rest, the last line also where it has no end, and give all that was heard."""
        while self._read():
            pass
        if self._held and not self._skipping:
            self._hear(self._held)
            self._held = b""
        return self.heard

    def _read(self) -> bool:
        try:
            with self._stdout.open("rb") as stream:
                stream.seek(self._position)
                new = stream.read(_CHUNK)
        except FileNotFoundError:
            return False
        self._position += len(new)
        *lines, self._held = (self._held + new).split(b"\n") if b"\n" in new else [self._held + new]
        for line in lines:
            if not self._skipping:
                self._hear(line)
            self._skipping = False
        if len(self._held) > _LONGEST_LINE:  # nobody's event is as long; the transcript on disk is whole
            self._held, self._skipping = b"", True
        return bool(new)

    def _hear(self, line: bytes) -> None:
        self._agent.hear(line.decode("utf-8", "replace"), self.heard)

    def _judge(self) -> None:
        heard, caps = self.heard, self._caps
        if heard.done:
            self._done_at = heard.requests if self._done_at is None else self._done_at
            if heard.requests <= self._done_at:  # who goes on after its last word is held to its caps
                return
        if heard.failure is not None and (heard.hopeless or heard.failure.kind in MENDED_BY_PEOPLE):
            self.reason, self.words = "failure", heard.failure.words
        elif caps.turns is not None and heard.requests > caps.turns:
            self.reason, self.words = "cap", f"it asked its model more than {caps.turns} times (proposer.turns)"
        elif caps.tokens is not None and (heard.tokens.total or 0) > caps.tokens:
            self.reason, self.words = "cap", f"it used more than {caps.tokens:,} tokens (proposer.tokens)"
        elif caps.cost_usd is not None and (self._price(heard) or 0.0) > caps.cost_usd:
            self.reason, self.words = "cap", f"it cost more than ${caps.cost_usd:g} (proposer.cost_usd)"
