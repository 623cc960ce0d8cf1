"""How a model is asked and answers: OpenAI's chat completions, and Anthropic's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .errors import KitError

APIS = ("openai", "anthropic")
_ANTHROPIC_VERSION = "2023-06-01"
_MOST_OUTPUT = 1024  # tokens; Anthropic wants to be told
_CUT = {"length", "max_tokens"}
_TOKENS = ("input", "cached", "output")


class Garbled(Exception):
    """The service answered with what is no answer; the text says what was there."""


@dataclass(frozen=True)
class Answer:
    """What the model said; `tokens` (input, cached, output) and `usd` are None where the service does not tell them."""

    text: str
    cut: bool
    tokens: Mapping[str, int] | None
    usd: float | None


def path_of(api: str, base: str) -> str:
    """Give the path of requests below the path of a base_url, which may end in /v1 or not where Anthropic is spoken."""
    base = base.rstrip("/")
    if api == "openai":
        return f"{base}/chat/completions"
    return f"{base}/messages" if base.endswith("/v1") else f"{base}/v1/messages"


def headers_of(api: str, key: str) -> dict[str, str]:
    """Give the headers that carry a key; without one, those without it."""
    if api == "openai":
        return {"authorization": f"Bearer {key}"} if key else {}
    return {"anthropic-version": _ANTHROPIC_VERSION, **({"x-api-key": key} if key else {})}


def body_of(api: str, model: str, system: str, user: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body of a request. Raises KitError for options that say what the kit says."""
    asked = [{"role": "user", "content": user}]
    own: dict[str, Any] = {"model": model, "messages": asked, "stream": False}
    if api == "anthropic":
        own["system"] = system
    else:
        asked.insert(0, {"role": "system", "content": system})
    taken = sorted(set(options) & set(own))
    if taken:
        raise KitError(f"options= names {', '.join(taken)}, which the kit fills itself: leave it out")
    return {**({"max_tokens": _MOST_OUTPUT} if api == "anthropic" else {}), **options, **own}


def answer_of(api: str, body: Any) -> Answer:
    """Read an answer. Raises Garbled when there is none in it."""
    try:
        if api == "openai":
            choice = body["choices"][0]
            text, end = choice["message"]["content"], choice.get("finish_reason")
        else:
            text = "".join(part["text"] for part in body["content"] if part["type"] == "text")
            end = body.get("stop_reason")
        usage = body.get("usage")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Garbled(f"an answer without a text: {str(body)[:4000]}") from None
    if text is None:
        text = ""  # a refusal, or thoughts that took all the room
    if type(text) is not str:
        raise Garbled(f"an answer whose text is no text: {str(body)[:4000]}")
    usage = usage if type(usage) is dict else {}
    return Answer(
        text, end in _CUT, _openai_tokens(usage) if api == "openai" else _anthropic_tokens(usage), _usd(usage)
    )


def price_of(tokens: Mapping[str, int], usd_per_million: Mapping[str, float]) -> float:
    """Give the price of tokens; cached input has the price of other input unless one of its own is given."""
    cached = usd_per_million.get("cached", usd_per_million["input"])
    fresh = tokens["input"] - tokens["cached"]
    usd = fresh * usd_per_million["input"] + tokens["cached"] * cached + tokens["output"] * usd_per_million["output"]
    return usd / 1e6


def _openai_tokens(usage: Mapping[str, Any]) -> dict[str, int] | None:
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if type(details) is dict else None
    return _tokens(usage.get("prompt_tokens"), cached or 0, usage.get("completion_tokens"))


def _anthropic_tokens(usage: Mapping[str, Any]) -> dict[str, int] | None:
    cached, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    found = _tokens(usage.get("input_tokens"), 0, usage.get("output_tokens"))
    if found is None or not (_is_count(cached) and _is_count(written)):
        return None
    return {"input": found["input"] + cached + written, "cached": cached, "output": found["output"]}


def _tokens(*counts: Any) -> dict[str, int] | None:
    found = dict(zip(_TOKENS, counts))
    return found if all(map(_is_count, counts)) and found["cached"] <= found["input"] else None


def _is_count(count: Any) -> bool:
    return type(count) is int and 0 <= count < 1 << 40


def _usd(usage: Mapping[str, Any]) -> float | None:
    usd: Any = usage.get("cost")
    return float(usd) if type(usd) in {int, float} and 0 <= usd < 1e6 else None
