"""A journal is made whole again from the lines that can be had, and from no line that its hash does not prove."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.campaign.events import Noted
from autoexp.stores.backward import place_of
from autoexp.stores.blobs import Held, packed, unpacked
from autoexp.stores.lines import GENESIS, Stamp, encode
from autoexp.stores.reading import verify
from autoexp.stores.salvage import Line, join, lines_of, sound


def chain(count: int, *, previous: str = GENESIS, first: int = 0, words: str = "said") -> list[bytes]:
    lines = []
    for number in range(first, first + count):
        line, previous = encode(
            Noted(text=f"{words} {number}"), number=number, previous=previous, stamp=Stamp(1, 1, "b")
        )
        lines.append(line)
    return lines


def read(lines: list[bytes]) -> list[Line]:
    found = [sound(line) for line in lines]
    return [line for line in found if line is not None]


def texts(lines: tuple[Line, ...]) -> list[bytes]:
    return [line.text for line in lines]


def test_lines_in_any_order_join_to_the_journal():
    lines = chain(20)
    mixed = read(lines * 2)
    random.Random(1).shuffle(mixed)
    joined = join(mixed)
    assert texts(joined.lines) == lines
    assert (joined.beyond, joined.other, joined.missing) == ((), (), ())


def test_lines_behind_a_gap_are_named_and_not_joined():
    lines = chain(20)
    joined = join(read(lines[:7] + lines[9:12] + lines[15:]))
    assert texts(joined.lines) == lines[:7]
    assert texts(joined.beyond) == lines[9:12] + lines[15:]
    assert joined.missing == (7, 8, 12, 13, 14)


def test_without_the_first_record_nothing_joins():
    joined = join(read(chain(5)[1:]))
    assert (joined.lines, joined.missing) == ((), (0,))


def test_longest_history_wins_where_two_begin_alike():
    lines = chain(5)
    previous = read(lines)[2].digest
    longer = lines[:3] + chain(6, previous=previous, first=3, words="told")
    for order in (lines + longer, longer + lines):
        joined = join(read(order))
        assert texts(joined.lines) == longer
        assert texts(joined.other) == lines[3:]
        assert not joined.beyond


def test_whole_journal_is_never_left_for_a_longer_history():
    lines = chain(5)
    previous = read(lines)[2].digest
    longer = lines[:3] + chain(6, previous=previous, first=3, words="told")
    joined = join(read(longer), whole=read(lines))
    assert texts(joined.lines) == lines
    assert texts(joined.other) == longer[3:]
    assert not joined.beyond


def test_whole_journal_is_gone_on_with():
    lines = chain(9)
    assert texts(join(read(lines[3:]), whole=read(lines[:4])).lines) == lines


@pytest.mark.parametrize("seed", range(40))
def test_all_but_the_damaged_lines_are_had(tmp_path, seed):
    dice = random.Random(seed)
    lines = chain(30)
    text = bytearray(b"".join(lines))
    at = dice.randrange(len(text))
    text[at] ^= 1 << dice.randrange(8)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(text)
    hit = next(n for n in range(30) if at < sum(map(len, lines[: n + 1])))
    had = texts(tuple(lines_of(path)))
    expected = lines if text[at : at + 1] == b"\n" else [line for n, line in enumerate(lines) if n != hit]
    if at == sum(map(len, lines[: hit + 1])) - 1:  # a newline was lost: both records around it are there
        expected = lines
    assert had == expected


@given(st.text(st.characters(codec=None, categories=None), max_size=30), st.integers(0, 99))
def test_blob_gives_lines_back_byte_for_byte(words: str, first: int):
    lines = tuple(chain(3, first=first, words=words))
    held = Held(first, lines)
    assert unpacked(packed({"n": 1, "detail": words}, held)) == held


def test_pair_of_surrogates_stays_two_characters():
    held = Held(0, tuple(chain(1, words="\ud83d\ude00 \udcff")))
    assert unpacked(packed({}, held)) == held


@pytest.mark.parametrize("blob", [b"", b"{}", b"[1]", b'{"journal": [1]}', b'{"format": 1, "n": 3}', b"\xff"])
def test_blob_of_an_earlier_version_holds_no_lines(blob: bytes):
    assert unpacked(blob) is None


def test_place_of_a_record_is_found_from_the_end(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(chain(30)))
    end, _ = verify(path)
    assert place_of(path, 30) == end
    assert place_of(path, 31) is None
    for number in range(30):
        place = place_of(path, number)
        assert place is not None
        assert place.number == number
        assert verify(path, place) == (end, None)
    assert place_of(tmp_path / "none", 1) is None
