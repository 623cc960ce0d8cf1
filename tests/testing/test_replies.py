"""What the fake model says: turns in order, in four wire formats, streamed and not, with tools, usage and reasons to stop."""

import json

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import APIS, ask, events, post, streamed, text

LONG = "a first line that is long enough for several pieces\nand a second one, with ünïcode"
CALL = {"tool_calls": [{"name": "note", "args": {"where": "${cwd}/a.py", "lines": [1, 2, "a long enough argument"]}}]}
ARGS = {"where": "/repo/x/a.py", "lines": [1, 2, "a long enough argument"]}


@pytest.mark.parametrize("api", APIS)
def test_turns_are_said_in_order_then_the_default(api) -> None:
    with FakeModel(turns=["one", {"text": LONG}], default="over") as model:
        assert [text(api, ask(model.url, api)[2]) for _ in range(4)] == ["one", LONG, "over", "over"]


@pytest.mark.parametrize("api", APIS)
def test_a_stream_says_the_same_as_a_body(api) -> None:
    with FakeModel(turns=[{"text": LONG, "chunk_delay": 0.001, "latency": 0.001}]) as model:
        status, headers, raw = ask(model.url, api, stream=True)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    assert streamed(api, raw) == LONG
    assert len(events(raw)) > 2


def test_a_gemini_stream_without_sse_is_a_list() -> None:
    with FakeModel(turns=[LONG]) as model:
        path = "/v1beta/models/m:streamGenerateContent"
        raw = post(model.url + path, {"contents": [{"parts": [{"text": "hi"}]}]})[2]
    assert "".join(part["candidates"][0]["content"]["parts"][0]["text"] for part in json.loads(raw)) == LONG


@pytest.mark.parametrize("api", APIS)
def test_a_call_of_a_tool_carries_its_arguments(api) -> None:
    with FakeModel(turns=[CALL]) as model:
        body = json.loads(ask(model.url, api, **_prompt(api, "working directory: /repo/x"), **_tools(api))[2])
    found = {
        "anthropic": lambda: (body["content"][0]["name"], body["content"][0]["input"], body["stop_reason"]),
        "chat": lambda: _called(body["choices"][0]),
        "responses": lambda: (body["output"][0]["name"], json.loads(body["output"][0]["arguments"]), body["status"]),
        "gemini": lambda: (*body["candidates"][0]["content"]["parts"][0]["functionCall"].values(), "")[1:],
    }[api]()
    ends = {"anthropic": "tool_use", "chat": "tool_calls", "responses": "completed", "gemini": ""}
    assert found == ("note", ARGS, ends[api])


@pytest.mark.parametrize("api", APIS)
def test_a_streamed_call_carries_its_arguments(api) -> None:
    with FakeModel(turns=[CALL]) as model:
        raw = ask(model.url, api, stream=True, **_prompt(api, "working directory: /repo/x"), **_tools(api))[2]
    found = events(raw)
    joined = {
        "anthropic": lambda: "".join(e["delta"]["partial_json"] for e in found if e["type"] == "content_block_delta"),
        "chat": lambda: "".join(
            call["function"]["arguments"]
            for e in found
            for choice in e["choices"]
            for call in choice["delta"].get("tool_calls", [])
        ),
        "responses": lambda: "".join(e["delta"] for e in found if e["type"].endswith("arguments.delta")),
        "gemini": lambda: json.dumps(found[0]["candidates"][0]["content"]["parts"][0]["functionCall"]["args"]),
    }[api]()
    assert json.loads(joined) == ARGS


@pytest.mark.parametrize(
    ("api", "length", "refused"),
    [
        ("anthropic", "max_tokens", "refusal"),
        ("chat", "length", "content_filter"),
        ("responses", "max_output_tokens", "content_filter"),
        ("gemini", "MAX_TOKENS", "SAFETY"),
    ],
)
def test_a_turn_says_why_it_stopped(api, length, refused) -> None:
    with FakeModel(turns=[{"text": "cut", "stop": "length"}, {"text": "no", "stop": "refused"}]) as model:
        for reason in (length, refused):
            assert f'"{reason}"' in ask(model.url, api)[2].decode()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_usage_is_told_as_each_provider_counts(api, stream) -> None:
    usage = {"input": 1000, "output": 50, "cache_read": 200, "cache_write": 30, "reasoning": 20}
    with FakeModel(usage=usage) as model:
        assert (
            _usage(api, ask(model.url, api, stream=stream)[2], stream=stream)
            == {
                "anthropic": (1000, 200, 50),
                "chat": (1230, 200, 50),
                "responses": (1230, 200, 50),
                "gemini": (1230, 200, 30),
            }[api]
        )
        assert model.stats()["default"]["usage"] == usage


@pytest.mark.parametrize("api", APIS)
def test_counted_usage_is_characters_by_four(api) -> None:
    with FakeModel(turns=["x" * 400], usage="counted") as model:
        used = _usage(api, ask(model.url, api)[2], stream=False)
    assert used == (model.sizes[0] // 4, 0, 100)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_usage_may_be_kept_back(api, stream) -> None:
    with FakeModel(turns=[{"text": "x", "usage": "none"}]) as model:
        raw = ask(model.url, api, stream=stream)[2].decode()
    assert "oken" not in raw.replace("max_tokens", "")


def test_a_turn_has_a_usage_of_its_own() -> None:
    with FakeModel(turns=["a", {"text": "b", "usage": {"output": 7}}], usage={"input": 5, "output": 6}) as model:
        assert [_usage("chat", ask(model.url)[2], stream=False) for _ in range(2)] == [(5, 0, 6), (5, 0, 7)]


@pytest.mark.parametrize("api", ["anthropic", "chat", "responses"])
def test_a_cost_stands_in_the_usage(api) -> None:
    with FakeModel(turns=["a", {"text": "b", "cost": 0.5}], cost=0.25) as model:
        assert [json.loads(ask(model.url, api)[2])["usage"]["cost"] for _ in range(2)] == [0.25, 0.5]
        assert model.stats()["default"]["cost"] == 0.75


def test_a_stream_of_chat_tells_usage_only_when_asked() -> None:
    with FakeModel() as model:
        assert b"usage" not in ask(model.url, stream=True, stream_options={})[2]
        assert b"usage" in ask(model.url, stream=True)[2]


def _called(choice):
    function = choice["message"]["tool_calls"][0]["function"]
    return function["name"], json.loads(function["arguments"]), choice["finish_reason"]


def _prompt(api, prompt):
    said = [{"role": "user", "content": prompt}]
    if api == "gemini":
        return {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    return {"input": prompt} if api == "responses" else {"messages": said}


def _tools(api):
    schema = {"type": "object", "properties": {}}
    return {
        "tools": {
            "anthropic": [{"name": "note", "input_schema": schema}],
            "chat": [{"type": "function", "function": {"name": "note", "parameters": schema}}],
            "responses": [{"type": "function", "name": "note", "parameters": schema}],
            "gemini": [{"functionDeclarations": [{"name": "note", "parameters": schema}]}],
        }[api]
    }


def _usage(api, raw, *, stream):
    found = events(raw) if stream else [json.loads(raw)]
    if api == "gemini":
        used = found[-1]["usageMetadata"]
        return used["promptTokenCount"], used["cachedContentTokenCount"], used["candidatesTokenCount"]
    if api == "anthropic":
        used = found[-2 if stream else -1]["usage"]
        return used["input_tokens"], used["cache_read_input_tokens"], used["output_tokens"]
    if api == "responses":
        used = (found[-1]["response"] if stream else found[-1])["usage"]
        return used["input_tokens"], used["input_tokens_details"]["cached_tokens"], used["output_tokens"]
    used = found[-1]["usage"]
    return used["prompt_tokens"], used["prompt_tokens_details"]["cached_tokens"], used["completion_tokens"]
