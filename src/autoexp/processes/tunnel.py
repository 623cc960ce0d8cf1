"""One connection of the proxy, from the client's request to the end of its tunnel."""

import errno
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http import HTTPStatus

from autoexp.processes.admission import Refusal, admit, admit_addresses, split_head
from autoexp.processes.forwarder import Relay, watch
from autoexp.processes.traffic import Counts, Traffic
from autoexp.spec.network import Allowed, Endpoint

LookUp = Callable[[Endpoint], Sequence[str]]

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_MOST_ADDRESSES = 4
_CONNECT_S, _LINGER_S = 15.0, 1.0
_CHUNK = 4096
_MOST_LINGERING = 64 * 1024


class HaltedError(Exception):
    """The proxy ends; whoever waits lets go of what it has."""


class Halt:
    """One end for many threads: all that wait through it are woken when it is called."""

    def __init__(self) -> None:
        self._heard, self._held = socket.socketpair()

    def call(self) -> None:
        """Wake everyone, now and later."""
        self._held.close()

    def close(self) -> None:
        """Let go of the descriptors, when nobody waits any more."""
        self._held.close()
        self._heard.close()

    def wait(self, awaited: socket.socket | None, events: int, seconds: float | None) -> bool:
        """Wait for events on a socket; False when the time is over. Raises HaltedError once called."""
        poll = select.poll()
        if awaited is not None:
            poll.register(awaited, events)
        return bool(self.poll(poll, seconds))

    def poll(self, poll: select.poll, seconds: float | None) -> list[tuple[int, int]]:
        """Wait for what a poll object looks for, and give it. Raises HaltedError once called."""
        poll.register(self._heard, select.POLLIN)
        told = poll.poll(None if seconds is None else max(round(seconds * 1000), 0))
        if any(descriptor == self._heard.fileno() for descriptor, _ in told):
            raise HaltedError
        return told


@dataclass(frozen=True, slots=True)
class Tunnels:
    """What all tunnels of a proxy share."""

    allow: tuple[Allowed, ...]
    look_up: LookUp
    idle_s: float
    head_s: float
    halt: Halt
    traffic: Traffic

    def serve(self, client: socket.socket) -> None:
        """Read one request and open its tunnel, or say why not; when this returns, the connection is closed."""
        with client, suppress(OSError, HaltedError):
            answer = self._open(client)
            if isinstance(answer, Refusal):
                self.refuse(client, answer)

    def refuse(self, client: socket.socket, refusal: Refusal) -> None:
        """Answer with a refusal and wait for a moment, so that the client can read it. Raises OSError, HaltedError."""
        if refusal.endpoint is not None and refusal.status == HTTPStatus.FORBIDDEN:
            self.traffic.add(refusal.endpoint, Counts(refused=1))
        client.send(refusal.response())
        client.shutdown(socket.SHUT_WR)
        deadline, left = time.monotonic() + _LINGER_S, _MOST_LINGERING
        # What stays unread at the close would become a reset, and that can overtake the answer.
        while left > 0 and self.halt.wait(client, select.POLLIN, deadline - time.monotonic()):
            read = len(client.recv(_CHUNK))
            left = left - read if read else 0

    def _open(self, client: socket.socket) -> Refusal | None:
        request = self._request(client)
        if isinstance(request, Refusal):
            return request
        head, early = request
        wanted = admit(head, self.allow)
        if isinstance(wanted, Refusal):
            return wanted
        addresses = self._addresses(wanted)
        if isinstance(addresses, Refusal):
            return addresses
        with ExitStack() as stack:
            try:
                provider = stack.enter_context(self._connect(addresses, wanted.port))
            except OSError as error:
                words = os.strerror(error.errno) if error.errno else str(error)
                return Refusal(HTTPStatus.BAD_GATEWAY, f"{wanted} cannot be reached: {words}", wanted)
            self._carry(client, provider, wanted, early)
        return None

    def _request(self, client: socket.socket) -> tuple[bytes, bytes] | Refusal:
        deadline, received = time.monotonic() + self.head_s, b""
        while (split := split_head(received)) is None:
            if not self.halt.wait(client, select.POLLIN, deadline - time.monotonic()):
                return Refusal(HTTPStatus.REQUEST_TIMEOUT, f"no whole request came within {self.head_s:g} s")
            read = client.recv(_CHUNK)
            if not read:
                raise ConnectionAbortedError
            received += read
        return split

    def _addresses(self, wanted: Endpoint) -> tuple[str, ...] | Refusal:
        if wanted.address is not None:
            return admit_addresses(wanted, (wanted.host,), self.allow)
        try:
            found = self.look_up(wanted)
        except (OSError, UnicodeError) as error:
            return Refusal(HTTPStatus.BAD_GATEWAY, f"{wanted.host} cannot be looked up: {error}", wanted)
        return admit_addresses(wanted, found, self.allow)

    def _connect(self, addresses: Sequence[str], port: int) -> socket.socket:
        """Connect to the first address that answers: to these numbers, so nothing is looked up a second time."""
        failure = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
        for address in addresses[:_MOST_ADDRESSES]:
            provider = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            try:
                provider.setblocking(False)
                code = provider.connect_ex((address, port))
                if code == errno.EINPROGRESS:
                    done = self.halt.wait(provider, select.POLLOUT, _CONNECT_S)
                    code = provider.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if done else errno.ETIMEDOUT
                if not code:
                    provider.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return provider
                failure = OSError(code, os.strerror(code))
            except HaltedError:
                provider.close()
                raise
            except OSError as error:
                failure = error
            provider.close()
        raise failure

    def _carry(self, client: socket.socket, provider: socket.socket, wanted: Endpoint, early: bytes) -> None:
        """Carry bytes both ways until both ends are done, or nothing moves for too long."""
        self.traffic.add(wanted, Counts(connections=1))
        client.send(_ESTABLISHED)
        relay, poll = Relay(client, provider), select.poll()
        relay.right.pending += early
        told = [(provider.fileno(), select.POLLOUT)] if early else []
        sent = received = 0
        while True:
            for descriptor, events in told:
                relay.move(descriptor, events)
            self.traffic.add(wanted, Counts(sent=relay.right.sent - sent, received=relay.left.sent - received))
            sent, received = relay.right.sent, relay.left.sent
            watch(poll, relay)
            if relay.over or not (told := self.halt.poll(poll, self.idle_s)):
                return
