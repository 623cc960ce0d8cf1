"""Entries of an allow-list: one spelling for one host, words for nonsense, and nothing covered that is not meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.spec.network import (
    Endpoint,
    allowed_by,
    canonical_host,
    parse_allow,
    parse_endpoint,
    parse_network,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("api.example.com:443", "api.example.com:443"),
        (" API.Example.COM.:443 ", "api.example.com:443"),
        ("*.Example.com:8443", "*.example.com:8443"),
        ("bücher.example:443", "xn--bcher-kva.example:443"),
        ("BÜCHER.example:443", "xn--bcher-kva.example:443"),
        ("xn--bcher-kva.example:443", "xn--bcher-kva.example:443"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("[::1]:8000", "[::1]:8000"),
        ("[0:0::1]:8000", "[::1]:8000"),
        ("[::ffff:10.0.0.7]:80", "10.0.0.7:80"),
        ("\uff41pi\uff0eexample.com:443", "api.example.com:443"),
        ("localhost:11434", "localhost:11434"),
        ("my_service:1", "my_service:1"),
        ("api.example.com:0443", "api.example.com:443"),
    ],
)
def test_an_entry_has_one_spelling(written, canonical):
    assert str(parse_allow(written)) == canonical
    assert parse_allow(canonical) == parse_allow(written)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, "an entry such as api.example.com:443"),
        (443, "an entry such as api.example.com:443"),
        ("", "needs a host and a port"),
        ("api.example.com", "needs a host and a port"),
        (":443", "not a host name"),
        ("api.example.com:", "needs a host and a port"),
        ("api.example.com:https", "needs a host and a port"),
        ("api.example.com:*", "needs a host and a port"),
        ("api.example.com:0", "a port is a number from 1 to 65535"),
        ("api.example.com:65536", "a port is a number from 1 to 65535"),
        ("api.example.com:\u0664\u0664\u0663", "needs a host and a port"),
        ("https://api.example.com:443", "more than host and port"),
        ("api.example.com:443/v1", "more than host and port"),
        ("me@api.example.com:443", "not a host name"),
        ("::1:443", "stands in brackets"),
        ("[::1]", "stands in brackets"),
        ("[::1%eth0]:443", "zone"),
        ("[10.0.0.7]:443", "not an IPv6 address"),
        ("[zz]:443", "not an IPv6 address"),
        ("*:443", "a star stands for whole names"),
        ("a*.example.com:443", "a star stands for whole names"),
        ("*.*.example.com:443", "a star stands for whole names"),
        ("*.com:443", "too wide"),
        ("*.10.0.0.7:443", "too wide"),
        ("10.0.0:443", "not an IPv4 address"),
        ("010.0.0.7:443", "not an IPv4 address"),
        ("2130706433:443", "not an IPv4 address"),
        ("0x7f000001:443", "not an IPv4 address"),
        ("127.0.0.0x1:443", "not an IPv4 address"),
        ("0.0.0.0:443", "not the address of one machine"),
        ("[::]:443", "not the address of one machine"),
        ("[ff02::1]:443", "not the address of one machine"),
        ("224.0.0.1:443", "not the address of one machine"),
        ("a..b:443", "not a host name"),
        ("-a.example:443", "not a host name"),
        ("a b.example:443", "not a host name"),
        ("a\n.example:443", "not a host name"),
        ("faß.example:443", "written as xn--"),
        (f"{'a' * 64}.example:443", "not a host name"),
        (f"{'a.' * 200}example:443", "not a host name"),
    ],
)
def test_nonsense_is_refused_in_words(written, words):
    with pytest.raises(ValueError, match=words.replace("*", r"\*")) as told:
        parse_allow(written)
    assert len(str(told.value)) < 250


def test_a_star_covers_every_name_below_and_not_the_host_itself():
    below = parse_allow("*.example.com:443")
    for host in ("a.example.com", "a.b.example.com"):
        assert below.covers(Endpoint(host, 443))
    for host in ("example.com", "badexample.com", "a.example.com.evil.org", "a.example.org"):
        assert not below.covers(Endpoint(host, 443))
    assert not below.covers(Endpoint("a.example.com", 80))


def test_an_address_is_covered_only_when_it_is_written_down():
    entries = [parse_allow("127.0.0.1:80"), parse_allow("localhost:81")]
    assert allowed_by(entries, parse_endpoint("[::ffff:127.0.0.1]:80"))
    assert not allowed_by(entries, parse_endpoint("127.0.0.1:81"))
    assert not allowed_by(entries, parse_endpoint("localhost:80"))


@pytest.mark.parametrize("written", ["localhost:80", "127.0.0.1:80", "127.9.9.9:80", "[::1]:80"])
def test_a_server_of_this_machine_is_local(written):
    assert parse_allow(written).local


@pytest.mark.parametrize("written", ["10.0.0.7:80", "api.example.com:80", "*.localhost.example:80", "[fd00::7]:80"])
def test_a_server_elsewhere_is_not_local(written):
    assert not parse_allow(written).local


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("off", "off"),
        (False, "off"),
        ("host", "host"),
        (["A.example:1", "a.example:1", "b.example:2"], ("a.example:1", "b.example:2")),
    ],
)
def test_a_network_is_off_host_or_a_list(written, read):
    assert parse_network(written) == read


@pytest.mark.parametrize("written", [None, True, 0, "on", "", [], {}, "api.example.com:443", [443], ["x"]])
def test_another_network_is_refused(written):
    with pytest.raises(ValueError, match=r"expected|needs a host"):
        parse_network(written)


TEXTS = st.text(max_size=40) | st.text(alphabet="aA1.*:[]%-_ü0x/@", max_size=20)


@given(TEXTS)
def test_any_text_is_an_entry_with_one_spelling_or_a_valueerror(text):
    try:
        entry = parse_allow(text)
    except ValueError:
        return
    assert parse_allow(str(entry)) == entry
    assert str(entry).isascii()


@given(TEXTS)
def test_the_spelling_of_a_host_is_a_fixed_point(text):
    try:
        host = canonical_host(text)
    except ValueError:
        return
    assert parse_endpoint(str(Endpoint(host, 1))) == Endpoint(host, 1)
