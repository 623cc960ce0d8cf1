"""Tokens and money: what is reported is normalised, what is not known stays unknown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proposers.model.client.serving import (
    Raw,
    anthropic_answer,
    anthropic_stream,
    http,
    openai_answer,
    openai_stream,
    sse,
)

from autoexp.experiment.records import Tokens
from autoexp.proposers.model.client import Endpoint, Message, Price, ask, cost, estimate, price_known
from autoexp.proposers.model.client.usage import anthropic_tokens, openai_tokens, reported_usd

OPENAI = Endpoint("openai", "https://api.openai.com/v1", "gpt-4o")
ANTHROPIC = Endpoint("anthropic", "https://api.anthropic.com", "claude-sonnet-4-5")
LOCAL = Endpoint("openai", "http://127.0.0.1:8000/v1", "gpt-4o")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details", "cached_tokens", "reasoning_tokens",
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "prompt_cache_hit_tokens", "cost", "is_byok",
]  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}, Tokens(input=10, output=4)),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 40,
                "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 30},
            },
            Tokens(input=100, cached=64, cache_write=8, output=40, reasoning=30),
        ),
        (
            {"prompt_tokens": 100, "completion_tokens": 4, "prompt_cache_hit_tokens": 80},
            Tokens(input=100, cached=80, output=4),
        ),
        # thinking counted beside the completion: output is all that was written
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "total_tokens": 44,
                "completion_tokens_details": {"reasoning_tokens": 30},
            },
            Tokens(input=10, output=34, reasoning=30),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 3}, Tokens(input=10, output=4)),
        ({"prompt_tokens": 10}, Tokens(input=10)),
        ({}, Tokens()),
        (None, Tokens()),
        ("prompt_tokens: 5", Tokens()),
        ({"prompt_tokens": -1, "completion_tokens": True}, Tokens()),
        ({"prompt_tokens": "10", "completion_tokens": 10**30}, Tokens()),
        ({"prompt_tokens": 1.5, "completion_tokens": [4]}, Tokens()),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 11}},
            Tokens(input=10, output=4),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": "x"}, Tokens(input=10, output=4)),
    ],
)
def test_usage_of_chat_completions(usage, tokens):
    assert openai_tokens(usage) == tokens


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": 10, "output_tokens": 4}, Tokens(input=10, output=4)),
        (
            {"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30, "output_tokens": 4},
            Tokens(input=240, cached=200, cache_write=30, output=4),
        ),
        ({"input_tokens": 10, "cache_read_input_tokens": None, "output_tokens": 4}, Tokens(input=10, output=4)),
        ({"input_tokens": 10, "cache_read_input_tokens": -5, "output_tokens": 4}, Tokens(output=4)),
        ({"cache_read_input_tokens": 5, "output_tokens": "4"}, Tokens(cached=5)),
        ({}, Tokens()),
        ([], Tokens()),
    ],
)
def test_usage_of_messages(usage, tokens):
    assert anthropic_tokens(usage) == tokens


def test_the_last_word_of_a_stream_on_usage_counts():
    usage, after = (
        {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 1},
        {"output_tokens": 55, "input_tokens": None},
    )
    with Raw(sse(*anthropic_stream("a", usage=usage, after=after))) as server:
        tokens = ask(Endpoint("anthropic", server.url, "m"), [Message("user", "x")]).tokens
    assert tokens == Tokens(input=100, cached=90, output=55)
    first = {
        "choices": [{"index": 0, "delta": {"content": "a"}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1},
    }
    with Raw(sse(first, *openai_stream("b", usage={"prompt_tokens": 7, "completion_tokens": 9}))) as server:
        assert ask(Endpoint("openai", server.url, "m"), [Message("user", "x")]).tokens == Tokens(input=7, output=9)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3)))
def test_no_usage_gives_a_count_that_cannot_be(usage):
    for tokens in (openai_tokens(usage), anthropic_tokens(usage)):
        counts = tokens.model_dump().values()
        assert all(count is None or (type(count) is int and count >= 0) for count in counts)
        for part, whole in ((tokens.cached, tokens.input), (tokens.reasoning, tokens.output)):
            assert part is None or whole is None or part <= whole
    usd = reported_usd(usage)
    assert usd is None or (math.isfinite(usd) and usd >= 0)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"cost": 0.0125}, 0.0125),
        ({"cost": 0}, 0.0),
        ({"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, 0.021),
        ({"cost": 0, "is_byok": True}, None),
        ({"cost": {"total_cost": 0.5}}, 0.5),
        ({"cost": -1}, None),
        ({"cost": "0.5"}, None),
        ({"cost": True}, None),
        ({"cost": float("nan")}, None),
        ({"cost": float("inf")}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_price_that_a_provider_reports(usage, usd):
    assert reported_usd(usage) == (None if usd is None else pytest.approx(usd))


def test_the_providers_word_goes_before_the_contract_and_that_before_public_prices():
    tokens = Tokens(input=1_000_000, output=100_000)
    priced = Endpoint("openai", OPENAI.base_url, "gpt-4o", price=Price(1, 2))
    assert cost(tokens, priced, 0.5) == (0.5, "provider")
    assert cost(tokens, priced, None) == (pytest.approx(1.2), "contract")
    usd, source = cost(tokens, OPENAI, None)
    assert source == "genai-prices"
    assert usd is not None
    assert 0.1 < usd < 100


@pytest.mark.parametrize(
    "answer",
    [
        http(openai_answer(usage={"prompt_tokens": 9, "completion_tokens": 1, "cost": 0.25})),
        sse(*openai_stream("a", usage={"prompt_tokens": 9, "completion_tokens": 1, "cost": 0.25})),
    ],
)
def test_a_reported_cost_comes_with_the_reply(answer):
    with Raw(answer) as server:
        reply = ask(Endpoint("openai", server.url, "m", price=Price(100, 100)), [Message("user", "x")])
    assert (reply.cost_usd, reply.cost_source) == (0.25, "provider")


def test_cached_input_is_cheaper_at_public_prices_too():
    for endpoint in (OPENAI, ANTHROPIC):
        fresh, _ = cost(Tokens(input=100_000, output=1000), endpoint, None)
        cached, _ = cost(Tokens(input=100_000, cached=90_000, output=1000), endpoint, None)
        assert fresh is not None
        assert cached is not None
        assert 0 < cached < fresh
    written, _ = cost(Tokens(input=100_000, cache_write=90_000, output=1000), ANTHROPIC, None)
    assert written > cost(Tokens(input=100_000, output=1000), ANTHROPIC, None)[0]


def test_contract_prices_know_the_cache():
    tokens = Tokens(input=1_000_000, cached=600_000, cache_write=100_000, output=10_000)
    for price, usd in (
        (Price(1, 10), 1.1),
        (Price(1, 10, cached=0.1), 0.56),
        (Price(1, 10, cached=0.1, cache_write=1.25), 0.585),
    ):
        assert cost(tokens, Endpoint("anthropic", "http://h", "m", price=price), None) == (
            pytest.approx(usd),
            "contract",
        )


@pytest.mark.parametrize("tokens", [Tokens(), Tokens(input=5), Tokens(output=5)])
@pytest.mark.parametrize(
    "endpoint", [OPENAI, Endpoint("openai", "http://h", "m", price=Price(1, 1))], ids=["public", "contract"]
)
def test_a_request_of_unknown_size_has_an_unknown_price(tokens, endpoint):
    assert cost(tokens, endpoint, None) == (None, "")


@pytest.mark.parametrize(
    "endpoint",
    [
        LOCAL,
        Endpoint("openai", "http://localhost:11434/v1", "gpt-4o"),
        Endpoint("openai", "http://[::1]:1/v1", "gpt-4o"),
        Endpoint("openai", "http://192.168.1.7/v1", "gpt-4o"),
        Endpoint("openai", "https://models.example/v1", "gpt-4o"),
        Endpoint("openai", "https://api.openai.com/v1", "no-such-model-at-all"),
        Endpoint("openai", "not an address", "gpt-4o"),
        Endpoint("openai", "http://[", "gpt-4o"),
    ],
    ids=lambda endpoint: endpoint.base_url,
)
def test_no_price_is_guessed_for_a_host_or_model_that_is_not_known(endpoint):
    assert cost(Tokens(input=1000, output=1000), endpoint, None) == (None, "")
    assert not price_known(endpoint)
    assert estimate(endpoint, 1000, 1000) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        OPENAI,
        ANTHROPIC,
        Endpoint("openai", "https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.5"),
        Endpoint("anthropic", LOCAL.base_url, "m", price=Price(0, 0)),
    ],
    ids=lambda endpoint: endpoint.base_url,
)
def test_known_prices_can_be_reserved(endpoint):
    assert price_known(endpoint)
    small, large = estimate(endpoint, 1000, 100), estimate(endpoint, 100_000, 10_000)
    assert small is not None
    assert large is not None
    assert small <= large


def test_an_answer_without_usage_costs_nobody_knows_what():
    for api, answer in (("openai", openai_answer()), ("anthropic", anthropic_answer())):
        with Raw(http(answer)) as server:
            reply = ask(Endpoint(api, server.url, "m", price=Price(1, 1)), [Message("user", "x")])
        assert (reply.tokens, reply.cost_usd, reply.cost_source) == (Tokens(), None, "")


@pytest.mark.parametrize("usd", [-1, float("nan"), float("inf")])
def test_a_price_that_cannot_be_is_refused(usd):
    with pytest.raises(ValueError, match="the price output"):
        Price(1, usd)
