"""A server that sends exactly the bytes that a test gives it, over a real socket, and remembers what it was asked."""

import json
import socket
import ssl
import struct
import threading
from contextlib import suppress

import pytest

from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.proposers.model.client import Endpoint, Message, ask

KEY = "sk-proj-0123456789abcdefghij"
LINGER_OFF = struct.pack("ii", 1, 0)


class Raw:
    """Answers every connection with `reply`, then closes it, holds it open, or resets it."""

    def __init__(self, reply=b"", *, then="close", pieces=None, tls: ssl.SSLContext | None = None, read=True):
        self.requests: list[bytes] = []
        self.connections = 0
        self.sent = threading.Event()
        self._pieces = [reply] if pieces is None else pieces
        self._then = then
        self._tls = tls
        self._read = read
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept, name="raw-server")]

    @property
    def port(self):
        return self._listener.getsockname()[1]

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def bodies(self):
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.requests]

    @property
    def heads(self):
        return [request.partition(b"\r\n\r\n")[0].decode().lower() for request in self.requests]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self):
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), name="raw-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        connection.settimeout(10)
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                if self._read:
                    self.requests.append(_request(connection))
                for piece in self._pieces:
                    connection.sendall(piece)
                self.sent.set()
                self._end(connection)

    def _end(self, connection):
        if self._then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
        elif self._then == "hold":
            connection.settimeout(0.05)
            while not self._over.is_set():
                with suppress(TimeoutError):
                    if not connection.recv(1):
                        return


def asked(api, url, **more):
    """Ask once and give what was raised: short, without the key, without an exception of the library behind it."""
    with pytest.raises((Unavailable, AccessRefused, ProposerFailed)) as raised:
        ask(Endpoint(api, url, "m", key=KEY, **more), [Message("user", "Hello?")])
    told = str(raised.value) + getattr(raised.value, "fix", "")
    assert KEY not in told
    assert KEY[:12] not in told
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert len(told) < 700
    return raised.value


def http(body: bytes | str | dict | list, *, status=200, headers=(), kind="application/json", length=True) -> bytes:
    """Give a whole HTTP answer; without `length` the connection's end is the body's."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} Words",
        f"content-type: {kind}",
        *(f"{name}: {value}" for name, value in dict(headers).items()),
    ]
    lines.append(f"content-length: {len(raw)}" if length else "connection: close")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def sse(*events, length=True, **more) -> bytes:
    """Give an HTTP answer that is a stream of events: each a value for JSON, a text as it is, or (name, value)."""
    return http(b"".join(event_bytes(event) for event in events), kind="text/event-stream", length=length, **more)


def event_bytes(event) -> bytes:
    name, data = event if isinstance(event, tuple) else ("", event)
    line = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {line}\n\n".encode()


def openai_answer(text="hello", *, finish="stop", usage=None, **message) -> dict:
    said = {
        "model": "m-1",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
        ],
    }
    return said if usage is None else said | {"usage": usage}


def anthropic_answer(text="hello", *, finish="end_turn", usage=None, content=None) -> dict:
    said = {
        "type": "message",
        "model": "m-1",
        "content": content or [{"type": "text", "text": text}],
        "stop_reason": finish,
    }
    return said if usage is None else said | {"usage": usage}


def openai_stream(*texts, finish="stop", usage=None, end=True) -> list:
    events: list = [
        {"model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts
    ]
    events.append({"model": "m-1", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if usage is not None:
        events.append({"model": "m-1", "choices": [], "usage": usage})
    return [*events, "[DONE]"] if end else events


def anthropic_stream(*texts, finish="end_turn", usage=None, after=None, end=True) -> list:
    start = {"model": "m-1", "content": [], "stop_reason": None, "usage": usage or {}}
    events: list = [("message_start", {"type": "message_start", "message": start}), ("ping", {"type": "ping"})]
    events.append(
        (
            "content_block_start",
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        )
    )
    for text in texts:
        delta = {"type": "text_delta", "text": text}
        events.append(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}))
    events.append(("content_block_stop", {"type": "content_block_stop", "index": 0}))
    events.append(("message_delta", {"type": "message_delta", "delta": {"stop_reason": finish}, "usage": after or {}}))
    return [*events, ("message_stop", {"type": "message_stop"})] if end else events


def _request(connection) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0]) if lengths else 0
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection) -> bytes:
    if not (data := connection.recv(65536)):
        raise ConnectionResetError("the client has gone")
    return data
