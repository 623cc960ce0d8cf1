"""A failure that a service reports: weather that passes by waiting, or a refusal that somebody has to mend."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus as S
from typing import Any

from autoexp.ports import AccessRefused, Unavailable
from autoexp.proposers.model.client.mends import mend
from autoexp.proposers.model.client.said import Said
from autoexp.proposers.model.client.values import Endpoint
from autoexp.proposers.model.client.words import shown

OVERLOADED = {498, S.SERVICE_UNAVAILABLE, 529}
PASSING = {S.REQUEST_TIMEOUT, S.CONFLICT, S.TOO_EARLY, 499}
QUOTA_STATUSES = {S.BAD_REQUEST, S.PAYMENT_REQUIRED, S.FORBIDDEN, S.TOO_MANY_REQUESTS}
QUOTA = re.compile(
    r"insufficient[_ ](quota|balance|credit|funds)|credit balance|exceeded your current quota|billing[_ ](hard|error|not)|quota[_ ]exceeded"
    r"|exceeded[^.]{0,20} quota|requires more credits|out of credits|key limit exceeded|spend(ing)? limit"
)
KINDS = {
    "overloaded_error": 529,
    "rate_limit_error": S.TOO_MANY_REQUESTS,
    "rate_limit_exceeded": S.TOO_MANY_REQUESTS,
    "insufficient_quota": S.TOO_MANY_REQUESTS,
    "billing_error": S.PAYMENT_REQUIRED,
    "authentication_error": S.UNAUTHORIZED,
    "invalid_api_key": S.UNAUTHORIZED,
    "permission_error": S.FORBIDDEN,
    "not_found_error": S.NOT_FOUND,
    "model_not_found": S.NOT_FOUND,
    "request_too_large": S.REQUEST_ENTITY_TOO_LARGE,
    "context_length_exceeded": S.BAD_REQUEST,
    "exceed_context_size_error": S.BAD_REQUEST,
    "invalid_request_error": S.BAD_REQUEST,
    "badrequesterror": S.BAD_REQUEST,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who was asked, what it did, and how long it wants to be left alone."""

    endpoint: Endpoint
    deed: str
    retry_after_s: float | None = None


def failure(said: Said, around: Circumstances) -> Unavailable | AccessRefused:
    """Give what a service's failure means, with its own message in it."""
    key = around.endpoint.key.strip()
    message = shown(said.message, key=key)
    reason = around.deed + (f": {message}" if message else "")
    if kind := _weather(said):
        return Unavailable(reason, kind=kind, retry_after_s=around.retry_after_s)
    what, fix = mend(said, around.endpoint)
    return AccessRefused(f"{what}: {reason}", fix=fix)


def said_in_body(status: int, body: bytes, *, location: str = "") -> Said:
    """Read what the body of a failed request says, whatever it is."""
    if 300 <= status < 400:  # noqa: PLR2004  the class of redirects
        return Said(status, message=f"the service is at {location}" if location else "the service is elsewhere")
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return Said(status, message=_page(body))
    return _said(payload, status=status)


def said_in_answer(payload: Any) -> Said:
    """Read an error that came instead of an answer under a good status: its own code or type tells what it means."""
    said = _said(payload, status=0)
    number = next((int(word) for word in said.kinds if re.fullmatch(r"[45]\d\d", word)), 0)
    status = number or next((KINDS[word] for word in said.kinds if word in KINDS), S.INTERNAL_SERVER_ERROR)
    return Said(int(status), said.kinds, said.param, said.message or "an error, and nothing about it")


def _weather(said: Said) -> str:
    if said.status == S.PAYMENT_REQUIRED or (said.status in QUOTA_STATUSES and QUOTA.search(said.words)):
        return "quota"
    if said.status == S.TOO_MANY_REQUESTS:
        return "rate_limit"
    server = said.status >= S.INTERNAL_SERVER_ERROR
    if said.status in OVERLOADED or "overloaded_error" in said.kinds or (server and "overloaded" in said.words):
        return "overloaded"
    return "server" if server or said.status in PASSING else ""


def _said(payload: Any, *, status: int) -> Said:
    if isinstance(payload, list) and payload:
        payload = payload[0]
    outer = payload if isinstance(payload, Mapping) else {"message": payload if isinstance(payload, str) else ""}
    error = outer.get("error")
    inner = error if isinstance(error, Mapping) else outer
    kinds = [value.get(name) for value in (inner, outer) for name in ("code", "type", "status")]
    texts = [error if isinstance(error, str) else None, inner.get("message"), outer.get("message"), outer.get("detail")]
    metadata = inner.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    return Said(
        status,
        kinds=tuple(
            str(kind).lower()[:60] for kind in kinds if isinstance(kind, str | int) and not isinstance(kind, bool)
        ),
        param=str(inner.get("param") or "")[:60],
        message=" ".join(_text(text) for text in (next((t for t in texts if t), None), raw) if text),
    )


def _text(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:4000]


def _page(body: bytes) -> str:
    text = body[:4000].decode("utf-8", "replace").strip()
    if not text.startswith("<"):
        return text
    title = re.search(r"<title[^>]{0,80}>([^<]{1,200})", text, re.IGNORECASE)
    return f"an HTML page: {title[1]}" if title else "an HTML page"
