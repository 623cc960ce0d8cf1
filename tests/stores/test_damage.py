"""Torn tails are cut and told; every other damage is refused, and the file is left as it is."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.campaign import events as ev
from autoexp.errors import JournalError
from autoexp.stores.lines import GENESIS, BadLine, CutLine, Stamp, decode, encode
from autoexp.stores.reading import Torn, read_from

NOTES = ["first", "zwei → ü", "third"]
HOSTILE = ev.Proposed(n=1, proposal={"asi": {"a": 1, "hash": "0" * 64}})


@pytest.fixture
def written(opened):
    """A journal of four records, closed; the last one has notes that look like the end of a record."""
    with opened() as journal:
        for text in NOTES:
            journal.append(ev.Noted(text=text))
        journal.append(HOSTILE)
    return journal.path


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def test_each_cut_of_the_last_record_is_a_torn_tail(written, opened):
    *whole, last = lines_of(written)
    for length in range(1, len(last)):
        written.write_bytes(b"".join(whole) + last[:length])
        torn = written.read_bytes()
        with opened() as journal:
            assert journal.torn
            assert [record.event.text for record in journal.read()] == NOTES
            assert written.read_bytes() == torn  # a start that is refused leaves it as it is
            journal.append(ev.Noted(text="again"))
        assert lines_of(written)[:-1] == whole


def test_cut_of_the_whole_last_record_is_not_even_torn(written, opened):
    written.write_bytes(b"".join(lines_of(written)[:-1]))
    with opened() as journal:
        assert (journal.torn, len(list(journal.read()))) == (None, 3)


def test_journal_goes_on_behind_a_cut_tail(written, opened):
    written.write_bytes(written.read_bytes()[:-5])
    with opened() as journal:
        journal.append(ev.Noted(text="again"))
    with opened() as journal:
        assert [record.event.text for record in journal.read()] == [*NOTES, "again"]


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"garbage", b"garbage\n", b"{}\n", b'{"v":1}\n'])
def test_tail_that_is_no_record_is_cut_before_anything_is_written(written, opened, tail):
    before = written.read_bytes()
    written.write_bytes(before + tail)
    with opened() as journal:
        assert journal.torn
        assert written.read_bytes() == before + tail
        journal.append(ev.Noted(text="again"))
    assert b"".join(lines_of(written)[:-1]) == before
    with opened() as journal:
        assert [record.event for record in journal.read()][-2:] == [HOSTILE, ev.Noted(text="again")]


def test_looking_at_a_torn_tail_does_not_cut_it(written):
    torn = written.read_bytes()[:-5]
    written.write_bytes(torn)
    assert isinstance(list(read_from(written))[-1], Torn)
    assert written.read_bytes() == torn


def refused(path, opened):
    before = path.read_bytes()
    with pytest.raises(JournalError, match="damaged"):
        opened()
    assert path.read_bytes() == before


def test_each_changed_byte_before_the_last_line_is_refused(written, opened):
    sound = written.read_bytes()
    end = len(sound) - len(lines_of(written)[-1])
    for position in range(end):
        for change in (1, 0x80, sound[position] ^ 0x0A):  # the last one makes it a new line
            if change:
                damaged = bytearray(sound)
                damaged[position] ^= change
                written.write_bytes(damaged)
                with pytest.raises(JournalError, match="damaged"):
                    list(read_from(written))
    written.write_bytes(damaged)
    refused(written, opened)


def test_lost_line_is_refused(written, opened):
    one, two, three, four = lines_of(written)
    for kept in ([two, three, four], [one, three, four], [one, two, four]):
        written.write_bytes(b"".join(kept))
        refused(written, opened)


def test_doubled_or_moved_line_is_refused(written, opened):
    one, two, three, four = lines_of(written)
    for changed in ([one, two, two, three, four], [one, three, two, four], [one, two, three, four, four]):
        written.write_bytes(b"".join(changed))
        refused(written, opened)


def test_lost_new_line_before_the_last_record_is_refused(written, opened):
    one, two, three, four = lines_of(written)
    written.write_bytes(one + two + three[:-1] + four)
    refused(written, opened)


def test_error_tells_record_file_and_that_nothing_was_changed(written, opened):
    written.write_bytes(written.read_bytes().replace(b"first", b"FIRST"))
    with pytest.raises(JournalError, match=r"journal\.jsonl: record 0 is damaged .*\n  fix: nothing was changed"):
        opened()


def resealed(line, **changes):
    body = json.loads(line)
    del body["hash"]
    text = json.dumps(body | changes, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f'{text[:-1]},"hash":"{digest}"}}\n'.encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"data": {"event": "intent"}},
        {"data": {"event": "done", "n": 1, "status": 5}},
        {"i": 7},
        {"boot": "x", "v": "x"},
    ],
)
def test_whole_last_record_that_cannot_be_understood_is_never_cut(written, opened, changes):
    *whole, last = lines_of(written)
    written.write_bytes(b"".join(whole) + resealed(last, **changes))
    refused(written, opened)


def test_last_record_of_an_unknown_event_is_kept(written, opened):
    *whole, last = lines_of(written)
    written.write_bytes(b"".join(whole) + resealed(last, data={"event": "teleport"}, extra=1))
    with opened() as journal:
        assert list(journal.read())[-1].event == ev.Unknown(name="teleport")


STAMP = Stamp(1.5, 2.5, "b")
anything = st.text(st.characters())  # lone surrogates, line separators and NUL included


@given(anything, st.dictionaries(anything, anything, max_size=3))
def test_any_text_reads_back_as_it_was(text, notes):
    event = ev.Proposed(n=1, proposal={"description": text, "hypothesis": text, "asi": notes})
    line, digest = encode(event, number=3, previous=GENESIS, stamp=STAMP)
    assert line.count(b"\n") == 1
    record, found = decode(line, number=3, previous=GENESIS)
    assert (record, found) == (ev.Record(3, 1.5, 2.5, "b", event), digest)


def test_bytes_that_are_no_text_read_back_as_they_were(opened):
    text = b"caf\xe9 \xff".decode("utf-8", "surrogateescape")
    with opened() as journal:
        journal.append(ev.Noted(text=text))
        assert next(journal.read()).event.text.encode("utf-8", "surrogateescape") == b"caf\xe9 \xff"


@given(st.binary())
def test_arbitrary_bytes_are_no_record(line):
    with pytest.raises(BadLine):
        decode(line, number=0, previous=GENESIS)


@given(st.integers(1, 10_000))
def test_part_of_a_record_may_be_a_cut_one(length):
    line, _ = encode(HOSTILE, number=0, previous=GENESIS, stamp=STAMP)
    with pytest.raises(CutLine):
        decode(line[: length % len(line)], number=0, previous=GENESIS)


def test_hash_covers_the_record_before():
    first = encode(HOSTILE, number=0, previous=GENESIS, stamp=STAMP)[1]
    assert encode(HOSTILE, number=0, previous=first, stamp=STAMP)[1] != first
