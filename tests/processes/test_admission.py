"""What the proxy lets through, decided without a socket: any bytes have an answer, and only listed hosts a tunnel."""

import ipaddress
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoexp.processes.admission import (
    LONGEST_HEAD,
    Refusal,
    admit,
    admit_addresses,
    is_public,
    split_head,
)
from autoexp.spec.network import Endpoint, parse_allow

ALLOW = tuple(map(parse_allow, ("api.example.com:443", "*.example.org:8443", "127.0.0.1:9", "[::1]:9", "localhost:7")))


def line(target: str, method: str = "CONNECT", version: str = "HTTP/1.1") -> bytes:
    return f"{method} {target} {version}\r\nHost: {target}".encode()


@pytest.mark.parametrize(
    ("target", "endpoint"),
    [
        ("api.example.com:443", Endpoint("api.example.com", 443)),
        ("API.example.com.:443", Endpoint("api.example.com", 443)),
        ("a.b.example.org:8443", Endpoint("a.b.example.org", 8443)),
        ("127.0.0.1:9", Endpoint("127.0.0.1", 9)),
        ("[::ffff:127.0.0.1]:9", Endpoint("127.0.0.1", 9)),
        ("[0::1]:9", Endpoint("::1", 9)),
    ],
)
def test_a_listed_host_is_admitted_in_each_spelling(target, endpoint):
    assert admit(line(target), ALLOW) == endpoint
    assert admit(line(target, version="HTTP/1.0"), ALLOW) == endpoint


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (line("evil.example.com:443"), 403, "add evil.example.com:443"),
        (line("api.example.com:80"), 403, "add api.example.com:80"),
        (line("example.org:8443"), 403, "add example.org:8443"),
        (line("api.example.com.evil.net:443"), 403, "add api.example.com.evil.net:443"),
        (line("[::2]:9"), 403, r"add \[::2\]:9"),
        (line("127.1:9"), 400, "not an IPv4 address"),
        (line("2130706433:9"), 400, "not an IPv4 address"),
        (line("user@api.example.com:443"), 400, "not a host name"),
        (line("api.example.com"), 400, "needs a host and a port"),
        (line("http://api.example.com:443/", "GET"), 405, "GET is not served.*https"),
        (line("/", "GET"), 405, "GET is not served"),
        (line("api.example.com:443", "connect"), 405, "connect is not served"),
        (line("*", "PRI", "HTTP/2.0"), 400, "CONNECT host:port"),
        (line("api.example.com:443", version="HTTP/2"), 400, "CONNECT host:port"),
        (b" " + line("api.example.com:443"), 400, "CONNECT host:port"),
        (b"CONNECT  api.example.com:443 HTTP/1.1", 400, "CONNECT host:port"),
        (b"CONNECT api.example.com\x00:443 HTTP/1.1", 400, "CONNECT host:port"),
        (b"CONNECT \xff:443 HTTP/1.1", 400, "UTF-8"),
        (b"", 400, "CONNECT host:port"),
    ],
)
def test_what_is_refused_is_refused_in_words(head, status, words):
    refusal = admit(head, ALLOW)
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert re.search(words, refusal.reason)


def test_the_reason_stands_in_the_first_line_and_in_the_body():
    refusal = admit(line("evil.example:443"), ALLOW)
    head, body = refusal.response().split(b"\r\n\r\n")
    assert head.splitlines()[0] == b"HTTP/1.1 403 " + refusal.reason.encode()
    assert body == refusal.reason.encode() + b"\n"
    assert f"Content-Length: {len(body)}".encode() in head


# What the list stands for, said a second time without the code under test.
def listed(found: Endpoint) -> bool:
    exact = {("api.example.com", 443), ("127.0.0.1", 9), ("::1", 9), ("localhost", 7)}
    return (found.host, found.port) in exact or (found.host.endswith(".example.org") and found.port == 8443)


PIECES = st.sampled_from(
    [
        b"CONNECT",
        b"GET",
        b" ",
        b"\t",
        b"\r\n",
        b"\n",
        b"\x00",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"api.example.com",
        b":443",
        b"a.example.org",
        b":8443",
        b"127.0.0.1",
        b":9",
        b"[::1]",
        b"[::ffff:7f00:1]",
        b".",
        b"@",
        b"/",
        b"%",
        b"\xff",
        b"\xef\xbc\x8e",
        b"evil.net",
        b"*",
        b"0x7f.1",
        b"#",
        b":",
        b"xn--",
        b"localhost",
        b":7",
    ]
)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=12).map(b"".join))
@example(b"CONNECT api.example.com:443 HTTP/1.1")
def test_any_bytes_have_an_answer_and_only_listed_hosts_a_tunnel(head):
    answer = admit(head, ALLOW)
    if isinstance(answer, Endpoint):
        assert listed(answer)
    else:
        first, _, rest = answer.response().partition(b"\r\n")
        assert first.startswith(b"HTTP/1.1 4")
        assert rest.count(b"\r\n\r\n") == 1
        assert all(32 <= byte < 127 for byte in first)


@given(st.lists(PIECES, max_size=6).map(b"".join))
def test_whatever_is_glued_to_a_target_only_listed_hosts_have_a_tunnel(target):
    answer = admit(b"CONNECT %s HTTP/1.1\r\nHost: api.example.com:443" % target, ALLOW)
    assert isinstance(answer, Refusal) or listed(answer)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_a_head_is_the_same_however_it_arrives(received, cut):
    whole, part = split_head(received), split_head(received[:cut])
    if isinstance(part, tuple):
        assert whole == (part[0], part[1] + received[cut:])
    if isinstance(whole, tuple):
        assert received.startswith(whole[0])
        assert received.endswith(whole[1])


def test_a_head_is_bounded():
    head = b"CONNECT a:1 HTTP/1.1\r\n" + b"x" * LONGEST_HEAD
    assert split_head(head[: LONGEST_HEAD - 1]) is None
    assert split_head(head).status == 431


@pytest.mark.parametrize("start", [b"\x16\x03\x01\x02", b"{}", b"  CONNECT", b"A" * 40])
def test_what_cannot_be_a_request_is_refused_at_once(start):
    assert split_head(start).status == 400


API = Endpoint("api.example.com", 443)


def test_a_name_that_leads_into_the_own_network_is_refused():
    for hidden in ("10.0.0.7", "127.0.0.1", "169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "::1", "100.64.0.1"):
        refusal = admit_addresses(API, [hidden], ALLOW)
        assert isinstance(refusal, Refusal)
        assert refusal.status == 403
        assert "not a public address" in refusal.reason


def test_of_several_addresses_the_public_ones_are_used():
    assert admit_addresses(API, ["10.0.0.7", "93.184.216.34", "93.184.216.34"], ALLOW) == ("93.184.216.34",)


def test_an_address_that_is_listed_itself_may_be_reached_by_a_listed_name():
    allow = (*ALLOW, parse_allow("10.0.0.7:443"), parse_allow("10.0.0.8:80"))
    assert admit_addresses(API, ["10.0.0.7"], allow) == ("10.0.0.7",)
    assert isinstance(admit_addresses(API, ["10.0.0.8"], allow), Refusal)


def test_localhost_is_this_machine_and_nothing_else():
    local = Endpoint("localhost", 7)
    assert admit_addresses(local, ["::1", "127.0.0.1"], ALLOW) == ("::1", "127.0.0.1")
    assert isinstance(admit_addresses(local, ["10.0.0.7"], ALLOW), Refusal)
    assert isinstance(admit_addresses(local, ["93.184.216.34"], ALLOW), Refusal)


def test_a_host_without_an_address_is_told():
    assert admit_addresses(API, [], ALLOW).status == 502


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fec0::1",
        "::",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "::7f00:1",
        "255.255.255.255",
        "224.0.0.1",
        "ff0e::1",
    ],
)
def test_special_addresses_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_a_private_address_is_never_public_however_it_is_wrapped(address):
    wrapped = [address]
    if address.version == 4:
        wrapped += [ipaddress.IPv6Address(f"::ffff:{address}"), ipaddress.IPv6Address(f"64:ff9b::{address}")]
    for one in wrapped:
        if address.is_private or address.is_loopback or address.is_link_local:
            assert not is_public(one)
