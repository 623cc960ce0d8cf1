"""Each kind of bad weather and each refusal, over real HTTP, for both interfaces, streamed and not: one request, one clear word."""

import socket

import pytest
from tests.proposers.model.client.serving import (
    KEY,
    Raw,
    anthropic_stream,
    asked,
    event_bytes,
    http,
    openai_answer,
    openai_stream,
    sse,
)

from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.proposers.model.client import Endpoint, Message, ask
from autoexp.testing.fake_model import FakeModel

HELLO = [Message("user", "Hello?")]
APIS = pytest.mark.parametrize("api", ["openai", "anthropic"])
STREAMS = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


@APIS
@STREAMS
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("rate_limit", "rate_limit"),
        ("overloaded", "overloaded"),
        ("quota", "quota"),
        ({"kind": "http", "status": 402}, "quota"),
        ({"kind": "http", "status": 408}, "server"),
        ({"kind": "http", "status": 409}, "server"),
        ({"kind": "http", "status": 425}, "server"),
        ("server", "server"),
        ({"kind": "http", "status": 502}, "server"),
        ({"kind": "http", "status": 504}, "server"),
        ({"kind": "http", "status": 524}, "server"),
        ({"kind": "http", "status": 503}, "overloaded"),
        ({"kind": "http", "status": 529}, "overloaded"),
        ({"kind": "html", "status": 502}, "server"),
        ("reset", "reset"),
        ("malformed", "malformed"),
        ("empty", "malformed"),
        ("html", "malformed"),
    ],
    ids=str,
)
def test_weather_passes_and_the_next_request_is_answered(api, stream, fault, kind):
    with FakeModel(turns=[{"error": fault, "text": "after the rain"}]) as model:
        away = asked(api, model.url, stream=stream)
        assert isinstance(away, Unavailable)
        assert away.kind == kind
        assert model.requests == 1
        assert f"127.0.0.1:{model.port}" in str(away)
        assert ask(Endpoint(api, model.url, "fake-model", stream=stream), HELLO).text == "after the rain"
        assert model.requests == 2


@APIS
@STREAMS
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired_key", "proposer.api_key_env"),
        ("forbidden", "proposer.api_key_env"),
        ("no_model", "proposer.model"),
        ({"kind": "http", "status": 400}, "proposer."),
        ({"kind": "http", "status": 413}, "scope.edit"),
        ({"kind": "http", "status": 422}, "proposer."),
        ({"kind": "http", "status": 405}, "proposer.base_url"),
    ],
    ids=str,
)
def test_a_refusal_names_the_key_to_look_at(api, stream, fault, words):
    with FakeModel(turns=[{"error": fault}]) as model:
        refused = asked(api, model.url, stream=stream)
        assert isinstance(refused, AccessRefused)
        assert words in refused.fix
        assert model.requests == 1


@APIS
@pytest.mark.parametrize(
    ("error", "kind"),
    [("overloaded", "overloaded"), ("rate_limit", "rate_limit"), ("server", "server"), ("quota", "quota")],
)
def test_an_error_inside_a_stream_is_weather(api, error, kind):
    with FakeModel(turns=[{"text": "a b c d e f g h", "error": {"kind": error, "in_stream": True}}]) as model:
        away = asked(api, model.url)
        assert isinstance(away, Unavailable)
        assert away.kind == kind


@APIS
def test_a_refusal_inside_a_stream_is_one(api):
    with FakeModel(turns=[{"text": "a b c d e f g h", "error": {"kind": "expired_key", "in_stream": True}}]) as model:
        refused = asked(api, model.url)
        assert isinstance(refused, AccessRefused)
        assert "proposer.api_key_env" in refused.fix


@APIS
@STREAMS
def test_silence_is_a_hang(api, stream):
    with FakeModel(turns=[{"error": "hang"}]) as model:
        away = asked(api, model.url, stream=stream, idle_s=0.3)
        assert away.kind == "hang"
        assert "0.3 s" in str(away)


@APIS
def test_a_stream_that_falls_silent_is_a_hang(api):
    with FakeModel(turns=[{"text": "a b c d e f g h", "error": "stall"}]) as model:
        assert asked(api, model.url, idle_s=0.3).kind == "hang"


@APIS
def test_a_stream_that_only_lives_is_a_hang_when_its_time_is_over(api):
    with FakeModel(turns=[{"text": "a b c d e f g h" * 20, "error": {"kind": "slow", "every": 0.05}}]) as model:
        away = asked(api, model.url, idle_s=5, total_s=0.6)
        assert away.kind == "hang"
        assert "0.6 s" in str(away)


@APIS
@STREAMS
def test_half_an_answer_is_cut(api, stream):
    with FakeModel(turns=[{"text": "a b c d e f g h", "error": "disconnect"}]) as model:
        assert asked(api, model.url, stream=stream).kind == "cut"


@APIS
@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_stream_without_its_end_is_cut_wherever_it_ends(api, then):
    events = {"openai": openai_stream("a", "b"), "anthropic": anthropic_stream("a", "b")}[api]
    whole = sse(*events, length=False)
    body = whole.find(b"\r\n\r\n") + 4
    kinds = {"cut", "reset"} if then == "reset" else {"cut"}  # a reset may overtake what was sent before it
    for end in range(body + 8, max(whole.find(b'"stop"'), whole.find(b'"end_turn"')), 17):
        with Raw(whole[:end], then=then) as server:
            assert asked(api, server.url).kind in kinds, end


@APIS
def test_a_finished_answer_whose_connection_breaks_before_the_marker_is_cut(api):
    events = {"openai": openai_stream("a", end=False), "anthropic": anthropic_stream("a", end=False)}[api]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b"".join(event_bytes(event) for event in events)
    with Raw(head + f"{len(body):x}\r\n".encode() + body + b"\r\n") as server:
        assert asked(api, server.url).kind == "cut"


@APIS
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"choices": [}',
        b"null",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"content": "text"}',
        b'{"choices": [{"index": 0, "message": null}]}',
        b'{"choices": [{"index": 0, "message": {"content": 5}}], "content": [{"type": "text", "text": 5}]}',
        b'{"choices": ["x"], "content": 5}',
        b"\xff\xfe{}",
        b" \n ",
        b"Service temporarily away",
        b"data: [DONE]\n\n",
        b"data: {broken\n\n",
        b'data: {"choices": [{"index": 0, "delta": {"content": "\xff"}}]}\n\n',
        b"data: 5\n\n",
        b'{"usage": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_body_without_an_answer_is_malformed(api, body):
    with Raw(http(body)) as server:
        away = asked(api, server.url)
        assert isinstance(away, Unavailable)
        assert away.kind in {"malformed", "cut"}
        assert server.connections == 1


@APIS
def test_a_reply_of_more_than_16_mb_is_paid_for_and_cannot_be_used(api):
    with Raw(pieces=[b"HTTP/1.1 200 OK\r\n\r\n", *[b'{"text": "' + b"x" * 1024 * 1024] * 17], then="hold") as server:
        failed = asked(api, server.url)
        assert isinstance(failed, ProposerFailed)
        assert (failed.mendable, failed.said.requests, "16 MB" in str(failed)) == (True, 1, True)


@pytest.mark.parametrize(
    "junk",
    [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", b"\x00" * 50],
)
def test_what_is_no_http_is_malformed(junk):
    with Raw(junk) as server:
        assert asked("openai", server.url).kind == "malformed"


def test_what_cannot_be_unpacked_is_malformed():
    with Raw(http(b"no gzip at all", headers={"content-encoding": "gzip"})) as server:
        assert asked("openai", server.url).kind == "malformed"


def test_nobody_there_is_a_reset():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    away = asked("openai", f"http://127.0.0.1:{port}")
    assert away.kind == "reset"
    assert f"127.0.0.1:{port} cannot be reached" in str(away)


def test_an_unknown_name_is_a_reset():
    assert asked("openai", "http://no-such-host.invalid").kind == "reset"


def test_closing_without_a_word_is_a_reset():
    with Raw(b"") as server:
        assert asked("openai", server.url).kind == "reset"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_not_followed(status):
    with (
        Raw(http(openai_answer())) as target,
        Raw(http(b"", status=status, headers={"location": target.url + "/v1?key=" + KEY})) as server,
    ):
        refused = asked("openai", server.url)
        assert isinstance(refused, AccessRefused)
        assert "proposer.base_url" in refused.fix
        assert target.url in str(refused)
        assert target.connections == 0


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, {"error": {"message": "You exceeded your current quota, please check your plan", "type": "insufficient_quota", "code": "insufficient_quota"}}, "quota"),
        (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}}, "quota"),
        (402, {"error": {"message": "Insufficient Balance"}}, "quota"),
        (403, {"error": {"message": "Key limit exceeded (total limit)", "code": 403}}, "quota"),
        (429, {"detail": "slow down"}, "rate_limit"),
        (429, {"error": {"message": "Rate limit reached. Add a payment method at https://h/account/billing.", "code": "rate_limit_exceeded"}}, "rate_limit"),
        (429, "slow down", "rate_limit"),
        (498, {"error": "flex tier capacity exceeded"}, "overloaded"),
        (500, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
        (500, {"error": "model runner has unexpectedly stopped"}, "server"),
        (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, "overloaded"),
        (200, {"error": {"message": "Provider returned error", "code": 502}}, "server"),
        (200, {"error": {"message": "Rate limited", "code": 429}}, "rate_limit"),
        (200, {"choices": [{"index": 0, "error": {"message": "upstream broke", "code": 502}, "finish_reason": "error"}]}, "server"),
        (200, {"error": "something"}, "server"),
        (200, [{"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}], "malformed"),
    ],
)  # fmt: skip
def test_what_services_say_about_their_weather(status, body, kind):
    with Raw(http(body, status=status)) as server:
        away = asked("openai", server.url)
        assert isinstance(away, Unavailable)
        assert away.kind == kind


@pytest.mark.parametrize(
    ("status", "body", "what", "fix"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}. Find yours at ..."}}, "refuses the key", "proposer.api_key_env"),
        (401, {"error": {"message": f"Incorrect API key provided: {KEY[:14]}... ."}}, "refuses the key", "proposer.api_key_env"),
        (400, [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}], "refuses the key", "proposer.api_key_env"),
        (403, "<html><head><title>Just a moment</title></head></html>", "no right", "proposer.api_key_env"),
        (404, {"error": {"message": "The model `m` does not exist or you do not have access to it.", "code": "model_not_found"}}, "no model m", "proposer.model"),
        (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}, "no model m", "proposer.model"),
        (400, {"error": {"message": "m is not a valid model ID", "code": 400}}, "no model m", "proposer.model"),
        (404, {"detail": "Not Found"}, "nothing at this address", "proposer.base_url"),
        (404, "404 page not found", "nothing at this address", "proposer.base_url"),
        (400, {"error": {"message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", "code": "context_length_exceeded"}}, "too long for the context", "scope.edit"),
        (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 208310 tokens > 200000 maximum"}}, "too long for the context", "scope.edit"),
        (400, {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}, "too long for the context", "scope.edit"),
        (413, {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}, "too long for the context", "scope.edit"),
        (400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}}, "stream_options", "{stream_options: null}"),
        (422, {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}, "stream_options", "{stream_options: null}"),
        (400, {"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "param": "max_tokens"}}, "max_tokens", "max_completion_tokens"),
        (400, {"error": {"message": "Unknown field max_completion_tokens"}}, "max_completion_tokens", "max_tokens"),
        (400, {"error": {"message": "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens"}}, "max_tokens", "proposer.max_output"),
        (400, {"error": {"message": "Unsupported value: 'temperature' does not support 0.2 with this model."}}, "temperature", "proposer.options"),
        (407, "proxy says no", "a proxy", "HTTPS_PROXY"),
        (200, {"error": {"type": "invalid_request_error", "message": "bad field"}}, "as bad", "proposer.options"),
        (418, "teapot", "refuses the request", "proposer.base_url"),
    ],
)  # fmt: skip
def test_what_services_say_when_they_refuse(status, body, what, fix):
    with Raw(http(body, status=status)) as server:
        refused = asked("openai", server.url)
        assert isinstance(refused, AccessRefused)
        assert what in str(refused)
        assert fix in refused.fix
        assert server.connections == 1


def test_without_a_key_the_mend_is_to_name_one():
    with (
        Raw(http({"error": {"message": "Missing bearer authentication in header"}}, status=401)) as server,
        pytest.raises(AccessRefused) as refused,
    ):
        ask(Endpoint("openai", server.url, "m"), HELLO)
    assert "none was sent" in str(refused.value)
    assert "proposer.api_key_env" in refused.value.fix


def test_a_long_or_wild_message_is_cut_and_cleaned():
    wild = "\x1b[31mred\r\n" + KEY + " " + "long " * 500 + KEY
    with Raw(http({"error": {"message": wild}}, status=500)) as server:
        text = str(asked("openai", server.url))
    assert "red *** long" in text
    assert "\x1b" not in text
    assert "\n" not in text
    assert len(text) < 350


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ratelimit-reset-tokens": "1m2s"}, 62),
        ({}, None),
    ],
)
def test_the_wait_that_a_service_asks_for_is_told(headers, seconds):
    with Raw(http({"error": "later"}, status=429, headers=headers)) as server:
        assert asked("openai", server.url).retry_after_s == seconds


def test_a_date_to_come_back_is_told_as_seconds():
    headers = {"date": "Sat, 21 Nov 2026 10:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT"}
    with Raw(http({"error": "later"}, status=503, headers=headers)) as server:
        assert asked("openai", server.url).retry_after_s == 30
