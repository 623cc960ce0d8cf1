"""One HTTP exchange in a thread of its own, so that whoever waits can stop it at any moment. No retries, no redirects."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from autoexp.experiment.records import Proposal
from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.proposers.model.client.extra import load
from autoexp.proposers.model.client.hosts import is_loopback
from autoexp.proposers.model.client.request import Request
from autoexp.proposers.model.client.transport import no_certificates, trouble
from autoexp.proposers.model.client.values import Endpoint

POLL_S, CONNECT_S, FAREWELL_S = 0.1, 20.0, 5.0
UNCUT_S = 0.2
"""A thread that still looks up a name or connects cannot be cut; it ends by itself, with nobody waiting for it."""
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """How the service's answer begins: status and headers, their names in lower case."""

    status: int
    headers: Mapping[str, str]


class _End:
    """Nothing more comes: the body is complete."""


News = Head | bytes | _End | Unavailable | AccessRefused | ProposerFailed


class Exchange:
    """Sends a request on entering, gives its answer piece by piece, and cuts the connection on leaving."""

    def __init__(self, request: Request, *, endpoint: Endpoint, stop: Callable[[], bool] | None) -> None:
        self._request = request
        self._endpoint = endpoint
        self._stop = stop
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._deadline = time.monotonic() + endpoint.total_s
        self._polled = 0.0
        self._lock = threading.Lock()
        self._closed = False
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="autoexp-model", daemon=True)

    def __enter__(self) -> Self:
        load("httpx2")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for sock in self._sockets:
                _cut(sock)
        self._thread.join(FAREWELL_S if self._sockets else UNCUT_S)
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def head(self) -> Head:
        """Wait for status and headers. Raises Unavailable, AccessRefused, and ProposerFailed when `stop` turns true."""
        news = self._next()
        assert isinstance(news, Head)  # noqa: S101  the thread says this first, or raises
        return news

    def chunks(self) -> Iterator[bytes]:
        """Give the body as it comes. Raises as `head` does."""
        while isinstance(news := self._next(), bytes):
            yield news

    def _next(self) -> News:
        while True:
            self._look_around()
            try:
                news = self._news.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(news, Unavailable | AccessRefused | ProposerFailed):
                raise news
            return news

    def _look_around(self) -> None:
        now = time.monotonic()
        if now >= self._deadline:
            raise Unavailable(
                f"{self._request.where} had not answered to its end after {self._endpoint.total_s:g} s (proposer.timeout)",
                kind="hang",
            )
        if self._stop is not None and now - self._polled >= POLL_S:
            self._polled = now
            if self._stop():
                raise ProposerFailed("stopped")

    def _run(self) -> None:
        begun = False
        size = 0
        try:
            with self._client() as client, client.stream("POST", self._request.url, **self._sent()) as response:
                begun = True
                self._news.put(
                    Head(response.status_code, {name.lower(): value for name, value in response.headers.items()})
                )
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > MOST_BYTES:
                        # An answer that was paid for: to wait and ask again would be to pay for it again.
                        too_long = f"the answer cannot be used: {self._request.where} sent more than 16 MB"
                        self._news.put(ProposerFailed(too_long, said=Proposal(requests=1), mendable=True))
                        return
                    self._news.put(chunk)
            self._news.put(_End())
        except Exception as exc:  # noqa: BLE001  a thread must tell, whatever it was
            self._news.put(trouble(exc, request=self._request, endpoint=self._endpoint, begun=begun))

    def _client(self) -> Any:
        httpx2 = load("httpx2")
        tls = httpx2.create_ssl_context() if self._request.url.startswith("https:") else no_certificates()
        return httpx2.Client(verify=tls, trust_env=not is_loopback(self._request.host), follow_redirects=False)

    def _sent(self) -> dict[str, Any]:
        idle_s = self._endpoint.idle_s
        return {
            "content": self._request.body,
            "headers": self._request.headers,
            "timeout": load("httpx2").Timeout(idle_s, connect=min(idle_s, CONNECT_S)),
            "extensions": {"trace": self._watch},
        }

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep a second handle on every connection as it is made: shutting it down ends whatever the thread waits for."""
        if not event.endswith("connect_tcp.complete"):
            return
        handle = info["return_value"].get_extra_info("socket").dup()
        with self._lock:
            if not self._closed:
                self._sockets.append(handle)
                return
        _cut(handle)
        handle.close()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
