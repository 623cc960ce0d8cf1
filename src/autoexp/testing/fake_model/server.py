"""Sockets and threads: one thread a connection, and a close that waits for all of them, whatever they hang on."""

import contextlib
import socket
import socketserver
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from .ask import Ask, read_body
from .delivery import Delivery

_LINGER = struct.pack("ii", 1, 0)  # close sends RST
_JOIN_S = 5.0


class Service(Protocol):
    """Who decides what a request gets."""

    def answer(self, ask: Ask) -> Delivery:
        """Return what to send, when, and how it ends."""


class Server(socketserver.TCPServer):
    """Accepts connections on 127.0.0.1 until `close`, which leaves no thread and no socket."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, service: Service, *, port: int = 0) -> None:
        self.service = service
        self.stopping = threading.Event()
        self._threads: dict[socket.socket, threading.Thread] = {}
        super().__init__(("127.0.0.1", port), _Connection)
        self._loop = threading.Thread(target=self.serve_forever, args=(0.02,), name="fake-model", daemon=True)
        self._loop.start()

    def close(self) -> None:
        """End every connection, also those that hang, and wait for their threads."""
        self.stopping.set()
        self.shutdown()
        self._loop.join(_JOIN_S)
        for connection in self._threads:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads.values():
            thread.join(_JOIN_S)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread of its own."""
        thread = threading.Thread(
            target=self._serve, args=(request, client_address), name="fake-model-connection", daemon=True
        )
        self._threads = {held: one for held, one in self._threads.items() if one.is_alive()} | {request: thread}
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news; all else is printed."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:  # noqa: BLE001
            self.handle_error(request, client_address)
        finally:
            request.close()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay quiet: the log of the model tells more."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        ask = Ask(self.command, self.path, headers, read_body(self.rfile, headers))
        delivery = self.server.service.answer(ask)
        if delivery.wait and self.server.stopping.wait(delivery.wait):
            self.close_connection = True
            return
        if not delivery.silent:
            self._head(delivery)
            self._send(delivery)
        self._end(delivery)

    def _head(self, delivery: Delivery) -> None:
        self.send_response(delivery.status)
        for name, value in delivery.headers.items():
            self.send_header(name, value)
        if delivery.chunked:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(delivery.length))
        self.end_headers()

    def _send(self, delivery: Delivery) -> None:
        if self.command == "HEAD":
            return
        for piece in delivery.pieces:
            raw = b"%x\r\n%s\r\n" % (len(piece), piece) if delivery.chunked else piece
            for part in [raw[at : at + 1] for at in range(len(raw))] if delivery.trickle else [raw]:
                self.wfile.write(part)
                if delivery.trickle and self.server.stopping.wait(delivery.trickle):
                    return
            if delivery.pause and self.server.stopping.wait(delivery.pause):
                return
        if delivery.chunked and delivery.end == "done":
            self.wfile.write(b"0\r\n\r\n")

    def _end(self, delivery: Delivery) -> None:
        if delivery.end == "done":
            return
        self.close_connection = True
        if delivery.end == "hold":
            self.connection.settimeout(delivery.hold)
            with contextlib.suppress(OSError):
                while self.connection.recv(65536):
                    pass
        elif delivery.end == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
