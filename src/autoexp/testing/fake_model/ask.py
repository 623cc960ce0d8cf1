"""One HTTP request as it came in, its body read by length or in chunks and unpacked."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Ask:
    """Method, target, headers with small letters, and the whole body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path inside of its session."""
        path = urlsplit(self.target).path
        return "/" + path.split("/", 3)[3] if path.startswith("/s/") and path.count("/") > 2 else path  # noqa: PLR2004

    @property
    def session(self) -> str:
        """The name behind `/s/`; else default."""
        path = urlsplit(self.target).path
        return path.split("/", 3)[2] if path.startswith("/s/") else "default"

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark."""
        return dict(parse_qsl(urlsplit(self.target).query))


def read_body(stream: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    """Return the whole body, unpacked."""
    if "chunked" in headers.get("transfer-encoding", ""):
        raw = b"".join(iter(lambda: _chunk(stream), b""))
    else:
        raw = stream.read(int(headers.get("content-length") or 0))
    return gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw


def _chunk(stream: BufferedIOBase) -> bytes:
    size = int(stream.readline().split(b";")[0] or b"0", 16)
    data = stream.read(size)
    stream.readline()
    return data
