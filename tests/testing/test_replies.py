"""What the fake model says: turns in order, in four wire formats, streamed and not."""

import json

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import APIS, ask, events, streamed, text

LONG = "a first line that is long enough for several pieces\nand a second one, with ünïcode"


@pytest.mark.parametrize("api", APIS)
def test_turns_are_said_in_order_then_the_default(api) -> None:
    with FakeModel(turns=["one", {"text": LONG}], default="over") as model:
        assert [text(api, ask(model.url, api)[2]) for _ in range(4)] == ["one", LONG, "over", "over"]


@pytest.mark.parametrize("api", APIS)
def test_a_stream_says_the_same_as_a_body(api) -> None:
    with FakeModel(turns=[LONG]) as model:
        status, headers, raw = ask(model.url, api, stream=True)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    assert streamed(api, raw) == LONG
    assert len(events(raw)) > 2


def test_the_openai_url_is_a_base() -> None:
    with FakeModel(turns=["one"]) as model:
        assert text("chat", ask(model.openai_url.removesuffix("/v1"))[2]) == "one"
        assert model.openai_url == f"{model.url}/v1"


def test_requests_and_sizes_are_counted() -> None:
    with FakeModel(turns=["one", {"error": "rate_limit", "text": "two"}]) as model:
        for _ in range(3):
            ask(model.url)
    assert (model.requests, model.answered, model.faults) == (3, 2, {"rate_limit": 1})
    assert model.sizes == [len(json.dumps(entry["body"])) for entry in model.log]
