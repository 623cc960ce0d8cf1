"""The usage that a service reports, normalised: what it leaves out or gets wrong is unknown, never zero.

Only the `usage` object of the service is read; no text of an answer gets here.
"""

import math
from collections.abc import Mapping
from typing import Any

from autoexp.experiment.records import Tokens

MOST_TOKENS = 1_000_000_000
MOST_USD = 1_000_000.0


def openai_tokens(usage: Any) -> Tokens:
    """Read the usage of a chat completion. Thinking that a service counts beside the completion is added to the output."""
    read = _object(usage)
    prompt, completion = _count(read, "prompt_tokens"), _count(read, "completion_tokens")
    before, after = _object(read.get("prompt_tokens_details")), _object(read.get("completion_tokens_details"))
    cached = _count(before, "cached_tokens")
    output = _with_thinking(prompt, completion, total=_count(read, "total_tokens"))
    return Tokens(
        input=prompt,
        cached=_part(cached if cached is not None else _count(read, "prompt_cache_hit_tokens"), prompt),
        output=output,
        reasoning=_part(_count(after, "reasoning_tokens"), output),
        cache_write=_part(_count(before, "cache_write_tokens"), prompt),
    )


def anthropic_tokens(usage: Any) -> Tokens:
    """Read the usage of a message; there, input from a cache and into it is counted beside the other input."""
    read = _object(usage)
    cached, written = _count(read, "cache_read_input_tokens"), _count(read, "cache_creation_input_tokens")
    pieces = [
        0 if read.get(name) is None and name != "input_tokens" else _count(read, name)
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    ]
    known = [piece for piece in pieces if piece is not None]
    return Tokens(
        input=sum(known) if len(known) == len(pieces) else None,
        cached=cached,
        output=_count(read, "output_tokens"),
        cache_write=written,
    )


def reported_usd(usage: Any) -> float | None:
    """Read the price that the service itself puts on the request; with a key of one's own, what that key is charged belongs to it."""
    read = _object(usage)
    said = read.get("cost")
    usd = _usd(said.get("total_cost") if isinstance(said, Mapping) else said)
    if usd is not None and read.get("is_byok") is True:
        upstream = _usd(_object(read.get("cost_details")).get("upstream_inference_cost"))
        return None if upstream is None else usd + upstream
    return usd


def _with_thinking(prompt: int | None, completion: int | None, *, total: int | None) -> int | None:
    if prompt is None or completion is None or total is None:
        return completion
    return max(completion, total - prompt)


def _part(count: int | None, whole: int | None) -> int | None:
    return None if count is None or whole is None or count > whole else count


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    count = usage.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_TOKENS else None


def _usd(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= MOST_USD and math.isfinite(value) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
