"""Whatever clients hang on, closing the model ends it, and leaves neither thread nor socket."""

import os
import socket
import threading

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import ask


@pytest.mark.parametrize(
    "turn",
    [
        {"error": "hang"},
        {"error": "stall", "text": "half of this"},
        {"error": {"kind": "slow", "every": 3600}, "text": "a"},
        {"latency": 3600},
        {"chunk_delay": 3600, "text": "a"},
    ],
    ids=["hang", "stall", "slow", "latency", "chunk_delay"],
)
def test_close_returns_while_a_client_waits(turn) -> None:
    threads, files = threading.active_count(), _files()
    arrived = threading.Event()

    def handler(_request):
        arrived.set()
        return turn

    model = FakeModel(handler=handler).start()
    client = threading.Thread(target=_ask_and_forget, args=(model.url,))
    client.start()
    assert arrived.wait(10)
    model.close()
    client.join(10)
    assert not client.is_alive()
    assert (threading.active_count(), _files()) == (threads, files)


def test_close_ends_connections_that_are_kept_alive() -> None:
    threads, files = threading.active_count(), _files()
    with FakeModel() as model:
        idle = [socket.create_connection(("127.0.0.1", model.port)) for _ in range(3)]
        for connection in idle:
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert threading.active_count() == threads
    for connection in idle:
        while connection.recv(1000):
            pass
        connection.close()
    assert _files() == files


def test_a_client_that_goes_ends_its_hang() -> None:
    arrived = threading.Event()

    def handler(_request):
        arrived.set()
        return {"error": "hang"}

    with FakeModel(handler=handler) as model:
        connection = socket.create_connection(("127.0.0.1", model.port))
        body = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        assert arrived.wait(10)
        held = [thread for thread in threading.enumerate() if thread.name == "fake-model-connection"]
        assert len(held) == 1
        connection.close()
        held[0].join(10)
        assert not held[0].is_alive()


def test_a_closed_model_refuses_and_can_start_again_on_its_port() -> None:
    model = FakeModel(turns=["one", "two"])
    with pytest.raises(RuntimeError, match="does not listen"):
        _ = model.url
    with model:
        port, url = model.port, model.url
        ask(url)
    with pytest.raises(OSError, match="refused"):
        ask(url)
    with model:
        assert model.port == port
        ask(model.url)
    assert (model.requests, [entry["reply"] for entry in model.log]) == (2, ["one", "two"])


def _ask_and_forget(url: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011
        ask(url, stream=True)


def _files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208
