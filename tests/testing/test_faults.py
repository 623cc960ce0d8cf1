"""Every kind of bad weather, as a client meets it."""

import http.client
import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import APIS, ask, events, streamed, text

LONG = "an answer that is long enough to be sent in many pieces, one after another " * 3
REFUSALS = {  # kind: status and what tells it apart, by wire format
    "rate_limit": {
        "anthropic": (429, "rate_limit_error"),
        "chat": (429, "rate_limit_exceeded"),
        "gemini": (429, "EXHAUSTED"),
    },
    "overloaded": {"anthropic": (529, "overloaded_error"), "chat": (503, "overloaded"), "gemini": (503, "UNAVAILABLE")},
    "quota": {
        "anthropic": (400, "credit balance is too low"),
        "chat": (429, "insufficient_quota"),
        "gemini": (429, "quota"),
    },
    "server": {"anthropic": (500, "api_error"), "chat": (500, "server_error"), "gemini": (500, "INTERNAL")},
    "expired_key": {
        "anthropic": (401, "authentication_error"),
        "chat": (401, "invalid_api_key"),
        "gemini": (400, "API_KEY_INVALID"),
    },
    "forbidden": {
        "anthropic": (403, "permission_error"),
        "chat": (403, "request_forbidden"),
        "gemini": (403, "PERMISSION_DENIED"),
    },
    "no_model": {"anthropic": (404, "not_found_error"), "chat": (404, "model_not_found"), "gemini": (404, "NOT_FOUND")},
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_is_that_of_the_provider_then_the_turn_is_played(kind, api) -> None:
    status, mark = REFUSALS[kind]["chat" if api == "responses" else api]
    with FakeModel(turns=[{"error": kind, "text": "well"}]) as model:
        got, headers, raw = ask(model.url, api)
        assert (got, headers["content-type"]) == (status, "application/json")
        assert mark in json.dumps(json.loads(raw)["error"])
        assert text(api, ask(model.url, api)[2]) == "well"
    assert model.faults == {kind: 1}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_takes_the_status_asked_for(status) -> None:
    with FakeModel(turns=[{"error": {"kind": "server", "status": status}}, {"error": status}]) as model:
        assert [ask(model.url)[0] for _ in range(4)] == [status, 200, status, 200]
    assert model.faults == {"server": 2}


@pytest.mark.parametrize(("api", "mark"), [("anthropic", "billing_error"), ("chat", "Insufficient credits")])
def test_quota_may_be_a_402(api, mark) -> None:
    with FakeModel(turns=[{"error": {"kind": "quota", "status": 402}}]) as model:
        status, _, raw = ask(model.url, api)
    assert (status, mark in raw.decode()) == (402, True)


def test_retry_after_is_seconds_or_a_date() -> None:
    errors = [{"kind": "rate_limit", "retry_after": 7}, {"kind": "overloaded", "retry_after_date": 3600}]
    with FakeModel(turns=[{"error": errors}]) as model:
        assert ask(model.url)[1]["retry-after"] == "7"
        when = parsedate_to_datetime(ask(model.url)[1]["retry-after"])
    assert timedelta(minutes=30) < when - datetime.now(UTC) <= timedelta(hours=1)


def test_a_fault_says_its_own_message_and_headers() -> None:
    error = {"status": 418, "message": "short and stout", "headers": {"x-should-retry": "false"}}
    with FakeModel(turns=[{"error": error}]) as model:
        status, headers, raw = ask(model.url)
    assert (status, headers["x-should-retry"]) == (418, "false")
    assert json.loads(raw)["error"]["message"] == "short and stout"


def test_times_counts_the_requests_that_fail() -> None:
    with FakeModel(turns=["one", {"error": {"kind": "server", "times": 3}, "text": "two"}, "three"]) as model:
        assert [ask(model.url)[0] for _ in range(6)] == [200, 500, 500, 500, 200, 200]
        assert model.log[4]["reply"] == "two"


def test_instead_makes_the_fault_the_turn() -> None:
    with FakeModel(turns=[{"error": {"kind": "server", "times": 2, "instead": True}, "text": "never"}, "two"]) as model:
        assert [ask(model.url)[0] for _ in range(3)] == [500, 500, 200]
    assert [entry["reply"] for entry in model.log] == [None, None, "two"]


def test_always_never_clears() -> None:
    with FakeModel(turns=[{"error": {"kind": "overloaded", "times": "always"}}]) as model:
        assert {ask(model.url)[0] for _ in range(5)} == {503}
        model.reset({"turns": ["clear again"]})
        assert text("chat", ask(model.url)[2]) == "clear again"


@pytest.mark.parametrize("api", APIS)
def test_an_overload_may_come_inside_of_a_stream(api) -> None:
    with FakeModel(turns=[{"error": {"kind": "overloaded", "in_stream": True}, "text": LONG}]) as model:
        status, _, raw = ask(model.url, api, stream=True)
        *good, last = events(raw)
        assert (status, bool(good)) == (200, True)
        assert "verloaded" in json.dumps(last)
        assert streamed(api, ask(model.url, api, stream=True)[2]) == LONG


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_a_reset_gives_no_reply_then_the_turn(api, stream) -> None:
    with FakeModel(turns=[{"error": "reset", "text": LONG}]) as model:
        with pytest.raises(ConnectionResetError):
            ask(model.url, api, stream=stream)
        raw = ask(model.url, api, stream=stream)[2]
    assert (streamed(api, raw) if stream else text(api, raw)) == LONG


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_a_disconnect_gives_half_a_reply(api, stream) -> None:
    with (
        FakeModel(turns=[{"error": "disconnect", "text": LONG}]) as model,
        pytest.raises(http.client.IncompleteRead) as cut,
    ):
        ask(model.url, api, stream=stream)
    assert cut.value.partial


def test_a_disconnect_comes_after_the_events_asked_for() -> None:
    turn = {"error": {"kind": "disconnect", "after_events": 3}, "text": LONG}
    with FakeModel(turns=[turn]) as model, pytest.raises(http.client.IncompleteRead) as cut:
        ask(model.url, stream=True)
    assert len(events(cut.value.partial)) == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_stall_sends_half_then_nothing(stream) -> None:
    with FakeModel(turns=[{"error": "stall", "text": LONG}, {"text": LONG}]) as model:
        half, whole = (_until_silence(_open(model, stream=stream, timeout=wait)) for wait in (1.0, 10.0))
    assert half[1] == "silence"
    assert whole[1] == "end"
    assert 0 < len(half[0]) < len(whole[0])


def test_a_hang_sends_nothing() -> None:
    with FakeModel(turns=[{"error": "hang"}]) as model, pytest.raises(TimeoutError):
        _open(model, timeout=0.3)
    assert model.faults == {"hang": 1}


def test_a_hang_may_end_by_itself() -> None:
    with FakeModel(turns=[{"error": {"kind": "hang", "seconds": 0.05}}]) as model:
        with pytest.raises(http.client.RemoteDisconnected):
            _open(model)
        assert ask(model.url)[0] == 200


@pytest.mark.parametrize("api", APIS)
def test_a_malformed_body_is_no_json(api) -> None:
    with FakeModel(turns=[{"error": "malformed", "text": LONG}]) as model:
        status, headers, raw = ask(model.url, api)
    assert (status, headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(raw)


@pytest.mark.parametrize("api", APIS)
def test_a_malformed_stream_ends_in_a_line_that_is_no_json(api) -> None:
    with FakeModel(turns=[{"error": "malformed", "text": LONG}]) as model:
        _, _, raw = ask(model.url, api, stream=True)
    *good, last = [line[6:] for line in raw.decode().splitlines() if line.startswith("data: ")]
    assert [json.loads(line) for line in good]
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_reply_is_a_success_without_a_body(stream) -> None:
    with FakeModel(turns=[{"error": "empty", "text": LONG}]) as model:
        assert ask(model.url, stream=stream)[::2] == (200, b"")


@pytest.mark.parametrize("status", [200, 502])
def test_a_gateway_answers_with_a_page(status) -> None:
    with FakeModel(turns=[{"error": {"kind": "html", "status": status}}]) as model:
        got, headers, raw = ask(model.url)
    assert (got, headers["content-type"], raw[:15]) == (status, "text/html", b"<!DOCTYPE html>")


@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_reply_is_whole_and_is_the_turn(stream) -> None:
    with FakeModel(turns=[{"error": {"kind": "slow", "every": 0.0001}, "text": "slow"}, "two"]) as model:
        raw = ask(model.url, stream=stream)[2]
        assert (streamed("chat", raw) if stream else text("chat", raw)) == "slow"
        assert text("chat", ask(model.url)[2]) == "two"
    assert (model.answered, model.faults) == (2, {"slow": 1})


def test_a_slow_reply_comes_in_single_bytes() -> None:
    with FakeModel(turns=[{"error": {"kind": "slow", "every": 0.05}, "text": LONG}]) as model:
        reply = _open(model)
        assert len(reply.read1(65536)) < len(LONG)


def _open(model, *, stream=False, timeout=10.0) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", model.port, timeout=timeout)
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": stream}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        return connection.getresponse()
    finally:
        if connection.sock:
            assert isinstance(connection.sock, socket.socket)
            connection.sock.close()  # the reply keeps its own hold


def _until_silence(reply: http.client.HTTPResponse) -> tuple[bytes, str]:
    got = b""
    try:
        while piece := reply.read1(65536):
            got += piece
    except TimeoutError:
        return got, "silence"
    return got, "end"
