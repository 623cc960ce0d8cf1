"""Carry connections of 127.0.0.1 to a unix socket: the inner end of a sandbox's only way out.

Also a program of its own, which needs nothing but the standard library: `PYTHON -I -S -B forwarder.py PORT PATH
[LOCAL...]`. It prints nothing. When AUTOEXP_READY_FD names a descriptor, the port that it listens on (PORT may be 0: any
free one) is written there as a line, and the descriptor is closed.

PORT takes clients that ask a proxy for a tunnel. Each LOCAL, such as 127.0.0.1:8000 or localhost:8000, is a server of the
machine outside: it appears inside at the same place, for clients that know nothing of proxies.
"""

import errno
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

PORT = 3128
READY = "AUTOEXP_READY_FD"
_HOST = "127.0.0.1"
_MOST = 256
_AT_ONCE = 32
_BACKLOG = 512
_CHUNK = 64 * 1024
_BOUND = 4 * _CHUNK
_PAUSE_MS = 20
_LONGEST_PATH = 100  # 108 bytes on Linux, 104 elsewhere
_LATER = {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_DEAD = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Side:
    """One of two sockets that are joined: what waits to be sent to it, and what is over for it."""

    __slots__ = ("ended", "gone", "pending", "sent", "shut", "socket")

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.pending = bytearray()
        self.sent = 0
        self.ended = False  # it has said all
        self.shut = False  # it was told that no more comes
        self.gone = False  # it takes nothing more


class Relay:
    """Two connected sockets whose bytes go to each other, each way until its end: half-closed ones go on."""

    __slots__ = ("left", "right")

    def __init__(self, left: socket.socket, right: socket.socket) -> None:
        self.left, self.right = Side(left), Side(right)

    def wanted(self) -> Iterator[tuple[int, int | None]]:
        """Give for each descriptor the events to poll for; None: leave it out, it would only say again that it is dead."""
        for side, other in ((self.left, self.right), (self.right, self.left)):
            mask = 0
            if not side.ended and not other.gone and len(other.pending) < _BOUND:
                mask |= select.POLLIN
            if side.pending:
                mask |= select.POLLOUT
            yield side.socket.fileno(), (None if side.gone and not mask else mask)

    def move(self, descriptor: int, events: int) -> None:
        """Carry what can be carried after a poll told of `events` on one of the two."""
        if descriptor == self.left.socket.fileno():
            side, other = self.left, self.right
        else:
            side, other = self.right, self.left
        if events & _DEAD:
            _lose(side)
        if events & select.POLLOUT:
            self.push(side)
        if not side.ended and not other.gone and len(other.pending) < _BOUND:
            try:
                read = side.socket.recv(_CHUNK)
            except BlockingIOError:
                return
            except OSError:
                read = b""
                _lose(side)
            side.ended = not read
            self.take(side, read)
        self.push(other)

    def take(self, side: Side, read: bytes) -> None:
        """Have what a side said wait for the other one."""
        (self.right if side is self.left else self.left).pending.extend(read)

    def push(self, side: Side) -> None:
        """Send what waits for a side, and tell it when no more can come."""
        source = self.right if side is self.left else self.left
        try:
            while side.pending and not side.gone:
                sent = side.socket.send(side.pending)
                side.sent += sent
                del side.pending[:sent]
            if source.ended and not side.pending and not side.shut and not side.gone:
                side.shut = True
                side.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError:
            _lose(side)

    @property
    def over(self) -> bool:
        """Tell whether nothing can be carried any more."""
        left, right = self.left, self.right
        return (
            not left.pending and not right.pending and (left.ended or right.gone) and (right.ended or left.gone)
        ) or (left.gone and right.gone)

    def close(self) -> None:
        """Close both."""
        self.left.socket.close()
        self.right.socket.close()


class Call(Relay):
    """A relay that asks the proxy on its right for a tunnel by itself, and keeps the proxy's answer from its left."""

    __slots__ = ("answer",)

    def __init__(self, left: socket.socket, right: socket.socket, target: str) -> None:
        super().__init__(left, right)
        self.answer: bytes | None = b""
        self.right.pending += f"CONNECT {target} HTTP/1.1\r\n\r\n".encode()

    def take(self, side: Side, read: bytes) -> None:
        """Take the proxy's answer for itself; without a tunnel, both sides are let go."""
        if side is self.left or self.answer is None:
            super().take(side, read)
            return
        head, blank, rest = (self.answer + read).partition(b"\r\n\r\n")
        self.answer = None if blank else head
        if blank and head.split(b" ")[1:2] == [b"200"]:
            super().take(side, rest)
        elif blank:
            _lose(self.left)
            _lose(self.right)


def _lose(side: Side) -> None:
    side.gone = True
    side.pending.clear()


class Door:
    """A unix socket's path as an address: usable however long the path is, for as long as this stays open."""

    __slots__ = ("_folder", "address")

    def __init__(self, path: str) -> None:
        """Open the folder when the path is too long for an address. Raises OSError."""
        self._folder = -1
        self.address = path
        if len(os.fsencode(path)) > _LONGEST_PATH:
            folder, name = os.path.split(path)
            self._folder = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self.address = f"/proc/self/fd/{self._folder}/{name}"

    def close(self) -> None:
        """Let go of the folder."""
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1


def listen(port: int = PORT, host: str = _HOST) -> socket.socket:
    """Listen on 127.0.0.1, or another loopback address; port 0 is any free one. Raises OSError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def watch(poll: select.poll, relay: Relay) -> None:
    """Have `poll` look for what a relay wants next."""
    for descriptor, mask in relay.wanted():
        poll.register(descriptor, mask or 0)
        if mask is None:
            poll.unregister(descriptor)


def serve(port: int, path: str, *, local: Sequence[str] = (), ready: int | None = None) -> None:
    """Carry connections until the process is killed. Raises OSError when it cannot listen on `port`."""
    door, proxy = Door(path), listen(port)
    listeners = {proxy.fileno(): (proxy, ""), **_listen_for(local)}
    if ready is not None:
        os.write(ready, b"%d\n" % proxy.getsockname()[1])
        os.close(ready)
    poll, relays = select.poll(), dict[int, Relay]()
    waiting: list[tuple[socket.socket, str]] = []
    short = False  # of descriptors or the like: pause before the next try
    while True:
        closed = short or bool(waiting) or len(relays) >= 2 * _MOST
        for descriptor in listeners:
            poll.register(descriptor, 0 if closed else select.POLLIN)
        told = poll.poll(_PAUSE_MS if short or waiting else None)
        short = False
        for descriptor, events in told:
            if (relay := relays.get(descriptor)) is not None:  # None: its other half has ended it a moment ago
                relay.move(descriptor, events)
                _follow(poll, relays, relay)
        # Only now: a new connection must not get the number of one that ended in this round.
        for descriptor, _ in told:
            if descriptor in listeners:
                listener, target = listeners[descriptor]
                short |= _accept(listener, target, waiting)
        _dial_all(door, waiting, poll, relays)


def _listen_for(local: Sequence[str]) -> dict[int, tuple[socket.socket, str]]:
    """Listen where servers of the machine outside shall appear; where that cannot be, the proxy remains the way."""
    listeners = {}
    for target in local:
        host, _, port = target.rpartition(":")
        with suppress(OSError, ValueError, OverflowError):
            listener = listen(int(port), _loopback(host))
            listeners[listener.fileno()] = (listener, target)
    return listeners


def _loopback(host: str) -> str:
    """Give the address of this machine itself that a host stands for. Raises ValueError for any other."""
    address = _HOST if host == "localhost" else host.strip("[]")
    if address != "::1" and socket.inet_pton(socket.AF_INET, address)[0] != 127:  # noqa: PLR2004  127.0.0.0/8
        raise ValueError(host)
    return address


def _dial_all(
    door: Door, waiting: list[tuple[socket.socket, str]], poll: select.poll, relays: dict[int, Relay]
) -> None:
    """Connect those who wait to the proxy, as long as it takes more; when it is gone, they are let go."""
    while waiting:
        client, target = waiting[0]
        try:
            provider = _dial(door)
        except OSError as error:
            if error.errno in _LATER:
                return
            client.close()
        else:
            _follow(poll, relays, Call(client, provider, target) if target else Relay(client, provider))
        del waiting[0]


def _follow(poll: select.poll, relays: dict[int, Relay], relay: Relay) -> None:
    """Watch a relay, or put it away when it is over."""
    watch(poll, relay)
    for descriptor, mask in tuple(relay.wanted()):
        relays[descriptor] = relay
        if relay.over:
            del relays[descriptor]
            if mask is not None:
                poll.unregister(descriptor)
    if relay.over:
        relay.close()


def _accept(listener: socket.socket, target: str, accepted: list[tuple[socket.socket, str]]) -> bool:
    """Take what knocks; tell whether something that a connection needs has run short."""
    for _ in range(_AT_ONCE):
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            return error.errno in _LATER
        accepted.append((client, target))
        with suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return False


def _dial(door: Door) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.connect(door.address)
    except BaseException:
        connection.close()
        raise
    return connection


def main(arguments: list[str]) -> int:
    """Run as a program; give its exit code, which comes only when it cannot serve."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if len(arguments) < 2 or not arguments[0].isdecimal():  # noqa: PLR2004  said in the text below
        return _fail(2, "usage: forwarder.py PORT PATH-OF-A-UNIX-SOCKET [LOCAL-HOST:PORT...]")
    port, path, *local = arguments
    ready = os.environ.get(READY, "")
    try:
        serve(int(port), path, local=local, ready=int(ready) if ready.isdecimal() else None)
    except (OSError, OverflowError) as error:
        return _fail(1, f"autoexp: the forwarder cannot serve on {_HOST}:{port}: {error}")
    return 0


def _fail(code: int, words: str) -> int:
    print(words, file=sys.stderr)  # noqa: T201  a program's last words
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
