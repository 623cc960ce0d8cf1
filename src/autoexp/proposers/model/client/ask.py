"""Ask a model once: send, read, price. What comes is a Reply, weather, or a refusal with its mend."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.proposers.model.client.exchange import Exchange, Head
from autoexp.proposers.model.client.extra import need
from autoexp.proposers.model.client.failures import ErrorSaid, Unreadable
from autoexp.proposers.model.client.prices import cost
from autoexp.proposers.model.client.reading import Reading
from autoexp.proposers.model.client.request import Request, prepared
from autoexp.proposers.model.client.values import Answer, Endpoint, Message, Reply
from autoexp.proposers.model.client.waits import wait_asked
from autoexp.proposers.model.client.weather import Circumstances, failure, said_in_answer, said_in_body
from autoexp.proposers.model.client.words import shown

GOOD, LIMITED = range(200, 300), 429
MOST_ERROR_BYTES = 64 * 1024


def ready() -> None:
    """See that a model can be asked from here. Raises AutoexpError when the extra `models` is not installed."""
    need("httpx2", "genai_prices")


def ask(endpoint: Endpoint, messages: Sequence[Message], *, stop: Callable[[], bool] | None = None) -> Reply:
    """Make one HTTP request and give what the model said, what it used and what that cost.

    Raises Unavailable when asking again later may help, AccessRefused when somebody has to mend something first, ProposerFailed when `stop`
    turns true meanwhile, and AutoexpError when the extra `models` is not installed.
    """
    ready()
    began = time.monotonic()
    request = prepared(endpoint, messages)
    if stop is not None and stop():
        raise ProposerFailed("stopped")
    with Exchange(request, endpoint=endpoint, stop=stop) as exchange:
        head = exchange.head()
        outcome = (
            _answer(exchange, endpoint, request) if head.status in GOOD else _failure(exchange, head, endpoint, request)
        )
    if not isinstance(outcome, Answer):
        raise outcome
    usd, source = cost(outcome.tokens, endpoint, outcome.reported_usd)
    return Reply(
        text=outcome.text,
        tokens=outcome.tokens,
        cost_usd=usd,
        cost_source=source,
        model=shown(outcome.model, key=endpoint.key.strip(), limit=200) or endpoint.model,
        finish=outcome.finish,
        wall_s=time.monotonic() - began,
    )


def _answer(exchange: Exchange, endpoint: Endpoint, request: Request) -> Answer | Unavailable | AccessRefused:
    reading = Reading(endpoint.api)
    try:
        for chunk in exchange.chunks():
            reading.feed(chunk)
            if reading.done:
                break
        return reading.answer()
    except ErrorSaid as error:
        return failure(said_in_answer(error.payload), Circumstances(endpoint, f"{request.where} broke off its answer"))
    except Unreadable as unreadable:
        words = shown(str(unreadable), key=endpoint.key.strip())
        return Unavailable(f"the reply of {request.where} cannot be used: {words}", kind=unreadable.kind)


def _failure(exchange: Exchange, head: Head, endpoint: Endpoint, request: Request) -> Unavailable | AccessRefused:
    body = bytearray()
    with suppress(Unavailable, AccessRefused):  # what it says about its failure is welcome, but not needed
        for chunk in exchange.chunks():
            body += chunk
            if len(body) > MOST_ERROR_BYTES:
                break
    said = said_in_body(head.status, bytes(body), location=head.headers.get("location", ""))
    wait_s = wait_asked(head.headers, limited=head.status == LIMITED, now=datetime.now(UTC))
    return failure(said, Circumstances(endpoint, f"{request.where} answered {head.status}", wait_s))
