"""Whatever bytes come back, what comes out is a Reply, Unavailable or AccessRefused, and nothing else."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.proposers.model.client.serving import Raw, anthropic_stream, event_bytes, openai_stream

from autoexp.ports import AccessRefused, Unavailable
from autoexp.proposers.model.client import Endpoint, Message, Reply, ask
from autoexp.proposers.model.client.failures import ErrorSaid, Unreadable
from autoexp.proposers.model.client.reading import Reading
from autoexp.proposers.model.client.request import prepared
from autoexp.proposers.model.client.weather import Circumstances, failure, said_in_answer, said_in_body

WORDS = [
    "choices", "message", "delta", "content", "text", "type", "role", "index", "finish_reason", "stop", "error", "code", "message_start", "message_delta",
    "message_stop", "content_block_delta", "content_block_start", "content_block", "text_delta", "usage", "stop_reason", "param", "detail", "metadata", "raw",
    "model", "refusal", "input_tokens", "prompt_tokens", "completion_tokens", "cost",
]  # fmt: skip
NAMES = st.sampled_from(WORDS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=6),
    max_leaves=25,
)
EVENTS = [
    event_bytes(event)
    for event in (*openai_stream("a", usage={"prompt_tokens": 1}), *anthropic_stream("a", usage={"input_tokens": 1}))
]
PIECES = st.one_of(
    st.sampled_from(EVENTS),
    JSON.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n"),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"data:",
            b"data: ",
            b"\n",
            b"\r",
            b"\r\n",
            b": x\n",
            b"event: error\n",
            b"event: ping\n\n",
            b"[DONE]",
            b"id: 1\n",
            b"{",
            b"}",
            b"\xef\xbb\xbf",
        ]
    ),
    st.binary(max_size=20),
)
BODIES = st.lists(PIECES, max_size=12).map(b"".join)
APIS = st.sampled_from(["openai", "anthropic"])


def read(api, pieces):
    """Read a body, and give what came out in a form that can be compared."""
    reading = Reading(api)
    try:
        for piece in pieces:
            reading.feed(piece)
            if reading.done:
                break
        return reading.answer()
    except ErrorSaid as error:
        return type(failure(said_in_answer(error.payload), Circumstances(Endpoint(api, "http://h", "m"), "h")))
    except Unreadable as unreadable:
        return unreadable.kind


@given(APIS, BODIES, st.data())
def test_a_body_means_the_same_however_it_is_cut_into_pieces(api, body, data):
    whole = read(api, [body])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[i:j] for i, j in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert repr(read(api, pieces)) == repr(whole)


@given(st.integers(100, 999), JSON | st.text(), st.binary(max_size=200))
def test_every_failure_is_weather_or_a_refusal(status, value, junk):
    for body in (json.dumps(value).encode(), junk):
        said = failure(said_in_body(status, body), Circumstances(Endpoint("openai", "http://h", "m"), "h"))
        assert isinstance(said, Unavailable | AccessRefused)
        assert str(said).isprintable()


@pytest.mark.parametrize("framing", ["close", "length", "chunked"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    api=APIS,
    status=st.sampled_from([200, 200, 200, 206, 400, 404, 429, 500]),
    body=BODIES,
    missing=st.integers(0, 3),
    stream=st.booleans(),
)
def test_whatever_is_sent_only_three_things_come_out(framing, api, status, body, missing, stream):
    head, raw = f"HTTP/1.1 {status} X\r\ncontent-type: text/event-stream\r\n", body
    if framing == "length":
        head += f"content-length: {len(body) + missing}\r\n"
    elif framing == "chunked":
        head += "transfer-encoding: chunked\r\n"
        raw = f"{len(body):x}\r\n".encode() + body + b"\r\n" + b"0\r\n\r\n"[: 5 - missing]
    with Raw(head.encode() + b"\r\n" + raw) as server:
        with suppress(Unavailable, AccessRefused):
            assert isinstance(ask(Endpoint(api, server.url, "m", stream=stream), [Message("user", "x")]), Reply)
        assert server.connections == 1


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_http_are_weather(junk):
    with Raw(junk) as server, suppress(Unavailable, AccessRefused):
        assert isinstance(ask(Endpoint("openai", server.url, "m"), [Message("user", "x")]), Reply)


ADDRESSES = st.lists(
    st.sampled_from(
        [
            "http://",
            "https://",
            "h",
            "[",
            "]",
            ":",
            "@",
            "/",
            "?",
            "#",
            "/v1",
            "::1",
            "99999",
            "..",
            "%",
            "\x00",
            " ",
            "\u2100",
        ]
    )
    | st.text(max_size=3)
).map("".join)


@given(
    APIS,
    ADDRESSES,
    st.text(max_size=10),
    st.dictionaries(st.text(max_size=5), JSON | st.binary(max_size=3), max_size=3),
)
def test_an_endpoint_is_asked_or_refused_whatever_it_is(api, base_url, key, options):
    endpoint = Endpoint(api, base_url, key + "\ud800", key=key, options=options)
    with suppress(AccessRefused):
        request = prepared(endpoint, [Message("user", "x\ud800", stable=True)])
        assert request.url.startswith(("http://", "https://"))
        assert json.loads(request.body)["messages"]
        assert all(value.isascii() and value.isprintable() for value in request.headers.values())
