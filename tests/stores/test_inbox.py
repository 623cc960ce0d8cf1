"""Requests from faces: whole or not there, in order, and a spoilt one harms nobody."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.stores.inbox import LASTING, REVIEWS, Request, _read, leave, take

synced = settings(deadline=None, max_examples=25)
"""Each example waits for the disk."""


def test_requests_are_taken_in_the_order_left(tmp_path):
    for second in range(3):
        leave(tmp_path / "inbox", Request("hint", str(second)), stamp=f"100{second}.000000")
    assert [request.text for _, request in take(tmp_path / "inbox")] == ["0", "1", "2"]


def test_clock_that_is_set_back_changes_no_order(tmp_path):
    (tmp_path / "1800000000.000000-7-000.json").write_text('{"request": "hint", "text": "of an earlier version"}')
    for number, wall in enumerate([1_800_000_000.0, 1_700_000_000.0, 1_900_000_000.0, 5.0]):
        leave(tmp_path, Request("hint", str(number)), stamp=f"{wall:.6f}")
    assert [request.text for _, request in take(tmp_path)] == ["of an earlier version", "0", "1", "2", "3"]


def test_requests_of_one_instant_are_all_kept_in_order(tmp_path):
    for number in range(12):
        leave(tmp_path, Request("hint", str(number)), stamp="1.0")
    assert [request.text for _, request in take(tmp_path)] == [str(number) for number in range(12)]


def test_request_half_written_is_not_there_yet(tmp_path):
    leave(tmp_path, Request("stop"), stamp="1.0")
    (tmp_path / "2.0-1-000.part").write_text('{"request": "sto')
    assert [request for _, request in take(tmp_path)] == [Request("stop")]


def test_nothing_is_left_beside_the_request(tmp_path):
    path = leave(tmp_path, Request("stop"), stamp="1.0")
    assert list(tmp_path.iterdir()) == [path]


def test_taking_leaves_the_file_to_the_caller(tmp_path):
    leave(tmp_path, Request("pause"), stamp="1.0")
    ((path, _),) = take(tmp_path)
    assert path.exists()


def test_inbox_that_does_not_exist_is_empty(tmp_path):
    assert take(tmp_path / "none") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"request": "dance"}',
        b'{"request": ["stop"]}',
        b"\xff\xfe",
        b"[" * 10**5,
    ],
)
def test_spoilt_request_is_told_and_does_not_hide_others(tmp_path, body):
    (tmp_path / "0.json").write_bytes(body)
    leave(tmp_path, Request("stop"), stamp="1.0")
    assert [request for _, request in take(tmp_path)] == [None, Request("stop")]


def test_folder_in_the_inbox_is_a_spoilt_request(tmp_path):
    (tmp_path / "0.json").mkdir()
    assert [request for _, request in take(tmp_path)] == [None]


@synced
@given(text=st.text(st.characters()))
def test_text_of_any_kind_arrives(tmp_path_factory, text):
    path = leave(tmp_path_factory.mktemp("inbox"), Request("hint", text), stamp="1.0")
    assert _read(path) == Request("hint", text)


@synced
@given(n=st.integers(), text=st.text(st.characters()), name=st.sampled_from(sorted(REVIEWS)))
def test_review_arrives_with_its_number(tmp_path_factory, n, text, name):
    path = leave(tmp_path_factory.mktemp("inbox"), Request(name, text, n), stamp="1.0")
    assert _read(path) == Request(name, text, n)


@synced
@given(text=st.text(st.characters()), why=st.text(), by=st.text(), name=st.sampled_from(sorted(LASTING - REVIEWS)))
def test_what_a_person_says_arrives_whole(tmp_path_factory, text, why, by, name):
    said = Request(name, text, why=why, blocked_by=by)
    assert _read(leave(tmp_path_factory.mktemp("inbox"), said, stamp="1.0")) == said


@pytest.mark.parametrize(
    "body",
    [
        '{"request": "accept"}',
        '{"request": "reject", "n": "1"}',
        '{"request": "accept", "n": true}',
        '{"request": "stop", "n": 1}',
    ],
)
def test_request_about_no_experiment_or_one_too_many_is_a_spoilt_one(tmp_path, body):
    (tmp_path / "0.json").write_text(body)
    assert [request for _, request in take(tmp_path)] == [None]
