"""Which turn a request gets: order, match, conversation, side requests, sessions, handlers; and what is refused early."""

import json

import pytest

from autoexp.testing.fake_model import FakeModel, ScenarioError, in_order

from .clients import HI, ask, post, text

SHELL = [{"type": "function", "function": {"name": "bash", "parameters": {"properties": {"command": {}}}}}]


def test_requests_and_sizes_are_counted() -> None:
    with FakeModel(turns=["one", {"error": "rate_limit", "text": "two"}]) as model:
        for _ in range(3):
            ask(model.url)
    assert (model.requests, model.answered, model.faults) == (3, 2, {"rate_limit": 1})
    assert model.sizes == [len(json.dumps(entry["body"])) for entry in model.log]


def test_a_matching_turn_answers_whenever_it_matches() -> None:
    with FakeModel(turns=["one", {"match": "weather", "text": "rain"}, "two"]) as model:
        said = [_say(model, prompt) for prompt in ("a", "the weather?", "b", "weather again")]
    assert said == ["one", "rain", "two", "rain"]


def test_selection_by_conversation_keeps_no_count() -> None:
    with FakeModel(turns=["one", "two"], select="conversation") as model:
        again = [*HI, {"role": "assistant", "content": "one"}, {"role": "user", "content": "go on"}]
        said = [text("chat", ask(model.url, messages=messages)[2]) for messages in (HI, again, HI, again)]
    assert said == ["one", "two", "one", "two"]


def test_a_loop_starts_again() -> None:
    with FakeModel(turns=["one", "two"], loop=True) as model:
        assert [_say(model) for _ in range(5)] == ["one", "two", "one", "two", "one"]


def test_side_requests_take_no_turn() -> None:
    with FakeModel(turns=[{"bash": "ls"}, "end"], side="a title") as model:
        assert _say(model) == "a title"
        assert "ls" in ask(model.url, tools=SHELL)[2].decode()
        assert [entry["side"] for entry in model.log] == [True, False]


def test_side_patterns_name_side_requests() -> None:
    with FakeModel(turns=["one"], side="a title", side_patterns=["(?i)title for"]) as model:
        assert [_say(model, "a Title for this"), _say(model)] == ["a title", "one"]


def test_sessions_have_turns_and_counters_of_their_own() -> None:
    sessions = {"b": {"turns": ["b one", "b two"]}}
    with FakeModel(turns=["one", "two"], usage={"input": 9}, sessions=sessions) as model:
        bases = [model.url, model.session_url("a"), model.session_url("b"), model.url, model.session_url("b")]
        assert [text("chat", ask(base)[2]) for base in bases] == ["one", "one", "b one", "two", "b two"]
        stats = model.stats()
    assert {name: part["requests"] for name, part in stats.items()} == {"default": 2, "a": 1, "b": 2}
    assert stats["b"]["usage"]["input"] == 18


def test_log_and_stats_are_served_and_reset() -> None:
    with FakeModel(turns=["one", "two"]) as model:
        ask(model.url, messages=[{"role": "system", "content": "be brief"}, *HI])
        log, stats = (json.loads(_get(model.url + path)) for path in ("/__log", "/__stats"))
        assert (log, stats) == (model.log, model.stats())
        assert log[0]["text"] == "be brief\nhi"
        assert post(model.url + "/__reset", {})[0] == 200
        assert (model.log, model.requests, _say(model)) == ([], 0, "one")
        assert post(model.url + "/__reset", {"turns": ["other"]})[0] == 200
        assert _say(model) == "other"
        assert post(model.url + "/__reset", {"turn": []})[0] == 400


def test_the_log_holds_no_key(tmp_path) -> None:
    with FakeModel(log_file=tmp_path / "log.jsonl") as model:
        path = model.url + "/v1/chat/completions"
        post(path, {"model": "m", "messages": HI}, authorization="Bearer sk-very-secret", x_api_key="sk-very-secret")
    assert "very-secret" not in (tmp_path / "log.jsonl").read_text() + json.dumps(model.log)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "header", [{"authorization": "Bearer right"}, {"x_api_key": "right"}, {"x_goog_api_key": "right"}]
)
def test_the_right_key_is_let_in(header) -> None:
    with FakeModel(turns=["one"], key="right") as model:
        path, body = model.openai_url + "/chat/completions", {"model": "m", "messages": HI}
        wrong = {name: value.replace("right", "wrong") for name, value in header.items()}
        assert [post(path, body, **told)[0] for told in ({}, wrong, header)] == [401, 401, 200]
    assert (model.requests, model.answered, model.faults) == (3, 1, {"expired_key": 2})


def test_answers_in_order_whatever_the_conversation() -> None:
    with FakeModel(handler=in_order(["one", {"error": "server"}, "two"]), default="over") as model:
        assert [ask(model.url)[0] for _ in range(3)] == [200, 500, 200]
        assert [entry["reply"] for entry in model.log] == ["one", None, "two"]
        assert _say(model) == "over"


def test_a_handler_decides_from_the_request() -> None:
    def handler(request):
        return f"{request.api} {request.model} {request.system}|{request.last}|{request.assistant_turns}"

    messages = [{"role": "developer", "content": "be brief"}, {"role": "assistant", "content": "x"}, *HI]
    with FakeModel(handler=handler) as model:
        assert text("chat", ask(model.url, messages=messages)[2]) == "chat m be brief|hi|1"


@pytest.mark.parametrize("said", [{"txt": "x"}, {"error": "unheard of"}, 3])
def test_a_handler_that_fails_is_told_to_the_client(said) -> None:
    with FakeModel(handler=lambda _request: said) as model:
        status, _, raw = ask(model.url)
        assert (status, "handler failed" in raw.decode()) == (400, True)
        assert (model.requests, model.answered) == (1, 0)


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ({"turn": []}, "the scenario has 'turn'"),
        ({"turns": ["a", {"txt": "b"}]}, "turn 2 has 'txt'"),
        ({"turns": [{"error": "rain"}]}, "error of turn 1: kind 'rain'"),
        ({"turns": [{"error": {"after": 2}}]}, "error of turn 1: 'after'"),
        ({"turns": [{"error": {"kind": "hang", "times": "often"}}]}, "times is 'often'"),
        ({"turns": [{"text": "a", "stop": "soon"}]}, "stop of turn 1 is 'soon'"),
        ({"usage": "some"}, "usage of the scenario is 'some'"),
        ({"usage": {"in": 3}}, "usage of the scenario has 'in'"),
        ({"select": "random"}, "select is 'random'"),
        ({"sessions": {"a": {"turns": [3]}}}, "turn 1 is 3"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused(scenario, told) -> None:
    with pytest.raises(ScenarioError, match=told):
        FakeModel(scenario)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", b"{no json", 400),
        ("/v1/chat/completions", [1], 400),
        ("/v1/chat/completions", {"model": "m"}, 400),
        ("/v1/messages", {"model": "m", "messages": HI}, 400),
        ("/v1/responses", {"model": "m"}, 400),
        ("/v1beta/models/m:generateContent", {}, 400),
        ("/v1/embeddings", {"model": "m"}, 404),
    ],
)
def test_a_request_that_no_provider_takes_is_refused(path, body, status) -> None:
    with FakeModel() as model:
        got, _, raw = post(model.url + path, body)
    assert (got, model.answered) == (status, 0)
    assert json.loads(raw)["error"]["message"]


def test_tokens_are_counted_and_models_listed() -> None:
    with FakeModel(models=("a", "b")) as model:
        body = {"model": "m", "messages": HI}
        counted = json.loads(post(model.url + "/v1/messages/count_tokens", body)[2])["input_tokens"]
        assert counted == len(json.dumps(body)) // 4
        assert json.loads(post(model.url + "/v1beta/models/m:countTokens", body)[2])["totalTokens"] == counted
        assert [one["id"] for one in json.loads(_get(model.openai_url + "/models"))["data"]] == ["a", "b"]
        assert model.requests == 0


def _say(model, prompt="hi") -> str:
    return text("chat", ask(model.url, messages=[{"role": "user", "content": prompt}])[2])


def _get(url: str) -> bytes:
    import urllib.request

    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310
        return reply.read()
