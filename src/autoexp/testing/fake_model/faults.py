"""What can go wrong with one reply, as values; how each looks on the wire stands in delivery and the wire formats."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

REFUSALS = ("http", "rate_limit", "overloaded", "quota", "server", "expired_key", "forbidden", "no_model")
BREAKS = ("hang", "stall", "reset", "disconnect", "malformed", "empty", "html", "slow")
_KINDS_OF_STATUS = {
    400: "bad_request",
    401: "expired_key",
    402: "quota",
    403: "forbidden",
    404: "no_model",
    413: "too_large",
    429: "rate_limit",
    529: "overloaded",
}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, how many requests meet it, and what its kind needs to know.

    With `instead` the fault is the turn; else the turn is played once the faults are over. A slow reply is the turn by itself.
    """

    kind: str = "http"
    times: float = 1
    instead: bool = False
    status: int | None = None
    message: str | None = None
    retry_after: float | str | None = None
    retry_after_date: float | str | None = None  # seconds from now, sent as an HTTP date
    headers: Mapping[str, str] = field(default_factory=dict)
    in_stream: bool = False  # a refusal that comes when half of the stream is sent, under status 200
    seconds: float | None = None
    after_events: int | None = None
    every: float = 0.02
    body: str | None = None

    @property
    def name(self) -> str:
        """What it is counted as: its kind, a plain status as the kind that it stands for."""
        return self.refusal or self.kind

    @property
    def refusal(self) -> str:
        """The kind of refusal that a provider would give; empty for a break of the connection or reply."""
        if self.kind != "http":
            return self.kind if self.kind in REFUSALS else ""
        return _KINDS_OF_STATUS.get(self.status or 500, "server" if (self.status or 500) >= 500 else "bad_request")  # noqa: PLR2004


def faults_of(error: Any) -> tuple[Fault, ...]:
    """Return the faults of a turn: a kind, an HTTP status, a mapping, or a list of these. Raises ValueError for what means nothing."""
    if error is None:
        return ()
    if isinstance(error, list | tuple):
        return tuple(fault for one in error for fault in faults_of(one))
    if isinstance(error, bool) or not isinstance(error, str | int | Mapping):
        raise ValueError(f"{error!r} is no fault; give a kind, an HTTP status or a mapping")
    return (_fault(error),)


def fault_at(faults: tuple[Fault, ...], served: int) -> Fault | None:
    """Return the fault that the next request meets when `served` have met one; None when they are over."""
    for fault in faults:
        if served < fault.times:
            return fault
        served -= int(fault.times)
    return None


def _fault(error: str | int | Mapping[str, Any]) -> Fault:
    if isinstance(error, str):
        error = {"kind": error}
    elif isinstance(error, int):
        error = {"status": error}
    known = [item.name for item in fields(Fault)]
    if unknown := [name for name in error if name not in known]:
        raise ValueError(f"{unknown[0]!r} means nothing; known: {', '.join(known)}")
    kind = error.get("kind", "http")
    if error.get("in_stream") and kind in BREAKS:
        raise ValueError(f"in_stream goes with a refusal, and {kind} is none")
    if kind not in REFUSALS + BREAKS:
        raise ValueError(f"kind {kind!r} means nothing; known: {', '.join(REFUSALS + BREAKS)}")
    times = math.inf if error.get("times") == "always" else error.get("times", 1)
    if isinstance(times, str) or times < 0:
        raise ValueError(f"times is {times!r}; give a count of requests or always")
    return Fault(**{"instead": kind == "slow", **error, "times": times})
