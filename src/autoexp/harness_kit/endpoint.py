"""Asks a model's service over HTTP, and waits while the weather is bad. Its own way out is the proxy that the environment names."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import re
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from . import wire
from .errors import JudgeUnavailable, KitError

_WEATHER = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_NOT_SERVED = frozenset({301, 302, 307, 308, 402, 404, 405})
_LONGEST = 16 << 20
_CHUNK = 1 << 16
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 20.0
_TOLD, _TOLD_OF = 300, 4000


class Weather(Exception):
    """What passes: a busy service, a broken connection. `wait_s` is the service's own word for how long."""

    def __init__(self, told: str, *, wait_s: float | None = None) -> None:
        super().__init__(told)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Endpoint:
    """A service and how it is asked. `given_up` ends waits early, once the whole is lost anyhow."""

    base: SplitResult
    api: str
    key: str
    timeout_s: float
    patience_s: float
    given_up: threading.Event

    def ask(self, body: Mapping[str, Any]) -> wire.Answer:
        """Give the answer to a request, after as many tries as `patience_s` allows.

        Raises JudgeUnavailable when it cannot be reached, refuses the key, or the weather stays bad; KitError when the
        service refuses this request.
        """
        sent, began, wait_s = json.dumps(body).encode("ascii"), time.monotonic(), _FIRST_WAIT_S
        while True:
            try:
                return self._answer(sent)
            except Weather as bad:
                own_s = wait_s * random.uniform(0.7, 1.0)  # noqa: S311
                pause_s = (
                    own_s if bad.wait_s is None else max(bad.wait_s, own_s / 4)
                )  # a service may ask for no wait at all
                told = f"{self.base.netloc}: {self._masked(str(bad))}"
                if time.monotonic() - began + pause_s > self.patience_s:
                    raise JudgeUnavailable(f"the judge did not answer within {self.patience_s:g} s: {told}") from None
            print(f"judge: {told}; asking again in {pause_s:.1f} s", file=sys.stderr)
            if self.given_up.wait(pause_s):
                raise KitError("given up, as another request has failed")
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _answer(self, sent: bytes) -> wire.Answer:
        status, headers, received = self._posted(sent)
        if status in _WEATHER:
            raise Weather(
                f"HTTP {status}{_message(received, self._masked)}", wait_s=_seconds(headers.get("retry-after"))
            )
        if status in {401, 403}:
            raise JudgeUnavailable(
                f"{self.base.netloc} refuses the key (HTTP {status}{_message(received, self._masked)}): set the variable that"
                " key_env names to one that is valid"
            )
        if status != 200:
            kind = JudgeUnavailable if status in _NOT_SERVED else KitError  # 400 and 413 may be the fault of the text
            raise kind(
                f"{self.base.netloc} refuses the request (HTTP {status}{_message(received, self._masked)}): see model=,"
                " base_url= (nothing is followed elsewhere) and options="
            )
        try:
            return wire.answer_of(self.api, json.loads(received))
        except (ValueError, RecursionError):
            raise Weather(f"an answer that is no JSON: {self._masked(repr(received[:_TOLD_OF]))[:80]}") from None
        except wire.Garbled as garbled:
            raise Weather(self._masked(str(garbled))[:_TOLD]) from None

    def _posted(self, sent: bytes) -> tuple[int, Mapping[str, str], bytes]:
        deadline = time.monotonic() + self.timeout_s
        headers = {
            "content-type": "application/json",
            "user-agent": "autoexp-harness-kit",
            **wire.headers_of(self.api, self.key),
        }
        connection = self._connection()
        try:
            connection.request("POST", wire.path_of(self.api, self.base.path), sent, headers)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, _whole(response, deadline)
        except ssl.SSLCertVerificationError as error:
            raise JudgeUnavailable(
                f"{self.base.netloc}: its certificate does not hold: {error.verify_message}"
            ) from None
        except PermissionError as error:
            raise JudgeUnavailable(f"{self.base.netloc} cannot be reached: {error.strerror}. {self._mend()}") from None
        except (OSError, http.client.HTTPException) as error:
            refused = re.match(r"Tunnel connection failed: 40\d", str(error))
            if refused:
                raise JudgeUnavailable(f"{self.base.netloc}: the proxy says no ({error}). {self._mend()}") from None
            raise Weather(_in_words(error, self.timeout_s)) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        secure, host = self.base.scheme == "https", self.base.hostname or ""
        port = self.base.port or (443 if secure else 80)
        proxy = _proxy_for(self.base.scheme, host, port)
        context = ssl.create_default_context() if secure else None
        at, door = (host, port) if proxy is None else (proxy.hostname or "", proxy.port or 80)
        connection = (
            http.client.HTTPSConnection(at, door, timeout=self.timeout_s, context=context)
            if secure
            else http.client.HTTPConnection(at, door, timeout=self.timeout_s)
        )
        if proxy is not None:
            connection.set_tunnel(host, port, headers=_credentials(proxy))
        return connection

    def _mend(self) -> str:
        port = self.base.port or (443 if self.base.scheme == "https" else 80)
        return f"Name it in sandbox.harness.network: [{self.base.hostname}:{port}]"

    def _masked(self, text: str) -> str:
        return text.replace(self.key, "***") if self.key else text


def endpoint_of(
    base_url: str, *, api: str, key: str, timeout_s: float, patience_s: float, given_up: threading.Event
) -> Endpoint:
    """Give the service at an address. Raises KitError for an address that is none, and a key that no header can hold."""
    try:
        base = urlsplit(base_url)
        well_formed = base.scheme in {"http", "https"} and base.hostname and (base.port is None or base.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed or base.username or base.query or base.fragment:
        raise KitError(f"base_url= is an address such as https://api.example.com/v1, and not {base_url!r:.100}")
    if not key.isascii() or not key.isprintable():
        raise KitError("the key holds characters that no header can carry: see the variable that key_env names")
    return Endpoint(base, api, key, timeout_s, patience_s, given_up)


def _proxy_for(scheme: str, host: str, port: int) -> SplitResult | None:
    """Give the proxy that the environment names for a place: it is asked for a tunnel, for http as well."""
    if host in {"localhost", "::1"} or host.startswith("127."):
        return None
    for entry in filter(None, map(str.strip, _variable("no_proxy").split(","))):
        if entry in {"*", f"{host}:{port}"} or f".{host}".endswith("." + entry.lstrip("*.")):
            return None
    way = _variable(f"{scheme}_proxy") or _variable("all_proxy")
    if not way:
        return None
    try:
        proxy = urlsplit(way if "://" in way else f"http://{way}")
        known = proxy.hostname is not None and (proxy.port is None or proxy.port > 0)
    except ValueError:
        known = False
    if not known:
        raise KitError(
            f"the variable {scheme}_proxy (or all_proxy) holds no address of a proxy, such as http://host:3128"
        )
    return proxy


def _variable(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.upper()) or ""


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")}


def _whole(response: http.client.HTTPResponse, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        part = response.read1(_CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > _LONGEST:
            raise Weather(f"an answer of more than {_LONGEST >> 20} MB")
        if time.monotonic() > deadline:
            raise socket.timeout


def _in_words(error: Exception, timeout_s: float) -> str:
    if isinstance(error, (socket.timeout, TimeoutError)):
        return f"no whole answer within {timeout_s:g} s"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _message(received: bytes, masked: Callable[[str], str]) -> str:
    """Give what a service says about its refusal, where it says it as usual services do; masked before it is cut."""
    try:
        said = json.loads(received)
        said = said.get("error", said)
        said = said.get("message", said) if isinstance(said, dict) else said
    except (ValueError, AttributeError, RecursionError):
        said = received.decode("utf-8", "replace")
    told = masked(" ".join(str(said).split()))[:_TOLD]
    return f": {told}" if told else ""


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text.strip()) else None
