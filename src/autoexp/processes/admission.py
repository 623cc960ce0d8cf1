"""What the proxy lets through: a request, and the addresses that its host turned out to have. No socket is touched here."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from autoexp.spec.network import (
    LOCALHOST,
    Address,
    Allowed,
    Endpoint,
    address_of,
    allowed_by,
    parse_endpoint,
    plain_address,
)

LONGEST_HEAD = 16 * 1024
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\s\x00-\x1f\x7f]{1,2048}) HTTP/1\.[0-9]")
_START = re.compile(rb"[A-Za-z]{1,32}( |\Z)|\Z")
_BLANK = re.compile(rb"\r?\n\r?\n")
# Public by their numbers, and yet a cloud answers there with the machine's own secrets.
_METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "192.0.0.192", "100.100.100.200")))
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than a tunnel: the status and one line of reason."""

    status: HTTPStatus
    reason: str
    endpoint: Endpoint | None = None

    def response(self) -> bytes:
        """Give the bytes to answer with; the reason stands in the first line too, for many clients show no more."""
        line = self.reason.encode("ascii", "replace")
        allow = b"Allow: CONNECT\r\n" if self.status == HTTPStatus.METHOD_NOT_ALLOWED else b""
        return (
            b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s\n"
            % (self.status, line, len(line) + 1, allow, line)
        )


def split_head(received: bytes) -> tuple[bytes, bytes] | Refusal | None:
    """Give a request's head and what came behind it; None while it is not complete, a Refusal when it never can be."""
    if _START.match(received) is None:
        return Refusal(HTTPStatus.BAD_REQUEST, "this is not an HTTP request; the proxy itself speaks plain HTTP")
    end = _BLANK.search(received[:LONGEST_HEAD])
    if end is not None:
        return received[: end.start()], received[end.end() :]
    if len(received) >= LONGEST_HEAD:
        return Refusal(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the head of the request is longer than {LONGEST_HEAD} bytes"
        )
    return None


def admit(head: bytes, allow: Iterable[Allowed]) -> Endpoint | Refusal:
    """Give the endpoint that a request may be connected to, or why not. Any bytes have an answer."""
    match = _REQUEST.fullmatch(head.partition(b"\n")[0].removesuffix(b"\r"))
    if match is None:
        return Refusal(HTTPStatus.BAD_REQUEST, "the first line is not CONNECT host:port HTTP/1.1")
    method = match[1].decode("ascii")
    if method != "CONNECT":
        return Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{method} is not served: the proxy only opens tunnels (CONNECT host:port); use an https address",
        )
    try:
        wanted = parse_endpoint(match[2].decode("utf-8"))
    except ValueError as error:  # a UnicodeDecodeError is one, too
        words = "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        return Refusal(HTTPStatus.BAD_REQUEST, f"CONNECT needs host:port: {words}")
    if not allowed_by(allow, wanted):
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"{wanted} is not on the allow-list; add {wanted} to the sandbox's network list",
            wanted,
        )
    return wanted


def admit_addresses(wanted: Endpoint, found: Sequence[str], allow: Iterable[Allowed]) -> tuple[str, ...] | Refusal:
    """Give those addresses of an admitted endpoint that may be connected to, or why none.

    A name may lead to public addresses only: whoever answers for it could otherwise point it into the user's own
    network. Another address must stand on the list itself, with that port; `localhost` may be this machine.
    """
    entries = tuple(allow)
    addresses = [address for text in found if (address := address_of(text.partition("%")[0])) is not None]
    good = tuple(dict.fromkeys(str(a) for a in addresses if _fine(wanted, a, entries)))
    if good:
        return good
    if not addresses:
        return Refusal(HTTPStatus.BAD_GATEWAY, f"{wanted.host} has no address", wanted)
    hidden = Endpoint(str(addresses[0]), wanted.port)
    expected = "this machine" if wanted.host == LOCALHOST else "a public address"
    return Refusal(
        HTTPStatus.FORBIDDEN,
        f"{wanted.host} leads to {hidden.host}, which is not {expected}; if that is meant, add {hidden} as well",
        wanted,
    )


def _fine(wanted: Endpoint, address: Address, entries: tuple[Allowed, ...]) -> bool:
    if allowed_by(entries, Endpoint(str(address), wanted.port)):
        return True
    if wanted.host == LOCALHOST:
        return address.is_loopback
    return is_public(address)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, and not one that only wraps another."""
    plain = plain_address(address)
    if isinstance(plain, ipaddress.IPv6Address):
        if plain in _TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(plain) & 0xFFFFFFFF))
        if plain.is_site_local or plain.sixtofour is not None or plain.teredo is not None:
            return False
    special = plain.is_multicast or plain.is_link_local or plain.is_reserved or plain.is_unspecified
    return plain.is_global and not special and plain not in _METADATA
