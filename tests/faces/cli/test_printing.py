"""How texts and numbers look: no word of a program commands a terminal, and JSON stays JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.faces.cli.printing import gain, harmless, number, one_line, print_json, say, seconds, write_data

ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@given(ANY_TEXT)
def test_shown_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = harmless(text)
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in shown)
    assert not any(0x7F <= ord(sign) < 0xA0 for sign in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    shown.encode()


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_ordinary_text_is_shown_as_it_is() -> None:
    text = "Größe: 12 µs → 3\tπ\n日本語 🙂"
    assert harmless(text) == text


def test_escape_is_shown_as_the_characters_that_it_is_made_of() -> None:
    assert harmless("\x1b[2J\x9b\u202e") == r"\x1b[2J\x9b\u202e"


@pytest.mark.parametrize("text", ["plain", "\x1b[2J", "\x9b", "\udcff", "\u202e", "µ", 'a"b\\'])
def test_json_gives_back_every_text(text: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"text": text})
    out = capfdbinary.readouterr().out
    assert json.loads(out) == {"text": text}
    assert b"\x1b" not in out


def test_data_for_a_program_is_not_touched(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_data("+\x1b[2J\udcff\r\n")
    assert capfdbinary.readouterr().out == b"+\x1b[2J\xff\r\n"


def test_words_for_people_go_where_they_are_sent(capfd: pytest.CaptureFixture[str]) -> None:
    say("one")
    say("two", err=True)
    assert capfd.readouterr() == ("one\n", "two\n")


def test_numbers_are_short_and_unknown_ones_are_a_dash() -> None:
    assert (number(1234.5678, "ms"), number(0.0), number(None, "ms")) == ("1234.6 ms", "0", "-")
    assert (gain(0.0512), gain(-0.5), gain(None)) == ("+5.1%", "-50.0%", "-")
    assert (seconds(3.14), seconds(61), seconds(3599.7), seconds(7260)) == (
        "3.1 s",
        "1 min 01 s",
        "1 h 00 min",
        "2 h 01 min",
    )
