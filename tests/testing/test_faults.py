"""Every kind of bad weather, as a client meets it."""

import http.client
import json
import threading

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import APIS, ask, streamed, text

LONG = "an answer that is long enough to be sent in many pieces, one after another " * 3


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_a_reset_gives_no_reply_then_the_turn(api, stream) -> None:
    with FakeModel(turns=[{"error": "reset", "text": LONG}]) as model:
        with pytest.raises(ConnectionResetError):
            ask(model.url, api, stream=stream)
        assert (streamed if stream else text)(api, ask(model.url, api, stream=stream)[2]) == LONG


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", APIS)
def test_a_disconnect_gives_half_a_reply(api, stream) -> None:
    with (
        FakeModel(turns=[{"error": "disconnect", "text": LONG}]) as model,
        pytest.raises(http.client.IncompleteRead) as cut,
    ):
        ask(model.url, api, stream=stream)
    assert cut.value.partial


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


def test_closing_ends_a_client_that_hangs_and_leaves_no_thread() -> None:
    before = threading.active_count()
    ended = threading.Event()
    arrived = threading.Event()

    def hang() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(model.url)
        ended.set()

    def handler(_request):
        arrived.set()
        return {"error": "hang"}

    model = FakeModel(handler=handler).start()
    client = threading.Thread(target=hang)
    client.start()
    assert arrived.wait(10)
    model.close()
    assert ended.wait(10)
    client.join()
    assert threading.active_count() == before
