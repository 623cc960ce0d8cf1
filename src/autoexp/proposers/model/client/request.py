"""An endpoint and messages to the one HTTP request that asks: address, headers, body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit, urlunsplit

from autoexp import __version__
from autoexp.ports import AccessRefused
from autoexp.proposers.model.client.reading import dialect
from autoexp.proposers.model.client.values import Endpoint, Message
from autoexp.proposers.model.client.words import shown

OURS = ("messages", "model", "stream", "system")
BASE_URL_FIX = "Write proposer.base_url as http(s)://HOST[:PORT]/PATH, without a user name and a password in it."


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, ready to go. `where` is how the service is called in messages; `host` its name or address."""

    url: str
    where: str
    host: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def prepared(endpoint: Endpoint, messages: Sequence[Message]) -> Request:
    """Build the request. Raises AccessRefused when the endpoint cannot be asked as it is written."""
    speaking = dialect(endpoint.api)
    parts = _address(endpoint, path=speaking.PATH, version=speaking.VERSION)
    host = (parts.hostname or "").lower()
    if not all("!" <= letter <= "~" for letter in endpoint.key.strip()):
        raise AccessRefused(
            "the key has characters in it that no key has, so nothing was sent",
            fix="Look at the variable that proposer.api_key_env names: it has to hold the key alone.",
        )
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if endpoint.stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": f"autoexp/{__version__}",
    }
    clean = [Message(m.role, m.text.encode("utf-8", "replace").decode(), m.stable) for m in messages]
    return Request(
        url=urlunsplit(parts),
        where=parts.netloc,
        host=host,
        headers=headers | speaking.headers(endpoint),
        body=_encoded(endpoint, speaking.body(endpoint, clean, host=host)),
    )


def _address(endpoint: Endpoint, *, path: str, version: str) -> SplitResult:
    try:
        parts = urlsplit(endpoint.base_url.strip())
        usable = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        usable = False
    if not usable or not parts.netloc.isprintable() or " " in parts.netloc:
        raise AccessRefused(f"{_plain(endpoint)} is no address of a service, so nothing was sent", fix=BASE_URL_FIX)
    stem = parts.path.rstrip("/")
    if stem.endswith(path):
        return parts._replace(path=stem, fragment="")
    # An address that is only a host means the usual version; Anthropic's has it after whatever path there is.
    if not stem or (path == "/messages" and not stem.endswith(version)):
        stem += version
    return parts._replace(path=stem + path, fragment="")


def _plain(endpoint: Endpoint) -> str:
    return repr(shown(endpoint.base_url.rpartition("@")[2], key=endpoint.key.strip(), limit=100))


def _encoded(endpoint: Endpoint, body: dict[str, object]) -> bytes:
    if taken := sorted(set(endpoint.options) & set(OURS)):
        raise AccessRefused(
            f"the options {', '.join(taken)} are autoexp's own, so nothing was sent",
            fix=f"Take {', '.join(taken)} out of proposer.options.",
        )
    said = body | {name: value for name, value in endpoint.options.items() if value is not None}
    for name in [name for name, value in endpoint.options.items() if value is None]:
        said.pop(name, None)
    try:
        return json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise AccessRefused(
            f"the options cannot be written as JSON ({shown(str(exc), key=endpoint.key)}), so nothing was sent",
            fix="Look at proposer.options: numbers, texts, lists and objects only.",
        ) from None
