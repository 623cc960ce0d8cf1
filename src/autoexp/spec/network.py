"""Where a sandboxed command may connect: entries of an allow-list, read and compared. Nothing is looked up here."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOCALHOST = "localhost"
_LONGEST = 253
_HIGHEST_PORT = 65535
_PLACE = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*):([0-9]{1,5})")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Two standards spell names with these differently, so one entry would stand for two hosts.
_AMBIGUOUS = frozenset("ßς\u200c\u200d")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port; the host is a name in lower-case ASCII without a last dot, or an address in its short form."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> Address | None:
        """Give the address that the host is, None when it is a name."""
        return address_of(self.host)


@dataclass(frozen=True, slots=True)
class Allowed:
    """An entry of an allow-list: one endpoint, or (`below`) the same port of every name below a host."""

    endpoint: Endpoint
    below: bool = False

    def __str__(self) -> str:
        return f"*.{self.endpoint}" if self.below else str(self.endpoint)

    @property
    def local(self) -> bool:
        """Tell whether it names a server of this machine itself."""
        address = self.endpoint.address
        return not self.below and (self.endpoint.host == LOCALHOST or (address is not None and address.is_loopback))

    def covers(self, wanted: Endpoint) -> bool:
        """Tell whether this entry lets a command reach an endpoint."""
        if not self.below:
            return wanted == self.endpoint
        return wanted.port == self.endpoint.port and wanted.host.endswith(f".{self.endpoint.host}")


def parse_network(value: Any) -> Literal["off", "host"] | tuple[str, ...]:
    """Read `off`, `host` or a list of entries, which come back in their canonical form. Raises ValueError in words."""
    if value is False or value == "off":  # YAML 1.1 reads a bare off as false
        return "off"
    if value == "host":
        return "host"
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError("off, host or a list of entries such as api.example.com:443 is expected")
    return tuple(dict.fromkeys(str(parse_allow(entry)) for entry in value))


def parse_allow(text: Any) -> Allowed:
    """Read `api.example.com:443`, `*.example.com:443`, `10.0.0.7:8000` or `[fd00::7]:8000`. Raises ValueError in words."""
    if not isinstance(text, str):
        raise ValueError("an entry such as api.example.com:443 is expected")
    host, port = _split(text.strip())
    below = host.startswith("*.")
    if "*" in host[1:] or (host.startswith("*") and not below):
        raise ValueError(f"{_shown(text)}: a star stands for whole names only, as in *.example.com:443")
    endpoint = Endpoint(canonical_host(host[2:] if below else host), port)
    if below and (endpoint.address is not None or "." not in endpoint.host):
        raise ValueError(f"{_shown(text)} is too wide: name two parts or more behind the star, as in *.example.com:443")
    if (address := endpoint.address) is not None and (address.is_unspecified or address.is_multicast):
        raise ValueError(f"{_shown(text)} is not the address of one machine")
    return Allowed(endpoint, below)


def parse_endpoint(text: str) -> Endpoint:
    """Read `host:port` as a client asks for it, in the spelling that entries are compared in. Raises ValueError."""
    host, port = _split(text)
    return Endpoint(canonical_host(host), port)


def allowed_by(entries: Iterable[Allowed], wanted: Endpoint) -> bool:
    """Tell whether one of the entries lets a command reach an endpoint."""
    return any(entry.covers(wanted) for entry in entries)


def canonical_host(text: str) -> str:
    """Give the one spelling of a host: lower case, IDNA, no last dot, addresses in short form. Raises ValueError."""
    if text.startswith("["):
        return str(plain_address(_v6(text)))
    name = text.removesuffix(".")
    if not name or len(name) > _LONGEST or _AMBIGUOUS & set(name):
        raise ValueError(f"{_shown(text)} is not a host name; a name with other letters is written as xn--...")
    try:
        ascii_name = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(f"{_shown(text)} is not a host name") from None
    labels = ascii_name.split(".")
    if len(ascii_name) > _LONGEST or any(_LABEL.fullmatch(label) is None for label in labels):
        raise ValueError(f"{_shown(text)} is not a host name; letters, digits, dots and - are allowed")
    if _NUMERIC.fullmatch(labels[-1]) and address_of(ascii_name) is None:
        raise ValueError(f"{_shown(text)} is not an IPv4 address; write four numbers, as in 10.0.0.7")
    return ascii_name


def address_of(host: str) -> Address | None:
    """Give the address that a text spells, None when it is none; an IPv4 address inside an IPv6 one is unwrapped."""
    try:
        return plain_address(ipaddress.ip_address(host))
    except ValueError:
        return None


def plain_address(address: Address) -> Address:
    """Give an IPv4 address for one that is only wrapped as IPv6 (::ffff:10.0.0.7)."""
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _split(text: str) -> tuple[str, int]:
    match = _PLACE.fullmatch(text)
    if match is None:
        if "/" in text:
            raise ValueError(f"{_shown(text)} is more than host and port; write only these, as in api.example.com:443")
        if text.count(":") > 1:
            raise ValueError(f"{_shown(text)}: an IPv6 address stands in brackets, as in [fd00::7]:443")
        raise ValueError(f"{_shown(text)} needs a host and a port, as in api.example.com:443")
    port = int(match[2])
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError(f"{_shown(text)}: a port is a number from 1 to {_HIGHEST_PORT}")
    return match[1], port


def _v6(text: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError(f"{_shown(text)} is not an IPv6 address") from None
    if address.scope_id is not None:
        raise ValueError(f"{_shown(text)}: an address with a zone (%) is good on one machine only")
    return address


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")  # noqa: PLR2004  a line on a screen
