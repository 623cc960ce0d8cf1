"""The way to the service: stop at any moment, certificates, proxies; no thread and no socket is left behind."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
from tests.proposers.model.client.serving import Raw, anthropic_answer, asked, http, openai_answer, openai_stream, sse

from autoexp.errors import AutoexpError
from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.proposers.model.client import Endpoint, Message, ask

HELLO = [Message("user", "Hello?")]


@pytest.mark.parametrize("then", ["hold", "drip", "headers"])
def test_stop_ends_the_wait_and_its_thread(then):
    pieces = {
        "hold": [],
        "headers": [b"HTTP/1.1 200 OK\r\n"],
        "drip": [sse(*openai_stream("a", end=False), length=False)],
    }[then]
    with Raw(pieces=pieces, then="hold") as server:
        asking = Endpoint("openai", server.url, "m", idle_s=60)
        with pytest.raises(ProposerFailed, match="stopped"):
            ask(asking, HELLO, stop=server.sent.is_set)
        assert [thread for thread in threading.enumerate() if thread.name == "autoexp-model"] == []
        assert server.connections == 1


def test_a_question_to_stop_that_fails_leaves_no_thread():
    with Raw(then="hold") as server, pytest.raises(ZeroDivisionError):
        ask(Endpoint("openai", server.url, "m"), HELLO, stop=lambda: bool(1 / 0))


def test_stop_ends_a_handshake_that_hangs():
    with Raw(then="hold", read=False) as server:
        asking = Endpoint("openai", server.url.replace("http:", "https:"), "m", idle_s=60)
        with pytest.raises(ProposerFailed, match="stopped"):
            ask(asking, HELLO, stop=server.sent.is_set)
        assert [thread for thread in threading.enumerate() if thread.name == "autoexp-model"] == []


def test_a_tls_handshake_with_something_else_is_a_reset():
    with Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", read=False) as server:
        assert asked("openai", server.url.replace("http:", "https:")).kind == "reset"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*made, *names, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem


def test_a_certificate_that_does_not_verify_is_refused(certificate):
    with Raw(http(openai_answer()), tls=certificate[0]) as server:
        refused = asked("openai", server.url)
        assert isinstance(refused, AccessRefused)
        assert "certificate" in str(refused)
        assert "SSL_CERT_FILE" in refused.fix
        assert server.requests == []


def test_an_authority_of_ones_own_is_believed_on_loopback_too(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with Raw(http(openai_answer()), tls=certificate[0]) as server:
        assert ask(Endpoint("openai", server.url, "m"), HELLO).text == "hello"


def test_authorities_that_cannot_be_read_are_named(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    refused = asked("openai", "https://127.0.0.1:9")
    assert isinstance(refused, AccessRefused)
    assert "SSL_CERT_FILE" in refused.fix


def test_stop_ends_an_encrypted_wait(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with Raw(then="hold", tls=certificate[0]) as server, pytest.raises(ProposerFailed, match="stopped"):
        ask(Endpoint("openai", server.url, "m", idle_s=60), HELLO, stop=server.sent.is_set)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "gopher://127.0.0.1:9", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    refused = asked("openai", "http://models.example/v1")
    assert isinstance(refused, AccessRefused)
    assert "HTTPS_PROXY" in refused.fix


@pytest.mark.parametrize("base", ["http://a..b/v1", "http://xn--\u00fc/v1", "http://127.0.0.1:9/\x7f\u20ac"])
def test_an_odd_address_is_refused_or_not_reached(base):
    assert asked("openai", base)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", AccessRefused),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Unavailable),
    ],
)
def test_a_proxy_that_refuses_a_tunnel(monkeypatch, answer, kind):
    with Raw(answer) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        away = asked("openai", "https://models.example/v1")
        assert isinstance(away, kind)
        assert "models.example" in str(away)


def test_weather_of_one_request_leaves_the_next_alone():
    with Raw(http(anthropic_answer("fine"))) as server:
        assert [ask(Endpoint("anthropic", server.url, "m"), HELLO).text for _ in range(3)] == ["fine"] * 3
        assert server.connections == 3


def test_who_stops_before_a_request_sends_none():
    with Raw(http(openai_answer())) as server:
        with pytest.raises(ProposerFailed, match="stopped"):
            ask(Endpoint("openai", server.url, "m"), HELLO, stop=lambda: True)
        assert server.connections == 0


@pytest.mark.parametrize("package", ["httpx2", "genai_prices"])
def test_without_the_extra_nothing_is_sent(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with Raw(http(openai_answer())) as server:
        with pytest.raises(AutoexpError, match=rf"(?s){package}.*pip install 'autoexp.models.'") as missing:
            ask(Endpoint("openai", server.url, "m"), HELLO)
        assert missing.value.fix == "pip install 'autoexp[models]'"
        assert server.connections == 0


def test_a_connection_that_nobody_takes_is_a_hang():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        for _ in range(8):  # they fill the queue of the listener
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        away = asked("openai", f"http://127.0.0.1:{listener.getsockname()[1]}", idle_s=0.5)
        assert (away.kind, "no connection in time" in str(away)) == ("hang", True)
