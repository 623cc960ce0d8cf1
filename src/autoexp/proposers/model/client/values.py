"""What goes into one request to a model and what comes out of it, as frozen values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autoexp.experiment.records import Tokens

Finish = Literal["stop", "length", "refusal", "other"]


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; what comes from a cache or goes into one costs as much as other input where nothing is said."""

    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None

    def __post_init__(self) -> None:
        """Refuse a price below zero or without bound with a ValueError."""
        for name in ("input", "output", "cached", "cache_write"):
            usd = getattr(self, name)
            if usd is not None and not (math.isfinite(usd) and usd >= 0):
                raise ValueError(f"the price {name} is {usd}: it must be a number of USD per million tokens, 0 or more")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers, and how it is asked there.

    `base_url` is taken as people write it: with or without a slash at its end, with or without `/v1`, or whole, down to
    `/chat/completions` or `/messages`. `key_env` is the variable that the key came from. `options` go into the body of the request as they are; null takes a field out of it. A request ends
    after `idle_s` without a byte, which without `stream` is all the time that the model thinks and writes, and after `total_s` at the latest.
    """

    api: Literal["openai", "anthropic"]
    base_url: str
    model: str
    key: str = field(default="", repr=False)
    key_env: str = ""
    idle_s: float = 120
    total_s: float = 1800
    stream: bool = True
    max_output: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `stable` marks the end of a beginning that stays the same over many requests: it may be cached."""

    role: Literal["system", "user", "assistant"]
    text: str
    stable: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a body said: the text, why it ended, and the usage as it was reported."""

    text: str
    finish: Finish
    model: str = ""
    tokens: Tokens = Tokens()
    reported_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a model. What is not known of tokens and cost is None; `cost_source` is provider, contract, genai-prices or empty."""

    text: str
    tokens: Tokens
    cost_usd: float | None
    cost_source: str
    model: str
    finish: Finish
    wall_s: float
