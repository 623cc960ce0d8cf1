"""Both halves of the way out together: the forwarder as a program, and as the only way out of a real sandbox."""

import contextlib
import json
import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.processes.tunnels import FORWARDER, PATIENCE_S, ask, echo, forwarding, rest_of, server, soon, through

from autoexp.processes import forwarder
from autoexp.processes.proxy import Proxy
from autoexp.processes.traffic import Counts


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """A key and a certificate of its own for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not there")
    pem = tmp_path / "both.pem"
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pem, "-out", tmp_path / "crt"]
    subprocess.run(made, check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (tmp_path / "crt").read_bytes())
    return pem


def test_https_works_through_both_halves(door, tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls)

    def page(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")

    with server(page) as port, Proxy(allow=(f"127.0.0.1:{port}",), socket=door) as proxy, forwarding(door) as way:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": f"http://127.0.0.1:{way}"}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(tls))),
        )
        with opener.open(f"https://127.0.0.1:{port}/", timeout=PATIENCE_S) as answer:
            assert answer.read() == b"hi"
        with pytest.raises(urllib.error.URLError, match=r"403 .* is not on the allow-list"):
            opener.open("https://evil.example/", timeout=PATIENCE_S)
    counts = proxy.counts()
    assert counts[f"127.0.0.1:{port}"].connections == 1
    assert counts["evil.example:443"] == Counts(refused=1)


def test_the_forwarder_listens_on_127_0_0_1_only(door):
    with forwarding(door) as way, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", way), timeout=PATIENCE_S)


@pytest.mark.parametrize("host", [".".join("0000"), "10.0.0.7", "[::]", "example.com", "127.example.com", ""])
def test_no_server_but_one_of_this_machine_appears_inside(host):
    with pytest.raises((ValueError, OSError)):
        forwarder._loopback(host)


def test_a_place_that_is_taken_leaves_the_proxy_as_the_way(door, echoing):
    with (
        Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door) as proxy,
        forwarding(door, *proxy.local, "nonsense", "10.0.0.7:1", "127.0.0.1:99999") as way,
        through(way) as client,
    ):
        assert ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")


def test_the_forwarder_survives_a_storm_of_connections(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), forwarding(door) as way:
        for _ in range(3):
            with contextlib.ExitStack() as stack:
                for number in range(200):
                    client = stack.enter_context(through(way))
                    with contextlib.suppress(ConnectionError):
                        client.sendall(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n" if number % 2 else b"CONN")

        def works() -> bool:
            with through(way) as client, contextlib.suppress(ConnectionError):
                return ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")
            return False

        assert soon(works)


def test_the_forwarder_carries_much_both_ways_at_once(door, echoing):
    size = 5_000_000
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), forwarding(door) as way, through(way) as client:
        ask(client, f"127.0.0.1:{echoing}")

        def send() -> None:
            client.sendall(b"q" * size)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        assert len(rest_of(client)) == size
        sender.join()


def test_the_forwarder_outlives_a_proxy_that_is_gone(door, echoing):
    with forwarding(door) as way:
        with through(way) as client:
            assert client.recv(1) == b""
        with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), through(way) as client:
            assert ask(client, f"127.0.0.1:{echoing}").startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time is read from /proc")
def test_the_forwarder_sleeps_while_connections_are_idle_or_half_closed(door, echoing):
    with Proxy(allow=(f"127.0.0.1:{echoing}",), socket=door), contextlib.ExitStack() as stack:
        way = stack.enter_context(forwarding(door))
        for half in (False, True):
            client = stack.enter_context(through(way))
            ask(client, f"127.0.0.1:{echoing}")
            if half:
                client.shutdown(socket.SHUT_WR)
        pid = next(
            int(child) for child in Path("/proc/self/task").glob("*/children") for child in child.read_text().split()
        )
        before = ticks(pid)
        time.sleep(0.5)
        assert ticks(pid) - before <= 2


def ticks(pid: int) -> int:
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def run_forwarder(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-I", "-S", "-B", FORWARDER, *map(str, arguments)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("arguments", [[], ["x", "y"], ["3128"]])
def test_the_forwarder_says_how_it_is_used(arguments):
    done = run_forwarder(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: forwarder.py PORT PATH")


def test_a_port_that_is_taken_is_told(door, echoing):
    done = run_forwarder(echoing, door)
    assert done.returncode == 1
    assert done.stderr.startswith("autoexp: the forwarder cannot serve on 127.0.0.1:")


INSIDE = """
import json, socket, subprocess, sys, os
ours, theirs = os.pipe()
forwarder = [sys.executable, "-I", "-S", "-B", sys.argv[1], "3128", sys.argv[5], *sys.argv[6:]]
subprocess.Popen(forwarder, pass_fds=[theirs], env={"AUTOEXP_READY_FD": str(theirs)})
os.close(theirs)
assert os.read(ours, 16) == b"3128\\n"
listed, other, datagrams = map(int, sys.argv[2:5])

def through(target, said):
    with socket.create_connection(("127.0.0.1", 3128), timeout=20) as client:
        client.sendall(b"CONNECT %s HTTP/1.1\\r\\n\\r\\n" % target.encode())
        status = client.recv(4096)
        if b" 200 " not in status:
            return status.split()[1].decode()
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read().decode()

def direct(kind, *place):
    try:
        with socket.socket(socket.AF_INET, kind) as client:
            client.settimeout(20)
            client.connect(place)
            client.send(b"out")
            client.send(b"out")
    except OSError as error:
        return type(error).__name__
    return "sent"

def local(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read().decode()
        except OSError:
            return ""

print(json.dumps({
    "local": [local(int(place.rpartition(":")[2])) for place in sys.argv[6:]],
    "listed": through(f"127.0.0.1:{listed}", b"hello"),
    "other": through(f"127.0.0.1:{other}", b""),
    "name": through("example.com:443", b""),
    "tcp": direct(socket.SOCK_STREAM, "127.0.0.1", listed),
    "udp": direct(socket.SOCK_DGRAM, "127.0.0.1", datagrams),
    "far": [direct(kind, "192.0.2.1", 53) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)],
}))
"""


def sandboxed(*argv: object) -> list[str]:
    """Give a call of bwrap that sees all files, read-only, and has no network; skip where it cannot be had."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("bubblewrap is not there")
    shut = [bwrap, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    tried = subprocess.run([*shut, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"bubblewrap does not work here: {tried.stderr.strip()}")
    return [*shut, *map(str, argv)]


@contextlib.contextmanager
def listening_for_datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.setblocking(False)
        yield datagrams


def test_a_sandbox_without_network_reaches_listed_hosts_and_nothing_else(door, echoing):
    with (
        server(lambda connection: connection.sendall(b"never")) as other,
        server(echo) as near,
        listening_for_datagrams() as datagrams,
        Proxy(allow=(f"127.0.0.1:{echoing}", f"localhost:{near}", f"127.0.0.1:{free_port()}"), socket=door) as proxy,
    ):
        ports = (echoing, other, datagrams.getsockname()[1])
        python = (sys.executable, "-I", "-S", "-B", "-c", INSIDE, FORWARDER)
        argv = sandboxed(*python, *ports, door, *proxy.local[1:])
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        with pytest.raises(BlockingIOError):
            datagrams.recv(1)
        datagrams.sendto(b"in", datagrams.getsockname())
        assert datagrams.recv(2) == b"in"
    assert json.loads(done.stdout) == {
        "local": ["hello", ""],
        "listed": "hello",
        "other": "403",
        "name": "403",
        "tcp": "ConnectionRefusedError",
        "udp": "ConnectionRefusedError",
        "far": ["OSError", "OSError"],
    }
    assert proxy.counts() == {
        f"localhost:{near}": Counts(sent=5, received=5, connections=1),
        f"127.0.0.1:{echoing}": Counts(sent=5, received=5, connections=1),
        f"127.0.0.1:{other}": Counts(refused=1),
        "example.com:443": Counts(refused=1),
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("cut", [1, 7, 40, 100])
def test_the_proxys_answer_is_kept_from_a_client_that_knows_of_none(cut):
    answer = b"HTTP/1.1 200 Connection established\r\n\r\nbytes of the server"
    (client, left), (proxy, right) = socket.socketpair(), socket.socketpair()
    with client, proxy:
        relay = forwarder.Call(left, right, "127.0.0.1:8000")
        relay.push(relay.right)
        assert proxy.recv(4096) == b"CONNECT 127.0.0.1:8000 HTTP/1.1\r\n\r\n"
        for part in (answer[:cut], answer[cut:]):
            if part:
                proxy.sendall(part)
                relay.move(right.fileno(), select.POLLIN)
        assert client.recv(4096) == b"bytes of the server"
        relay.close()


def test_a_client_that_knows_of_no_proxy_is_let_go_when_there_is_no_tunnel():
    (client, left), (proxy, right) = socket.socketpair(), socket.socketpair()
    with client, proxy:
        relay = forwarder.Call(left, right, "127.0.0.1:8000")
        proxy.sendall(b"HTTP/1.1 403 no\r\n\r\nno\n")
        relay.move(right.fileno(), select.POLLIN)
        assert relay.over
        relay.close()
        assert client.recv(1) == b""


def turn(relay: forwarder.Relay, poll: select.poll, wait_ms: int = 1000) -> int:
    """Move what can be moved; give how many descriptors had something to tell."""
    forwarder.watch(poll, relay)
    told = [] if relay.over else poll.poll(wait_ms)
    for descriptor, events in told:
        relay.move(descriptor, events)
    forwarder.watch(poll, relay)
    return len(told)


def test_a_side_that_reads_nothing_holds_the_other_back_and_costs_no_turns():
    (one, left), (two, right) = socket.socketpair(), socket.socketpair()
    with one, two:
        relay, poll, said, heard = forwarder.Relay(left, right), select.poll(), 0, 0
        one.setblocking(False)
        two.setblocking(False)
        for _ in range(100):
            with contextlib.suppress(BlockingIOError):
                while True:
                    said += one.send(b"x" * 10_000)
            turn(relay, poll, 0)
        assert 0 < len(relay.right.pending) < 1_000_000
        one.close()
        assert sum(turn(relay, poll, 0) for _ in range(20)) <= 2
        assert not relay.over
        for _ in range(1000):
            with contextlib.suppress(BlockingIOError):
                heard += len(two.recv(1_000_000))
            turn(relay, poll, 0)
        assert relay.over
        assert heard == said
        relay.close()


@given(
    ways=st.lists(st.tuples(st.booleans(), st.binary(max_size=3000)), max_size=30),
    shut=st.permutations([False, True]),
)
def test_every_byte_arrives_once_and_in_order_whoever_ends_first(ways, shut):
    (one, left), (two, right) = socket.socketpair(), socket.socketpair()
    with one, two:
        relay, poll = forwarder.Relay(left, right), select.poll()
        for to_the_right, said in ways:
            (one if to_the_right else two).sendall(said)
        for first in shut:
            (one if first else two).shutdown(socket.SHUT_WR)
        for _ in range(1000):
            turn(relay, poll)
        assert relay.over
        relay.close()
        assert rest_of(two) == b"".join(said for to_the_right, said in ways if to_the_right)
        assert rest_of(one) == b"".join(said for to_the_right, said in ways if not to_the_right)
