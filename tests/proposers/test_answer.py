import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.experiment.records import Idea, Proposal, Tokens
from autoexp.proposers.answer import last_line, proposal_from


def test_keys_of_the_wrong_type_are_passed_over():
    line = json.dumps({
        "hypothesis": 5, "description": ["x"], "asi": [1], "ideas": "one", "cost_usd": "1",
        "tokens": {"input": "5", "cached": True, "output": -1}, "metric": 0.0,
    })  # fmt: skip
    assert proposal_from(line) == Proposal()


@pytest.mark.parametrize("count", ["-1", "true", "1.5", '"3"', "1" + 12 * "0", "9" * 400])
def test_counts_that_cannot_be_are_unknown(count):
    found = proposal_from(f'{{"requests": {count}, "tokens": {{"input": {count}}}}}')
    assert (found.requests, found.tokens.input) == (None, None)


def test_requests_are_counted_where_a_program_says_them():
    assert proposal_from('{"requests": 3}').requests == 3


def test_good_keys_beside_bad_ones_are_kept():
    assert proposal_from(
        '{"hypothesis": "h", "tokens": {"input": 5, "output": null}, "ideas": ["a", 3, ""]}'
    ) == Proposal(hypothesis="h", tokens=Tokens(input=5), ideas=("a",))


def test_ideas_are_texts_or_objects_with_their_reasons():
    said = [
        "a",
        {"idea": "b", "why": "later", "blocked_by": "calls"},
        {"text": " c ", "why": 5, "more": 1},
        {"why": "no text"},
        {"idea": ""},
        [1],
    ]
    assert proposal_from(json.dumps({"ideas": said})).ideas == (
        Idea(text="a"),
        Idea(text="b", why="later", blocked_by="calls"),
        Idea(text="c"),
    )


def test_the_idea_that_is_tried_may_stand_in_the_notes_or_beside_them():
    assert proposal_from('{"idea": "i3", "asi": {"kind": "k"}}').asi == {"idea": "i3", "kind": "k"}
    assert proposal_from('{"idea": "i3", "asi": {"idea": "i4"}}').asi == {"idea": "i4"}
    assert proposal_from('{"idea": 3}').asi == {}


def test_costs_that_are_no_numbers_are_unknown():
    for cost in ("NaN", "Infinity", "1e999", "-1", "true", "1" * 400):
        assert proposal_from(f'{{"cost_usd": {cost}}}').cost_usd is None


def test_notes_can_always_be_written_again():
    notes = proposal_from('{"asi": {"a": NaN, "b": "\\ud800", "c": [1e999]}}').asi
    assert json.dumps(notes, allow_nan=False, ensure_ascii=False).encode()


def test_long_texts_are_cut():
    assert len(proposal_from(json.dumps({"description": "x" * 100_000})).description) == 2000


def test_notes_that_are_too_large_are_left_out():
    assert proposal_from(json.dumps({"asi": {"log": "x" * 100_000}})).asi == {}


def test_the_last_line_is_found_behind_much_output(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"noise\n" * 1_000_000 + b'{"hypothesis": "h"}\n\n')
    assert last_line(path) == '{"hypothesis": "h"}'


@given(st.binary(max_size=200))
def test_no_line_makes_the_reader_fail(line: bytes):
    assert proposal_from(line.decode("utf-8", "replace")).model_dump_json()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    max_leaves=6,
)
KEYS = st.sampled_from(["hypothesis", "description", "asi", "idea", "ideas", "tokens", "cost_usd", "other"])


@given(st.dictionaries(KEYS, JSON))
def test_no_object_makes_the_reader_fail(answer):
    assert proposal_from(json.dumps(answer)).model_dump_json()
