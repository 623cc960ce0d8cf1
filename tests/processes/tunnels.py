"""What tests of the proxy need: servers on 127.0.0.1, clients, and the forwarder as a program."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from autoexp.processes import forwarder

FORWARDER = Path(forwarder.__file__)
PATIENCE_S = 20.0


@contextlib.contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve on 127.0.0.1 in threads; give the port. Everything has ended after the block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE_S)
            answer(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                thread = threading.Thread(target=one, args=(listener.accept()[0],))
                thread.start()
                threads.append(thread)

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (acceptor, *threads):
            thread.join()


def echo(connection: socket.socket) -> None:
    while read := connection.recv(65536):
        connection.sendall(read)


def after_all(connection: socket.socket) -> None:
    """Answer with the number of bytes, only once the client has said all."""
    total = 0
    while read := connection.recv(65536):
        total += len(read)
    connection.sendall(b"%d" % total)


def dial(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_S)
    with contextlib.closing(forwarder.Door(str(path))) as way:
        connection.connect(way.address)
    return connection


def ask(connection: socket.socket, target: str) -> bytes:
    """Ask for a tunnel; give the head of the answer."""
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    return head_of(connection)


def head_of(connection: socket.socket) -> bytes:
    read = b""
    while not read.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
        read += byte
    return read


def rest_of(connection: socket.socket) -> bytes:
    read = b""
    while more := connection.recv(65536):
        read += more
    return read


def soon(told: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := told()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return answer


@contextlib.contextmanager
def forwarding(path: Path, *local: str) -> Iterator[int]:
    """Run the forwarder as a program; give its port."""
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(FORWARDER), "0", str(path), *local],
        env={forwarder.READY: str(theirs)},
        pass_fds=[theirs],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    try:
        with open(ours, "rb") as told:  # noqa: PTH123  a descriptor
            yield int(told.read())  # to its end: the program must have closed it
    finally:
        process.kill()
        assert process.communicate()[0] == b""


def through(way: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", way), timeout=PATIENCE_S)
