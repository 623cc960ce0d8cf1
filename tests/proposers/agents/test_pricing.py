"""What an agent's work cost, and who says so: what nobody knows is unknown, never 0."""

from typing import Any

import pytest

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Facts, Heard
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.pricing import priced

FACTS = Facts(name="tool", title="Tool", program="tool", install="", hosts=("api.provider.example:443",))
USED = Tokens(input=1_000_000, cached=400_000, output=100_000)
PRICE = {"input": 1.0, "cached": 0.1, "output": 10.0}


def cost(*, own: float | None = None, tokens: Tokens = USED, **keys: Any) -> tuple[float | None, str]:
    return priced(
        Heard(tokens=tokens, cost_usd=own, model="a-model-of-nobody"), AgentOptions.model_validate(keys), FACTS
    )


def test_an_agents_own_word_is_taken_and_named():
    assert cost(own=0.25) == (0.25, "tool")
    assert cost(own=0.0) == (0.0, "tool")


def test_the_contracts_price_goes_before_an_agents_own_word():
    assert cost(own=0.25, price=PRICE) == (pytest.approx(0.6 + 0.04 + 1.0), "contract")


def test_what_nobody_knows_is_unknown():
    assert cost() == (None, "")
    assert cost(base_url="http://127.0.0.1:8000/v1") == (None, "")
    assert cost(tokens=Tokens(), price=PRICE) == (None, "")
    assert cost(tokens=Tokens(input=5), price=PRICE) == (None, "")
