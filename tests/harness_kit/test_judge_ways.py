"""The ways to a judge's service: straight to this machine, through the proxy that the environment names to all others."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoexp.harness_kit import KitError, endpoint
from autoexp.testing.fake_model import FakeModel
from tests.harness_kit.deployed import Desk, Done
from tests.harness_kit.judged import scoring
from tests.processes.tunnels import server

NAME = "judge.test"


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel(handler=scoring(4)) as model:
        yield model


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key in one file, good for judge.test."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", *subject, "-keyout", "-", "-out", "-"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl makes no certificate here")
    path.write_bytes(done.stdout)
    return path


@contextlib.contextmanager
def proxy(
    model: FakeModel, *, certificate: Path | None = None, answer: str = "200 OK"
) -> Iterator[tuple[int, list[str]]]:
    """Take CONNECT only and lead every tunnel to the model; give the port, and what was asked for."""
    asked: list[str] = []

    def serve(client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        asked.append(head.decode().split("\r\n")[0])
        client.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        if answer.startswith("200"):
            with _opened(client, certificate) as inner, socket.create_connection(("127.0.0.1", model.port)) as outer:
                back = threading.Thread(target=carry, args=(outer.recv, inner.sendall))
                back.start()
                carry(inner.recv, outer.sendall)
                outer.shutdown(socket.SHUT_RDWR)
                back.join()

    with server(serve) as port:
        yield port, asked


def _opened(client: socket.socket, certificate: Path | None) -> socket.socket:
    if certificate is None:
        return client
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context.wrap_socket(client, server_side=True)


def carry(source: Callable[[int], bytes], target: Callable[[bytes], None]) -> None:
    with contextlib.suppress(OSError):
        while read := source(65536):
            target(read)


def judged(desk: Desk, base_url: str, **environ: str) -> Done:
    code = (
        "import autoexp.harness_kit as kit\nopen('rubric.md', 'w').write('Be kind.')\n"
        f"kit.judge({{'a': 'x'}}, rubric='rubric.md', model='m', base_url={base_url!r}, patience_s=1).report('quality')"
    )
    return desk.python(code, **environ)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_server_elsewhere_is_reached_by_a_tunnel_also_without_tls(
    desk: Desk, model: FakeModel, variable: str
) -> None:
    with proxy(model) as (port, asked):
        done = judged(desk, f"http://{NAME}:8000/v1", **{variable: f"http://127.0.0.1:{port}"})
    assert done.metrics == {"quality": 4}, done.stderr
    assert asked == [f"CONNECT {NAME}:8000 HTTP/1.{asked[0][-1]}"] * 3


def test_https_goes_through_the_tunnel_and_its_certificate_is_looked_at(
    desk: Desk, model: FakeModel, certificate: Path
) -> None:
    with proxy(model, certificate=certificate) as (port, asked):
        way = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        done = judged(desk, f"https://{NAME}/v1", **way, SSL_CERT_FILE=str(certificate))
        assert done.metrics == {"quality": 4}, done.stderr
        assert asked[0].startswith(f"CONNECT {NAME}:443 ")
        assert model.requests == 3
        done = judged(desk, f"https://{NAME}/v1", **way)
        assert "its certificate does not hold" in done.stderr
        done = judged(desk, "https://other.test/v1", **way, SSL_CERT_FILE=str(certificate))
        assert "its certificate does not hold" in done.stderr
    assert (done.status, done.metrics, model.requests) == (1, {}, 3)


def test_a_server_of_this_machine_is_reached_without_the_proxy(desk: Desk, model: FakeModel) -> None:
    with proxy(model) as (port, asked):
        way = {"ALL_PROXY": f"http://127.0.0.1:{port}"}
        assert judged(desk, model.openai_url, **way).metrics == {"quality": 4}
        assert judged(desk, model.openai_url.replace("127.0.0.1", "localhost"), **way).metrics == {"quality": 4}
    assert asked == []


@pytest.mark.parametrize("way", ["http://proxy.example:port", "http://", "http://[proxy", "proxy:99999"])
def test_a_proxy_that_is_none_is_refused_in_words(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", way)
    with pytest.raises(KitError, match="http_proxy"):
        endpoint._proxy_for("http", NAME, 8000)


@pytest.mark.parametrize("entry", [NAME, f".{NAME}", "*", f"a.example, {NAME}:8000", "*.test", "test", ""])
def test_no_proxy_is_honoured(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "HTTP_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", entry)
    found = endpoint._proxy_for("http", NAME, 8000)
    assert (found and found.netloc) == (None if entry else "proxy.example:3128")
    other = endpoint._proxy_for("http", f"my{NAME}", 8000)
    assert (other is None) == (entry in {"*", "*.test", "test"})


def test_a_refusal_by_the_proxy_is_told_at_once_with_the_key_that_mends_it(desk: Desk, model: FakeModel) -> None:
    with proxy(model, answer="403 Forbidden") as (port, asked):
        done = judged(desk, f"http://{NAME}:8000/v1", HTTP_PROXY=f"http://127.0.0.1:{port}")
    assert done.status == 1
    assert f"Name it in sandbox.harness.network: [{NAME}:8000]" in done.stderr
    assert len(asked) <= 3  # one a thread
    assert "asking again" not in done.stderr


def test_a_proxy_that_cannot_reach_the_server_is_weather(desk: Desk, model: FakeModel) -> None:
    with proxy(model, answer="502 Bad Gateway") as (port, _):
        done = judged(desk, f"http://{NAME}:8000/v1", HTTP_PROXY=f"http://127.0.0.1:{port}")
    assert done.status == 1
    assert "did not answer within 1 s" in done.stderr
    assert "502" in done.stderr
