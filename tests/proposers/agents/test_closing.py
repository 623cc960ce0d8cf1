"""The words at an agent's end: the line of JSON that was asked for, wherever it stands, and plain words where there is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.experiment.records import Idea, Tokens
from autoexp.proposers.agents.closing import described, nothing_left

LINE = '{"description": "a faster loop", "hypothesis": "fewer calls", "asi": {"kind": "loops"}, "ideas": ["cache it"]}'


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"I made the change.\n\n{LINE}",
        f"I made the change.\n```json\n{LINE}\n```",
        f"I made the change.\n```json\n{LINE}\n```\n\n",
        f"I made the change.\n````\n{LINE}\n````",
        f"   {LINE}   ",
        "Done.\n" + json.dumps(json.loads(LINE), indent=2),
        "Done.\n```json\n" + json.dumps(json.loads(LINE), indent=2) + "\n```",
        f'An example is {{"description": "x"}}.\n{LINE}',
        f'{{"description": "an earlier one"}}\n{LINE}',
        f"```python\nx = {{}}\n```\n{LINE}",
        f"{LINE}\r\n",
        f"{LINE}\n\nThat is all.",
        f"{LINE}\n```\nI hope this helps: {{}}",
        f"Here it is: {LINE}",
        f"- {LINE}",
        f"`{LINE}`",
    ],
)
def test_the_line_is_found_wherever_it_stands(text: str):
    said = described(text)
    assert said.description == "a faster loop"
    assert said.hypothesis == "fewer calls"
    assert said.asi == {"kind": "loops"}
    assert said.ideas == (Idea(text="cache it"),)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", ""),
        ("\n \n", ""),
        ("## The loop is faster now\n\nIt was slow.", "The loop is faster now"),
        ("- **faster**", "faster**"),
        ("```\ncode\n```", "code"),
        ("x" * 1000, "x" * 200),
        ("{not json}", "{not json}"),
        ('["a list"]', '["a list"]'),
        ('{"description": ', '{"description":'),
    ],
)
def test_of_plain_words_the_first_line_is_the_description(text: str, description: str):
    assert described(text).description == description


def test_figures_that_an_agent_states_are_not_used():
    said = described(
        '{"description": "x", "tokens": {"input": 5, "output": 5}, "cost_usd": 0.01, "requests": 1, "metric": 3}'
    )
    assert (said.tokens, said.cost_usd, said.requests, said.proposer, said.model) == (Tokens(), None, None, "", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"nothing_left": "all is tried"}', "all is tried"),
        ('I looked.\n```json\n{"nothing_left": " all is tried "}\n```', "all is tried"),
        ('{"nothing_left": "all is tried"}\nGood bye.', "all is tried"),
        ('{"nothing_left": ""}', ""),
        ('{"nothing_left": true}', ""),
        ('{"nothing_left": ["x"]}', ""),
        ("nothing_left", ""),
        ('I did not answer {"nothing_left": "why"}, for I found something.', ""),
        ('The loop is faster. (Not {"nothing_left": "why"}!)', ""),
        (LINE, ""),
        ('If nothing is left I would say {"nothing_left": "why"}.\n' + LINE, ""),
        ("", ""),
    ],
)
def test_nothing_left_is_what_the_line_says(text: str, reason: str):
    assert nothing_left(text) == reason


def test_a_reason_is_cut_at_a_length_that_can_be_shown():
    assert len(nothing_left(json.dumps({"nothing_left": "x" * 5000}))) == 2000


@pytest.mark.parametrize(
    "text", ["{" * 200_000, '{"a":' * 50_000 + "1" + "}" * 50_000, "{\n" * 1000, "[" * 100_000, '{"asi": NaN}']
)
def test_odd_words_break_nothing(text: str):
    described(text)
    nothing_left(text)


@given(st.text())
def test_any_words_can_be_described(text: str):
    assert len(described(text).description) <= 2000
    assert isinstance(nothing_left(text), str)
