"""What a service's answer is read as: text, tokens and cost; what it does not tell stays unknown."""

from typing import Any

import pytest

from autoexp.harness_kit import wire


def openai(content: Any = "hi", **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content}, "finish_reason": "stop"}], **more}


def anthropic(*content: Any, **more: Any) -> dict[str, Any]:
    return {"content": list(content), "stop_reason": "end_turn", **more}


@pytest.mark.parametrize(
    ("api", "body"),
    [
        *(("openai", body) for body in ({}, [], None, 7, {"choices": []}, {"choices": [{}]}, openai([1]), openai(7))),
        *(
            ("anthropic", body)
            for body in ({}, [], None, {"content": 7}, {"content": [7]}, anthropic({"type": "text"}))
        ),
    ],
)
def test_an_answer_without_a_text_is_garbled(api: str, body: Any) -> None:
    with pytest.raises(wire.Garbled):
        wire.answer_of(api, body)


def test_thoughts_and_refusals_are_no_text() -> None:
    body = anthropic(
        {"type": "thinking", "thinking": "SCORE: 1"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}
    )
    assert wire.answer_of("anthropic", body).text == "ab"
    assert wire.answer_of("openai", openai(None)).text == ""


@pytest.mark.parametrize(
    "usage",
    [
        *(None, 7, {}, {"prompt_tokens": 5}, {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": True}),
        {"prompt_tokens": 5, "completion_tokens": "1"},
        {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 6}},
    ],
)
def test_forged_or_missing_counts_are_unknown(usage: Any) -> None:
    assert wire.answer_of("openai", openai(usage=usage)).tokens is None


@pytest.mark.parametrize("cost", [None, "1", -0.1, float("nan"), float("inf"), True, 1e9, [1]])
def test_forged_costs_are_unknown(cost: Any) -> None:
    assert wire.answer_of("openai", openai(usage={"cost": cost})).usd is None


def test_cached_tokens_of_anthropic_are_part_of_the_input() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 100, "output_tokens": 3}
    found = wire.answer_of("anthropic", anthropic({"type": "text", "text": "x"}, usage=usage))
    assert found.tokens == {"input": 125, "cached": 20, "output": 3}
    assert wire.answer_of("anthropic", anthropic(usage={**usage, "cache_read_input_tokens": "x"})).tokens is None
