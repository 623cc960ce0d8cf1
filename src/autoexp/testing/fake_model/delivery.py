"""How a reply goes over the wire: pure plans of bytes, pauses and endings, with a fault worked into them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from .faults import Fault
from .wire import FORMATS
from .wire.reply import Event, Refusal, Written
from .wire.request import Json, Request

_GATEWAY = (
    "<!DOCTYPE html><html><head><title>{0} Bad gateway</title></head><body><h1>{0} Bad gateway</h1></body></html>\n"
)


@dataclass(frozen=True)
class Delivery:
    """What is sent and how it ends: `done`, `cut` (closed early), `hold` (silence until the client goes) or `reset` (RST)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    chunked: bool = False
    length: int = 0
    silent: bool = False  # no status line, no headers
    end: str = "done"
    wait: float = 0.0  # seconds before the first byte
    pause: float = 0.0  # seconds after each piece
    trickle: float = 0.0  # seconds after each byte
    hold: float | None = None  # seconds of silence; None is for ever


def as_json(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Delivery:
    """Return a plain JSON reply."""
    raw = json.dumps(body).encode()
    return Delivery(status, {"content-type": "application/json", **(headers or {})}, (raw,), length=len(raw))


def as_asked(request: Request, written: Written, *, pause: float = 0.0) -> Delivery:
    """Return a reply as the client asked for it: events, or one body."""
    if not request.stream:
        return as_json(written.body)
    if request.api == "gemini" and request.query.get("alt") != "sse":
        return as_json([data for _, data in written.events])
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache"}
    return Delivery(200, headers, tuple(_sse(event) for event in written.events), chunked=True, pause=pause)


def refused(request: Request, fault: Fault, *, now: datetime) -> Delivery:
    """Return the refusal of a provider, with the headers that tell when to come again."""
    refusal = _refusal(request, fault)
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    if isinstance(fault.retry_after_date, str):
        headers["retry-after"] = fault.retry_after_date
    elif fault.retry_after_date is not None:
        when = now.astimezone(UTC) + timedelta(seconds=fault.retry_after_date)
        headers["retry-after"] = format_datetime(when, usegmt=True)
    return as_json(refusal.body, status=refusal.status, headers=headers)


def broken(whole: Delivery, request: Request, fault: Fault) -> Delivery:
    """Return a whole reply with the fault worked into it."""
    if fault.in_stream and whole.chunked:
        return replace(whole, pieces=(*_half(whole, fault), _sse(_error_event(request, fault))))
    if fault.kind in {"hang", "reset"}:
        return Delivery(silent=True, end="reset" if fault.kind == "reset" else "hold", hold=fault.seconds)
    if fault.kind in {"stall", "disconnect"}:
        end = "hold" if fault.kind == "stall" else "cut"
        return replace(whole, pieces=_half(whole, fault), end=end, hold=fault.seconds)
    if fault.kind == "slow":
        return replace(whole, trickle=fault.every)
    return _spoiled(whole, fault)


def _spoiled(whole: Delivery, fault: Fault) -> Delivery:
    if fault.kind == "malformed":
        return _malformed(whole, fault)
    if fault.kind == "html":
        raw = (fault.body or _GATEWAY.format(fault.status or 502)).encode()
        return Delivery(fault.status or 200, {"content-type": "text/html"}, (raw,), length=len(raw))
    return replace(whole, status=fault.status or 200, pieces=(), length=0)


def _half(whole: Delivery, fault: Fault) -> tuple[bytes, ...]:
    if whole.chunked:
        count = max(2, len(whole.pieces) // 2) if fault.after_events is None else fault.after_events
        return whole.pieces[: min(count, len(whole.pieces) - 1)]
    raw = b"".join(whole.pieces)
    return (raw[: len(raw) // 2],) if fault.after_events != 0 else ()


def _malformed(whole: Delivery, fault: Fault) -> Delivery:
    if not whole.chunked:
        raw = fault.body.encode() if fault.body is not None else b"".join(_half(whole, fault))
        return replace(whole, pieces=(raw,), length=len(raw))
    sent = _half(whole, fault)
    torn = whole.pieces[len(sent)]
    line = f"data: {fault.body}".encode() if fault.body is not None else torn[: len(torn) * 2 // 3].rstrip()
    return replace(whole, pieces=(*sent, line + b"\n\n"))


def _refusal(request: Request, fault: Fault) -> Refusal:
    status = fault.status or (500 if fault.kind == "http" else None)
    return FORMATS[request.api].refuse(fault.refusal, status, fault.message, request.model)


def _error_event(request: Request, fault: Fault) -> Event:
    body: Json = _refusal(request, fault).body
    if request.api == "responses":
        return "error", {"type": "error", "sequence_number": 0, **body["error"]}
    return ("error" if request.api == "anthropic" else None), body


def _sse(event: Event) -> bytes:
    name, data = event
    line = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {line}\n\n".encode()
