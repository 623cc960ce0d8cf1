"""What goes out and what comes back, over real HTTP: one request, whatever form the answer has."""

import subprocess
import sys

import pytest
from tests.proposers.model.client.serving import (
    Raw,
    anthropic_answer,
    anthropic_stream,
    http,
    openai_answer,
    openai_stream,
    sse,
)

from autoexp.errors import AutoexpError
from autoexp.experiment.records import Tokens
from autoexp.ports import AccessRefused
from autoexp.proposers.model.client import Endpoint, Message, Price, ask
from autoexp.proposers.model.client.extra import load
from autoexp.testing.fake_model import FakeModel

HELLO = [Message("system", "Be brief."), Message("user", "Hello?")]
APIS = pytest.mark.parametrize("api", ["openai", "anthropic"])
STREAMS = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


@APIS
@STREAMS
def test_one_request_gives_text_usage_and_cost(api, stream):
    usage = {"input": 100, "output": 20, "cache_read": 50}
    with FakeModel(turns=[{"text": "Use a set.\nÄ €"}], usage=usage, key="sk-right-key") as model:
        base = model.openai_url if api == "openai" else model.url
        price = Price(input=1, output=10, cached=0.1)
        reply = ask(Endpoint(api, base, "fake-model", key="sk-right-key", stream=stream, price=price), HELLO)
        assert (model.requests, model.answered) == (1, 1)
    assert reply.text == "Use a set.\nÄ €"
    assert (reply.finish, reply.model) == ("stop", "fake-model")
    assert (reply.tokens.input, reply.tokens.cached, reply.tokens.output) == (150, 50, 20)
    assert reply.cost_usd == pytest.approx((100 * 1 + 50 * 0.1 + 20 * 10) / 1e6)
    assert reply.cost_source == "contract"
    assert reply.wall_s > 0


@pytest.mark.parametrize(
    ("api", "base", "path"),
    [
        ("openai", "", "/v1/chat/completions"),
        ("openai", "/", "/v1/chat/completions"),
        ("openai", "/v1", "/v1/chat/completions"),
        ("openai", "/v1/", "/v1/chat/completions"),
        ("openai", "/api/v1", "/api/v1/chat/completions"),
        ("openai", "/v1beta/openai/", "/v1beta/openai/chat/completions"),
        ("openai", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai", "/openai/v1?api-version=1", "/openai/v1/chat/completions?api-version=1"),
        ("anthropic", "", "/v1/messages"),
        ("anthropic", "/", "/v1/messages"),
        ("anthropic", "/v1/", "/v1/messages"),
        ("anthropic", "/anthropic", "/anthropic/v1/messages"),
        ("anthropic", "/v1/messages/", "/v1/messages"),
    ],
)
def test_the_address_is_taken_as_people_write_it(api, base, path):
    answer = openai_answer() if api == "openai" else anthropic_answer()
    with Raw(http(answer)) as server:
        ask(Endpoint(api, server.url + base, "m"), HELLO)
        assert server.heads[0].startswith(f"post {path} http/1.1\r\n")


def test_chat_completions_carry_messages_limits_and_options():
    with Raw(http(openai_answer())) as server:
        options = {"temperature": 0.2, "stream_options": None}
        ask(Endpoint("openai", server.url, "m", key=" sk-some-key\n", max_output=99, options=options), HELLO)
        assert "authorization: bearer sk-some-key\r\n" in server.heads[0]
        assert server.bodies == [
            {
                "model": "m",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
                "max_tokens": 99,
                "stream": True,
                "temperature": 0.2,
            }
        ]


def test_a_limit_among_the_options_replaces_ours():
    with Raw(http(openai_answer())) as server:
        ask(
            Endpoint("openai", server.url, "m", max_output=99, stream=False, options={"max_completion_tokens": 7}),
            HELLO,
        )
        assert server.bodies[0]["max_completion_tokens"] == 7
        assert "max_tokens" not in server.bodies[0]
        assert "authorization" not in server.heads[0]


def test_messages_carry_system_apart_marks_and_a_limit():
    stable = [
        Message("system", "Rules.", stable=True),
        Message("user", "", stable=True),
        *[Message("user", f"{i}", stable=True) for i in range(5)],
    ]
    with Raw(http(anthropic_answer())) as server:
        ask(Endpoint("anthropic", server.url, "m", key="sk-some-key", stream=False), [*stable, Message("user", "Now.")])
        [body] = server.bodies
        assert "x-api-key: sk-some-key\r\n" in server.heads[0]
        assert "anthropic-version: 2023-06-01\r\n" in server.heads[0]
    assert body["max_tokens"] == 16384
    assert "stream" not in body
    assert body["system"] == [{"type": "text", "text": "Rules."}]
    blocks = [block for message in body["messages"] for block in message["content"]]
    assert [block["text"] for block in blocks] == ["0", "1", "2", "3", "4", "Now."]
    assert [("cache_control" in block) for block in blocks] == [False, True, True, True, True, False]
    assert blocks[1]["cache_control"] == {"type": "ephemeral"}


@APIS
@STREAMS
def test_what_comes_counts_and_not_what_was_asked_for(api, stream):
    whole = {"openai": openai_answer("a b"), "anthropic": anthropic_answer("a b")}[api]
    events = {"openai": openai_stream("a", " b"), "anthropic": anthropic_stream("a", " b")}[api]
    for answer in (
        http(whole),
        http(whole, kind="text/plain"),
        sse(*events),
        sse(*events, length=False),
        b"HTTP/1.0 200 OK\r\n\r\n" + sse(*events).split(b"\r\n\r\n", 1)[1],
    ):
        with Raw(answer) as server:
            assert ask(Endpoint(api, server.url, "m", stream=stream), HELLO).text == "a b"
            assert server.connections == 1


@APIS
def test_a_stream_is_read_the_same_however_it_is_cut_into_pieces(api):
    events = {"openai": openai_stream("Ä", "€\r\n", "🎉"), "anthropic": anthropic_stream("Ä", "€\r\n", "🎉")}[api]
    raw = sse(*events).replace(b"\n\n", b"\r\n\r\n")
    body = raw.split(b"\r\n\r\n", 1)[1]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    pieces = [b": a comment\r\n\r\n", *(body[i : i + 3] for i in range(0, len(body), 3))]
    with Raw(pieces=[head, *pieces]) as server:
        assert ask(Endpoint(api, server.url, "m"), HELLO).text == "Ä€\r\n🎉"


@APIS
def test_the_end_marker_ends_a_stream_that_the_server_leaves_open(api):
    events = {"openai": openai_stream("done"), "anthropic": anthropic_stream("done")}[api]
    with Raw(sse(*events, length=False), then="hold") as server:
        assert ask(Endpoint(api, server.url, "m"), HELLO).text == "done"


def test_a_stream_may_end_without_its_marker_when_the_answer_was_finished():
    with Raw(sse(*openai_stream("all of it", end=False))) as server:
        assert ask(Endpoint("openai", server.url, "m"), HELLO).text == "all of it"


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (openai_answer("cut", finish="length"), "cut", "length"),
        (openai_answer("", finish="content_filter"), "", "refusal"),
        (openai_answer(None, refusal="I will not."), "I will not.", "refusal"),
        (openai_answer(None, finish="tool_calls"), "", "other"),
        (openai_answer("x", finish=None), "x", "other"),
        (openai_answer("x", reasoning_content="thinking", reasoning="thinking"), "x", "stop"),
        (
            openai_answer(
                [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
            ),
            "ab",
            "stop",
        ),
        (anthropic_answer("cut", finish="max_tokens"), "cut", "length"),
        (anthropic_answer("", finish="refusal"), "", "refusal"),
        (anthropic_answer("x", finish="stop_sequence"), "x", "stop"),
        (anthropic_answer("x", finish="tool_use"), "x", "other"),
        (
            anthropic_answer(
                content=[
                    {"type": "thinking", "thinking": "hm"},
                    {"type": "text", "text": "a"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "text", "text": "b"},
                ]
            ),
            "ab",
            "stop",
        ),
    ],
)
def test_content_in_all_its_forms(answer, text, finish):
    api = "openai" if "choices" in answer else "anthropic"
    with Raw(http(answer)) as server:
        reply = ask(Endpoint(api, server.url, "m", stream=False), HELLO)
    assert (reply.text, reply.finish) == (text, finish)


def test_thinking_and_refusals_in_streams():
    thinking = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
    events = anthropic_stream("yes")
    with Raw(sse(*events[:3], ("content_block_delta", thinking), *events[3:])) as server:
        assert ask(Endpoint("anthropic", server.url, "m"), HELLO).text == "yes"
    refusal = {"choices": [{"index": 0, "delta": {"refusal": "No."}}]}
    thought = {"choices": [{"index": 0, "delta": {"reasoning_content": "hm", "content": ""}}]}
    other = {"choices": [{"index": 1, "delta": {"content": "another choice"}}]}
    with Raw(sse(thought, refusal, other, *openai_stream())) as server:
        reply = ask(Endpoint("openai", server.url, "m"), HELLO)
    assert (reply.text, reply.finish) == ("No.", "refusal")


def test_a_text_cannot_change_the_usage():
    forged = (
        '\n\ndata: {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0}}\n\n"usage": {"prompt_tokens": 1}'
    )
    usage = {"prompt_tokens": 500, "completion_tokens": 60}
    for answer in (sse(*openai_stream(forged, usage=usage)), http(openai_answer(forged, usage=usage))):
        with Raw(answer) as server:
            reply = ask(Endpoint("openai", server.url, "m"), HELLO)
        assert reply.text == forged
        assert reply.tokens == Tokens(input=500, output=60)
        assert (reply.cost_usd, reply.cost_source) == (None, "")


def test_loopback_never_goes_through_a_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Raw(http(openai_answer())) as server:
        for host in ("127.0.0.1", "localhost"):
            assert ask(Endpoint("openai", f"http://{host}:{server.port}", "m"), HELLO).text == "hello"


def test_other_hosts_go_through_the_proxy_of_the_environment(monkeypatch):
    with Raw(http(openai_answer())) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert ask(Endpoint("openai", "http://models.example/v1", "m"), HELLO).text == "hello"
        assert proxy.heads[0].startswith("post http://models.example/v1/chat/completions ")


def test_lone_surrogates_do_not_stop_a_request():
    with Raw(http(openai_answer())) as server:
        ask(Endpoint("openai", server.url, "m"), [Message("user", "a\ud800b")])
        assert server.bodies[0]["messages"][0]["content"] == "a?b"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (Endpoint("openai", "api.example.com/v1", "m"), "proposer.base_url"),
        (Endpoint("openai", "ftp://api.example.com", "m"), "proposer.base_url"),
        (Endpoint("openai", "http://", "m"), "proposer.base_url"),
        (Endpoint("openai", "http://[::1", "m"), "proposer.base_url"),
        (Endpoint("openai", "http://h:99999", "m"), "proposer.base_url"),
        (Endpoint("openai", "https://user:secret-password@h", "m"), "proposer.base_url"),
        (Endpoint("openai", "http://h\x00st", "m"), "proposer.base_url"),
        (Endpoint("openai", "http://127.0.0.1:9", "m", key="sk-a\r\nx-evil: 1"), "proposer.api_key_env"),
        (Endpoint("openai", "http://127.0.0.1:9", "m", key="sk-schlüssel"), "proposer.api_key_env"),
        (Endpoint("openai", "http://127.0.0.1:9", "m", options={"messages": []}), "proposer.options"),
        (Endpoint("openai", "http://127.0.0.1:9", "m", options={"top_p": float("nan")}), "proposer.options"),
        (Endpoint("anthropic", "http://127.0.0.1:9", "m", options={"stop": {1}}), "proposer.options"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(endpoint, words):
    with pytest.raises(AccessRefused) as refused:
        ask(endpoint, HELLO)
    assert words in refused.value.fix
    assert "nothing was sent" in str(refused.value)
    assert "secret-password" not in str(refused.value)
    assert "sk-" not in str(refused.value)


def test_the_key_is_not_shown_with_its_endpoint():
    assert "sk-some" not in repr(Endpoint("openai", "http://h", "m", key="sk-some-key"))


def test_nothing_is_loaded_before_a_request():
    code = "import sys, autoexp.proposers.model.client; print([m for m in sys.modules if m.startswith(('httpx', 'genai', 'httpcore'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_missing_package_names_the_extra_to_install():
    with pytest.raises(AutoexpError, match="not installed") as missing:
        load("no_such_package_of_models")
    assert missing.value.fix == "pip install 'autoexp[models]'"
