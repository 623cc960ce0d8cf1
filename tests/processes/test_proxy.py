"""The way out of a sandbox, with real sockets: listed hosts are reached, all else is refused, nothing is left behind."""

import contextlib
import os
import signal
import socket
import stat
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from tests.processes.tunnels import after_all, ask, dial, head_of, rest_of, server, soon

from autoexp.errors import WorldError
from autoexp.processes.proxy import MOST_CONNECTIONS, Proxy, variables
from autoexp.processes.traffic import MOST_NAMES, OTHERS, Counts, Traffic
from autoexp.spec.network import Endpoint


def test_a_listed_address_is_reached_and_its_bytes_are_counted(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door) as proxy, dial(door) as client:
        assert ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")
        client.sendall(b"hello")
        assert client.recv(5, socket.MSG_WAITALL) == b"hello"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert proxy.counts() == {f"127.0.0.1:{echoing}": Counts(sent=5, received=5, connections=1)}


def test_bytes_are_counted_while_a_tunnel_is_open(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door) as proxy, dial(door) as client:
        ask(client, f"127.0.0.1:{echoing}")
        client.sendall(b"hello")
        assert soon(lambda: proxy.counts()[f"127.0.0.1:{echoing}"].received == 5)


def test_another_host_is_refused_with_the_entry_to_add(door, echoing):
    with Proxy(allow=("127.0.0.1:1",), socket=door) as proxy:
        for _ in range(2):
            with dial(door) as client:
                head = ask(client, f"127.0.0.1:{echoing}")
                assert head.startswith(b"HTTP/1.1 403 ")
                assert f"add 127.0.0.1:{echoing}".encode() in rest_of(client)
    assert proxy.counts() == {f"127.0.0.1:{echoing}": Counts(refused=2)}


def test_a_plain_http_request_is_told_to_use_a_tunnel(door):
    with Proxy(allow=("127.0.0.1:1",), socket=door), dial(door) as client:
        client.sendall(b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n")
        answer = rest_of(client)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"Allow: CONNECT" in answer


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01", b"\r\n\r\n", b"CONNECT\r\n\r\n", b"x" * 100])
def test_garbage_is_answered_with_400(door, sent):
    with Proxy(allow=("127.0.0.1:1",), socket=door), dial(door) as client:
        client.sendall(sent)
        assert rest_of(client).startswith(b"HTTP/1.1 400 ")


def test_a_head_without_end_is_cut_off(door):
    with Proxy(allow=("127.0.0.1:1",), socket=door), dial(door) as client:
        client.sendall(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n" + b"X: y\r\n" * 4000)
        assert rest_of(client).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_never_finishes_its_request_is_let_go(door):
    with Proxy(allow=("127.0.0.1:1",), socket=door, head_s=0.05), dial(door) as client:
        client.sendall(b"CONNECT 127.0.0.1:1 HT")
        assert rest_of(client).startswith(b"HTTP/1.1 408 ")


def test_a_tunnel_in_which_nothing_moves_is_closed(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door, idle_s=0.05), dial(door) as client:
        ask(client, f"127.0.0.1:{echoing}")
        assert client.recv(1) == b""


def test_a_listed_host_that_does_not_answer_is_told(door):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Proxy(allow=(f"127.0.0.1:{port}",), socket=door), dial(door) as client:
        assert ask(client, f"127.0.0.1:{port}").startswith(b"HTTP/1.1 502 ")
        assert b"Connection refused" in rest_of(client)


def test_what_is_sent_together_with_the_request_reaches_the_host(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), dial(door) as client:
        client.sendall(f"CONNECT 127.0.0.1:{echoing} HTTP/1.1\r\n\r\nearly".encode())
        assert head_of(client).startswith(b"HTTP/1.1 200 ")
        assert client.recv(5, socket.MSG_WAITALL) == b"early"


def test_an_end_that_stops_sending_still_receives(door):
    with server(after_all) as port, Proxy(allow=(f"127.0.0.1:{port}",), socket=door), dial(door) as client:
        ask(client, f"127.0.0.1:{port}")
        client.sendall(b"x" * 300_000)
        client.shutdown(socket.SHUT_WR)
        assert rest_of(client) == b"300000"


def test_a_slow_reader_loses_nothing(door):
    size = 8_000_000
    with (
        server(lambda connection: connection.sendall(b"z" * size)) as port,
        Proxy(allow=(f"127.0.0.1:{port}",), socket=door) as proxy,
        dial(door) as client,
    ):
        ask(client, f"127.0.0.1:{port}")
        time.sleep(0.1)
        assert len(rest_of(client)) == size
    assert proxy.counts()[f"127.0.0.1:{port}"].received == size


def test_a_name_is_looked_up_once_and_the_answer_is_used(door, echoing):
    asked: list[Endpoint] = []

    def look_up(endpoint: Endpoint) -> list[str]:
        asked.append(endpoint)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    allow = (f"api.example.com:{echoing}", f"127.0.0.1:{echoing}")
    with Proxy(allow=allow, socket=door, look_up=look_up) as proxy, dial(door) as client:
        assert ask(client, f"API.example.com.:{echoing}").startswith(b"HTTP/1.1 200 ")
    assert asked == [Endpoint("api.example.com", echoing)]
    assert proxy.counts()[f"api.example.com:{echoing}"].connections == 1


def test_a_listed_name_that_leads_to_this_machine_is_not_reached(door):
    reached = threading.Event()
    with server(lambda _: reached.set()) as port:
        with (
            Proxy(allow=(f"api.example.com:{port}",), socket=door, look_up=lambda _: ["127.0.0.1"]) as proxy,
            dial(door) as client,
        ):
            assert ask(client, f"api.example.com:{port}").startswith(b"HTTP/1.1 403 ")
            assert f"add 127.0.0.1:{port} as well".encode() in rest_of(client)
        assert proxy.counts() == {f"api.example.com:{port}": Counts(refused=1)}
    assert not reached.is_set()


def test_localhost_is_reached_when_it_is_listed_by_name(door, echoing):
    with Proxy(allow=(f"localhost:{echoing}",), socket=door), dial(door) as client:
        assert ask(client, f"localhost:{echoing}").startswith(b"HTTP/1.1 200 ")


def test_nothing_but_a_listed_host_is_ever_looked_up(door):
    asked = []

    def look_up(endpoint: Endpoint) -> list[str]:
        asked.append(str(endpoint))
        return []

    targets = ["evil.net:443", "api.example.com:80", "api.example.com@evil.net:443", "api.example.com:443"]
    targets += ["evil.net#api.example.com:443", "x.api.example.com:443", "api.example.com:443:443", "evil.net%00:443"]
    with Proxy(allow=("api.example.com:443",), socket=door, look_up=look_up):
        for target in targets:
            with dial(door) as client:
                assert not ask(client, target).startswith(b"HTTP/1.1 200 ")
    assert asked == ["api.example.com:443"]


def test_a_host_that_has_no_name_is_told(door):
    def look_up(_: Endpoint) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with Proxy(allow=("api.example.com:443",), socket=door, look_up=look_up), dial(door) as client:
        assert ask(client, "api.example.com:443").startswith(b"HTTP/1.1 502 ")
        assert b"cannot be looked up" in rest_of(client)


def test_one_connection_too_many_is_told_and_room_comes_back(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(dial(door)) for _ in range(MOST_CONNECTIONS)]
        for client in clients:
            assert ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")
        with dial(door) as late:
            assert head_of(late).startswith(b"HTTP/1.1 503 ")
        clients[0].close()

        def room() -> bool:
            with dial(door) as again, contextlib.suppress(ConnectionError):
                return ask(again, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")
            return False

        assert soon(room)


def test_after_the_block_no_thread_descriptor_or_file_is_left(door, echoing):
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    before = set(threading.enumerate())
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), contextlib.ExitStack() as stack:
        for target in (f"127.0.0.1:{echoing}", "127.0.0.1:1"):
            ask(stack.enter_context(dial(door)), target)
        silent = stack.enter_context(dial(door))
        silent.sendall(b"CONN")
    assert {thread for thread in threading.enumerate() if thread.name.startswith("proxy")} <= before
    assert not door.exists()
    if sys.platform == "linux":
        assert soon(lambda: len(list(Path("/proc/self/fd").iterdir())) <= descriptors)


@pytest.mark.parametrize("mask", [0, 0o777])
def test_the_socket_is_for_its_owner_alone_under_any_umask(door, mask):
    before = os.umask(mask)
    try:
        with Proxy(allow=(), socket=door):
            assert stat.S_IMODE(door.stat().st_mode) == 0o600
    finally:
        os.umask(before)


@pytest.mark.skipif(sys.platform != "linux", reason="blocked signals are read from /proc")
def test_signals_are_left_to_the_engines_own_thread(door, echoing):
    def blocked(thread: threading.Thread) -> bool:
        status = Path(f"/proc/self/task/{thread.native_id}/status").read_text(encoding="utf-8")
        return bool(int(status.partition("SigBlk:")[2].split()[0], 16) >> (signal.SIGINT - 1) & 1)

    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), dial(door) as client:
        ask(client, f"127.0.0.1:{echoing}")
        ours = [thread for thread in threading.enumerate() if thread.name.startswith("proxy")]
        assert len(ours) == 2
        assert all(map(blocked, ours))
        assert not blocked(threading.main_thread())


@pytest.mark.skipif(sys.platform != "linux", reason="a long path is reached through /proc")
def test_a_folder_may_be_longer_than_an_address(tmp_path, echoing):
    folder = tmp_path / ("long" * 30) / ("longer" * 30)
    folder.mkdir(parents=True)
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=folder / "s"), dial(folder / "s") as client:
        assert ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")
    assert not (folder / "s").exists()


def test_a_socket_that_a_killed_engine_left_is_replaced(door):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(door))
    with Proxy(allow=(), socket=door), dial(door) as client:
        assert ask(client, "a:1").startswith(b"HTTP/1.1 403 ")


def test_a_file_in_the_way_is_left_alone_and_told(door):
    door.write_text("mine")
    with pytest.raises(WorldError, match="cannot listen at"), Proxy(allow=(), socket=door):
        pass
    assert door.read_text() == "mine"


def test_an_entry_that_is_none_is_refused_before_anything_starts(door):
    with pytest.raises(ValueError, match="needs a host and a port"):
        Proxy(allow=("api.example.com",), socket=door)


def test_names_that_are_asked_for_fill_no_memory():
    traffic = Traffic()
    traffic.add(Endpoint("good", 1), Counts(connections=1))
    for number in range(2 * MOST_NAMES):
        traffic.add(Endpoint(f"evil{number}", 1), Counts(refused=1))
    traffic.add(Endpoint("good", 1), Counts(sent=7))
    counts = traffic.counts()
    assert len(counts) == MOST_NAMES + 2
    assert counts[OTHERS].refused == MOST_NAMES
    assert counts["good:1"] == Counts(sent=7, connections=1)


def test_usual_clients_find_the_way_by_variables_and_leave_servers_inside_alone(monkeypatch):
    for name, value in variables(4000).items():
        monkeypatch.setenv(name, value)
    assert urllib.request.getproxies()["https"] == urllib.request.getproxies()["http"] == "http://127.0.0.1:4000"
    assert urllib.request.proxy_bypass("127.0.0.1")
    assert not urllib.request.proxy_bypass("api.example.com")
