"""What a program of the user's own says that it used, from the places that the contract names."""

from typing import Any

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Heard
from autoexp.proposers.agents.argv_options import Usage
from autoexp.proposers.agents.paths import found
from autoexp.proposers.agents.streams import count, plus, usd


def add_usage(value: Any, usage: Usage, heard: Heard, *, by: str) -> None:
    """Take up the usage that one JSON value tells; where it tells nothing, all stays as it was."""
    tokens = _tokens(value, usage)
    if tokens != Tokens():
        heard.tokens = plus(heard.tokens, tokens) if usage.sum else _newer(heard.tokens, tokens)
        heard.counted_by = by
    if (cost_usd := _cost(value, usage.cost_usd)) is not None:
        heard.cost_usd = (heard.cost_usd or 0.0) + cost_usd if usage.sum else cost_usd
    if (requests := _counted(value, usage.requests)) is not None:
        heard.requests = heard.requests + requests if usage.sum else requests


def _tokens(value: Any, usage: Usage) -> Tokens:
    read, cached = _counted(value, usage.input), _counted(value, usage.cached)
    if read is not None and not usage.input_includes_cache:
        read += cached or 0
    return Tokens(input=read, cached=cached, output=_counted(value, usage.output))


def _newer(before: Tokens, now: Tokens) -> Tokens:
    """Give what is known now, and what was known before of the rest."""
    return before.model_copy(update={name: count for name, count in now.model_dump().items() if count is not None})


def _counted(value: Any, path: str | None) -> int | None:
    """Add up the whole numbers at a path; None when there is none."""
    numbers = [one for one in found(value, path) if isinstance(one, int) and not isinstance(one, bool)] if path else []
    return sum(count(one) for one in numbers) if numbers else None


def _cost(value: Any, path: str | None) -> float | None:
    amounts = [amount for one in found(value, path) if (amount := usd(one)) is not None] if path else []
    return sum(amounts) if amounts else None
