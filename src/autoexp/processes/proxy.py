"""The way out of a sandbox: a proxy on a unix socket that opens tunnels to listed hosts, and to nothing else."""

import contextlib
import os
import select
import signal
import socket as sockets
import stat
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from autoexp.errors import WorldError
from autoexp.processes.admission import Refusal
from autoexp.processes.forwarder import PORT, Door
from autoexp.processes.traffic import Counts, Traffic
from autoexp.processes.tunnel import Halt, HaltedError, LookUp, Tunnels
from autoexp.spec.network import Endpoint, parse_allow

MOST_CONNECTIONS = 64
_OWNER_ONLY = 0o600
_BACKLOG = 128
_PARTING_S, _PAUSE_S = 15.0, 0.05
_BUSY = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_CONNECTIONS} connections are open already; close one first")


def variables(port: int = PORT) -> dict[str, str]:
    """Give the variables by which usual clients find the forwarder at `port`; servers inside are reached without it."""
    way, inside = f"http://127.0.0.1:{port}", "localhost,127.0.0.1,::1"
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    both = {spelling: way for name in names for spelling in (name, name.lower())}
    return {**both, "NO_PROXY": inside, "no_proxy": inside, "NODE_USE_ENV_PROXY": "1"}


def look_up(endpoint: Endpoint) -> Sequence[str]:
    """Give the addresses of a host as the system knows them. Raises OSError."""
    found = sockets.getaddrinfo(endpoint.host, endpoint.port, type=sockets.SOCK_STREAM)
    return tuple(str(address[0]) for *_, address in found)


class Proxy:
    """A CONNECT-only proxy for the time of a `with` block; when that ends, every connection and thread has ended.

    It listens on the unix socket `socket`, which only its owner may use. `allow` holds entries as
    `autoexp.spec.network.parse_allow` reads them. Raises ValueError for an entry that is none, and WorldError at the
    start of the block when it cannot listen.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str],
        socket: Path,
        idle_s: float = 600.0,
        head_s: float = 10.0,
        look_up: LookUp = look_up,
    ) -> None:
        self._allow = tuple(parse_allow(entry) for entry in allow)
        self._socket = socket
        self._idle_s, self._head_s, self._look_up = idle_s, head_s, look_up
        self._traffic = Traffic()
        self._lock = threading.Lock()
        self._serving: set[threading.Thread] = set()

    def counts(self) -> Mapping[str, Counts]:
        """Give what went to and came from each `host:port` so far, and what was refused; also after the block."""
        return self._traffic.counts()

    @property
    def local(self) -> tuple[str, ...]:
        """Give the entries that are servers of this machine: the forwarder lets them appear inside at the same place."""
        return tuple(str(entry) for entry in self._allow if entry.local)

    def __enter__(self) -> Self:
        """Listen, and start to serve."""
        self._listener = _listen(self._socket)
        self._halt = Halt()
        self._tunnels = Tunnels(self._allow, self._look_up, self._idle_s, self._head_s, self._halt, self._traffic)
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End every connection. A look-up that hangs in the system's resolver is waited for only a while."""
        self._halt.call()
        self._acceptor.join()
        self._listener.close()
        with contextlib.suppress(OSError):
            self._socket.unlink()
        deadline = time.monotonic() + _PARTING_S
        with self._lock:
            serving = tuple(self._serving)
        for thread in serving:
            thread.join(max(deadline - time.monotonic(), 0.0))
        if not any(thread.is_alive() for thread in serving):
            self._halt.close()

    def _accept(self) -> None:
        # The engine's own thread shall be the one that a signal interrupts; threads that start here inherit this.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        with contextlib.suppress(HaltedError):
            while self._halt.wait(self._listener, select.POLLIN, None):
                try:
                    client, _ = self._listener.accept()
                except OSError:  # the client is gone, or no descriptor is left
                    self._halt.wait(None, 0, _PAUSE_S)
                else:
                    self._take(client)

    def _take(self, client: sockets.socket) -> None:
        """Serve a client in a thread of its own, or turn it away."""
        client.setblocking(False)
        thread = threading.Thread(target=self._serve, args=(client,), name="proxy-connection", daemon=True)
        with self._lock:
            if room := len(self._serving) < MOST_CONNECTIONS:
                self._serving.add(thread)
        if not room:
            with client, contextlib.suppress(OSError):
                client.send(_BUSY.response())
            return
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            client.close()
            self._leave(thread)

    def _serve(self, client: sockets.socket) -> None:
        try:
            self._tunnels.serve(client)
        finally:
            self._leave(threading.current_thread())

    def _leave(self, thread: threading.Thread) -> None:
        with self._lock:
            self._serving.discard(thread)


def _listen(path: Path) -> sockets.socket:
    """Listen at a path of any length, for the owner alone; what a killed engine left there is replaced."""
    listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.lstat().st_mode):
                path.unlink()
        with contextlib.closing(Door(os.fspath(path))) as door:
            if sys.platform == "linux":
                os.fchmod(listener.fileno(), _OWNER_ONLY)  # so that not even its first moment is open to others
            listener.bind(door.address)
        path.chmod(_OWNER_ONLY)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise WorldError(f"the proxy cannot listen at {path}: {error.strerror or error}") from error
    return listener
